//! Models of the reader's own: trained in this page, or read from a file. Each is known by an id that follows from its
//! weights, so that results of other weights are never taken for its own. They go with the page.

use std::sync::Arc;

use js_sys::{JSON, Reflect, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use crate::config::{MAX_LENGTH, MOST_YOURS, Manifest, ModelConfig, ModelEntry, YOURS, is_yours};
use crate::position::by_id;
use crate::ui::runs::assets::Loaded;

/// Bytes of the longest file that is read; the largest that this page makes has two million.
pub const MOST_BYTES: usize = 16_000_000;
/// What a header has beside its tensors.
const METADATA: &str = "__metadata__";
/// Bytes before the header: its length.
const LENGTH_BYTES: usize = 8;

/// Why a file is no model that this page can run.
#[derive(Clone, Debug, PartialEq)]
pub enum Unfit {
    /// It has this many bytes.
    TooLarge(usize),
    /// It is no safetensors file.
    OtherFormat,
    /// It ends before its header does, or before its first value.
    Cut,
    /// It is a safetensors file, but says nothing of the model.
    NoModel,
    /// Its numbers are those of no model, or of one beyond the page's bounds.
    Shape,
    /// It was made with a position method of this name.
    Method(String),
    /// It has a vocabulary of this many pieces.
    Vocabulary(usize),
    /// It was trained at this length.
    TrainLength(usize),
}

/// The header of a safetensors file, which is JSON, and the bytes after it.
///
/// # Errors
/// If there is none.
pub fn split(bytes: &[u8]) -> Result<(&str, &[u8]), Unfit> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH_BYTES>() else { return Err(Unfit::OtherFormat) };
    if rest.first() != Some(&b'{') {
        return Err(Unfit::OtherFormat);
    }
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| Unfit::Cut)?;
    let (header, data) = rest.split_at_checked(length).ok_or(Unfit::Cut)?;
    match std::str::from_utf8(header) {
        Ok(_) if data.is_empty() => Err(Unfit::Cut),
        Ok(header) => Ok((header, data)),
        Err(_) => Err(Unfit::OtherFormat),
    }
}

/// What is known of the model in a file, before its tensors are read, which is done where they are run: `config` and the training
/// tokens seen as the header has them, `tensors` what it says of the tensors, in an order of their own (another header may belong
/// to the same values, and be wrong), `data` all that follows it.
///
/// # Errors
/// If this page cannot run it.
pub fn entry(config: ModelConfig, tokens_seen: u64, tensors: &str, data: &[u8]) -> Result<ModelEntry, Unfit> {
    if !config.is_sound() {
        return Err(Unfit::Shape);
    }
    if by_id(&config.method).is_none() {
        return Err(Unfit::Method(config.method));
    }
    let usual = ModelConfig::default_preset(&config.method, config.train_length);
    if config.n_vocab != usual.n_vocab {
        return Err(Unfit::Vocabulary(config.n_vocab));
    }
    if config.train_length > MAX_LENGTH / 2 {
        return Err(Unfit::TrainLength(config.train_length));
    }
    // A method without learned values has the same tensors as another; its name, shape and training length count, too.
    let shape = [config.n_layer, config.d_model, config.n_head, config.d_ff];
    let of_shape = shape.into_iter().flat_map(|n| (n as u64).to_le_bytes());
    let hash = of_shape.chain(tensors.bytes()).chain(data.iter().copied()).fold(FNV_BEGIN, fnv);
    Ok(ModelEntry {
        id: format!("{}-{}-{YOURS}{hash:016x}", config.method, config.train_length),
        config,
        file: String::new(),
        sha256: String::new(),
        log: String::new(),
        seed: 0,
        steps: 0,
        tokens_seen,
        n_parameters: 0,
        train_loss: f64::NAN,
        validation_loss: f64::NAN,
        recipe: String::new(),
    })
}

/// FNV-1a, 64 bits: a name for weights within one page, nothing more.
const FNV_BEGIN: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// Adds a model to those of the site, in place of the same one; the ids of those of the reader's own that give way, oldest first.
pub fn add(models: &mut Vec<ModelEntry>, model: ModelEntry) -> Vec<String> {
    models.retain(|m| m.id != model.id);
    models.push(model);
    let own = models.iter().filter(|m| is_yours(&m.id));
    let over = own.clone().count().saturating_sub(MOST_YOURS);
    let gone: Vec<String> = own.take(over).map(|m| m.id.clone()).collect();
    models.retain(|m| !gone.contains(&m.id));
    gone
}

/// Files of the reader's own models. The models themselves stand in the list of the site's, after these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yours {
    /// Ids of those that gave way when the last one came.
    pub gone: RwSignal<Vec<String>>,
    /// Files by id, of models that are checked before they are listed, too.
    files: StoredValue<Vec<(String, Uint8Array)>, LocalStorage>,
}

impl Default for Yours {
    fn default() -> Self {
        Self { gone: RwSignal::new(Vec::new()), files: StoredValue::new_local(Vec::new()) }
    }
}

impl Yours {
    /// Looks at a file and holds it, so that workers can be given it; it is not listed yet.
    ///
    /// # Errors
    /// If this page cannot run it.
    pub fn hold(self, file: Uint8Array) -> Result<ModelEntry, Unfit> {
        let size = file.length() as usize;
        if size > MOST_BYTES {
            return Err(Unfit::TooLarge(size));
        }
        let bytes = file.to_vec();
        let (json, data) = split(&bytes)?;
        // The browser's parser: a JSON reader of its own would make the page's file larger.
        let header = JSON::parse(json).map_err(|_| Unfit::OtherFormat)?;
        let said = get(&header, METADATA);
        let text = |of: &str| get(&said, of).as_string().unwrap_or_default();
        let config = JSON::parse(&text("config")).map_err(|_| Unfit::NoModel)?;
        // What is no whole number is none that a model can have.
        let number = |of: &str| get(&config, of).as_f64().filter(|n| n.fract() == 0.0).unwrap_or_default() as usize;
        let config = ModelConfig {
            n_layer: number("n_layer"),
            d_model: number("d_model"),
            n_head: number("n_head"),
            d_ff: number("d_ff"),
            n_vocab: number("n_vocab"),
            method: get(&config, "method").as_string().unwrap_or_default(),
            train_length: number("train_length"),
        };
        let model = entry(config, text("tokens_seen").parse().unwrap_or_default(), &tensors(&header), data)?;
        let _ = self.files.try_update_value(|files| {
            files.retain(|f| f.0 != model.id);
            files.push((model.id.clone(), file));
        });
        Ok(model)
    }

    /// Lists a model that is held; whether there is a list.
    pub fn list(self, manifest: RwSignal<Loaded<Manifest>>, model: ModelEntry) -> bool {
        let mut gone = None;
        manifest.update(|all| {
            if let Loaded::Ready(all) = all {
                gone = Some(add(&mut Arc::make_mut(all).models, model));
            }
        });
        let listed = gone.is_some();
        let gone = gone.unwrap_or_default();
        gone.iter().for_each(|id| self.drop(id));
        self.gone.set(gone);
        listed
    }

    /// Lets go of a file.
    pub fn drop(self, id: &str) {
        let _ = self.files.try_update_value(|files| files.retain(|f| f.0 != id));
    }

    /// The file of a model that is held.
    pub fn file(self, id: &str) -> Option<Uint8Array> {
        let of = |files: &Vec<(String, Uint8Array)>| files.iter().find(|f| f.0 == id).map(|f| f.1.clone());
        self.files.try_with_value(of).flatten()
    }
}

/// The reader's own models, oldest first.
pub fn own(manifest: &Loaded<Manifest>) -> Vec<ModelEntry> {
    let all = manifest.ready().map_or(&[][..], |all| &all.models);
    all.iter().filter(|m| is_yours(&m.id)).cloned().collect()
}

/// What a header says of its tensors, by their names: files are written in any order.
fn tensors(header: &JsValue) -> String {
    let names = header.dyn_ref::<js_sys::Object>().map(js_sys::Object::keys).unwrap_or_default();
    let mut names: Vec<String> = names.iter().filter_map(|n| n.as_string()).filter(|n| n != METADATA).collect();
    names.sort_unstable();
    let said = |name: &String| JSON::stringify(&get(header, name)).map(String::from).unwrap_or_default();
    names.iter().map(|name| format!("{name} {}\n", said(name))).collect()
}

/// What an object has under a name; undefined where there is neither.
fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
    }

    fn config(method: &str, train_length: usize) -> ModelConfig {
        ModelConfig::default_preset(method, train_length)
    }

    fn id(config: ModelConfig, data: &[u8]) -> String {
        entry(config, 0, "wte F16", data).unwrap().id
    }

    #[test]
    fn a_header_is_told_from_what_is_none_and_from_one_that_is_cut() {
        let whole = file("{}", b"1234");
        assert_eq!(split(&whole), Ok(("{}", &b"1234"[..])));
        assert_eq!(split(&whole[..10]), Err(Unfit::Cut));
        assert_eq!(split(&whole[..9]), Err(Unfit::Cut));
        // A header that claims more than there is, or than a machine can count.
        assert_eq!(split(&[&1_000_u64.to_le_bytes()[..], b"{}"].concat()), Err(Unfit::Cut));
        assert_eq!(split(&[&u64::MAX.to_le_bytes()[..], b"{}"].concat()), Err(Unfit::Cut));
        for other in [&b""[..], b"short", b"Fellow citizens of the Senate", b"PK\x03\x04\0\0\0\0\0\0"] {
            assert_eq!(split(other), Err(Unfit::OtherFormat), "{other:?}");
        }
        assert_eq!(split(&file("{\u{ff}", b"1")[..]).map(|s| s.0), Ok("{\u{ff}"));
        assert_eq!(split(&[&2_u64.to_le_bytes()[..], b"{\xff1"].concat()), Err(Unfit::OtherFormat));
    }

    #[test]
    fn the_header_of_a_file_of_ours_is_read() {
        let weights = crate::model::Weights {
            config: config("alibi", 32),
            arrays: crate::model::Weights::shapes(&config("alibi", 32))
                .into_iter()
                .map(|(name, shape)| (name, crate::model::Array { data: vec![0.5; shape.iter().product()], shape }))
                .collect(),
        };
        let said = [("tokens_seen".to_string(), "4096".to_string())];
        let bytes = weights.to_safetensors(said.into()).unwrap();
        let (json, data) = split(&bytes).unwrap();
        let header: serde_json::Value = serde_json::from_str(json).unwrap();
        let said = &header["__metadata__"];
        let read: ModelConfig = serde_json::from_str(said["config"].as_str().unwrap()).unwrap();
        let tokens_seen = said["tokens_seen"].as_str().unwrap().parse().unwrap();
        let model = entry(read, tokens_seen, "", data).unwrap();
        assert_eq!((&model.config, model.tokens_seen), (&config("alibi", 32), 4_096));
        assert_eq!(data.len(), 2 * weights.n_parameters());
        // Read again by whoever runs it.
        assert_eq!(crate::model::Weights::from_safetensors(&bytes).unwrap(), weights);
    }

    #[test]
    fn an_id_changes_with_the_weights_and_with_what_they_are_run_as() {
        let one = id(config("alibi", 32), b"1234");
        assert!(is_yours(&one) && one.starts_with("alibi-32-yours") && one.len() == 30, "{one}");
        assert_eq!(one, id(config("alibi", 32), b"1234"));
        let others = [
            id(config("alibi", 32), b"1235"),
            id(config("alibi", 64), b"1234"),
            id(config("none", 32), b"1234"),
            id(ModelConfig { n_head: 4, ..config("alibi", 32) }, b"1234"),
            entry(config("alibi", 32), 0, "wte I16", b"1234").unwrap().id,
        ];
        assert!(others.iter().all(|other| *other != one), "{others:?}");
        assert!(!is_yours("alibi-256") && !is_yours("alibi-256-s2") && !is_yours("yours"));
    }

    #[test]
    fn what_cannot_be_run_is_told_apart() {
        let of = |config| entry(config, 0, "", b"1").map(|m| m.id);
        let usual = || config("alibi", 32);
        assert_eq!(of(ModelConfig { d_model: 1 << 30, ..usual() }), Err(Unfit::Shape));
        assert_eq!(of(ModelConfig { n_head: 0, ..usual() }), Err(Unfit::Shape));
        assert_eq!(of(config("fire", 32)), Err(Unfit::Method("fire".into())));
        assert_eq!(of(ModelConfig { n_vocab: 2_048, ..usual() }), Err(Unfit::Vocabulary(2_048)));
        assert_eq!(of(config("alibi", 16_384)), Err(Unfit::TrainLength(16_384)));
        assert!(of(config("alibi", 8_192)).is_ok());
    }

    #[test]
    fn the_oldest_give_way_and_the_same_one_stands_once() {
        let model = |n: u8| entry(config("alibi", 32), 0, "", &[n]).unwrap();
        let site = ModelEntry { id: "alibi-256".into(), ..model(9) };
        let mut models = vec![site.clone()];
        for n in 0..6 {
            assert!(add(&mut models, model(n)).is_empty());
        }
        assert!(add(&mut models, model(0)).is_empty());
        assert_eq!((models.len(), &models[6].id), (7, &model(0).id));
        assert_eq!(add(&mut models, model(6)), [model(1).id]);
        assert_eq!((models.len(), &models[0].id), (MOST_YOURS + 1, &site.id));
    }
}
