//! The programs under "In code" are run as they stand, and print what the engine computes.

use std::fs;
use std::process::Command;

use crate::engine::windows::windows;
use crate::kernels::attention::{AttentionShape, FarKeys, HeadBias, KeyValues, attention};
use crate::kernels::{attention_row, rotary};
use crate::position::{Alibi, PositionMethod, Shape, Tables, by_id, slopes, t5_bucket};
use crate::protocol::Protocol;
use crate::ui::figures::reach::data::effective_tokens;

/// Lines that a reader takes in at a glance.
const MAX_LINES: usize = 25;
/// How far a printed number may be from the engine's: this share of it, and this much. NumPy prints eight digits, and the
/// engine computes in f32.
const SHARE: f64 = 1e-5;
const ROUNDING: f64 = 1e-6;
/// Where Python is looked for, as in `.ci/install`: the one of the path may lack what the system's has.
const PYTHONS: [&str; 2] = ["python3", "/usr/bin/python3"];

/// A program of the page.
struct Snippet {
    /// The file that it stands in.
    path: String,
    /// `numpy` or `torch`.
    kind: String,
    /// Its name, if it is to be run.
    name: Option<String>,
    code: String,
}

/// The programs of a text.
fn snippets_of(path: &str, html: &str) -> Vec<Snippet> {
    let one = |rest: &str| {
        let (tag, rest) = rest.split_once('>').unwrap();
        let code = rest.split_once("</code>").unwrap_or_else(|| panic!("{path}: a program without an end")).0;
        let attribute = |name: &str| {
            let value = tag.split_once(&format!("{name}=\""))?.1;
            value.split_once('"').map(|(value, _)| value.to_string())
        };
        Snippet {
            path: path.into(),
            kind: attribute("class").unwrap_or_default(),
            name: attribute("data-snippet"),
            code: code.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&"),
        }
    };
    html.split("<pre").skip(1).filter_map(|block| block.split_once("<code ")).map(|(_, rest)| one(rest)).collect()
}

/// Every program of the figures' texts.
fn snippets() -> Vec<Snippet> {
    let folders = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui/figures")).unwrap();
    let texts = folders.map(|entry| entry.unwrap().path().join("code.html")).filter(|path| path.exists());
    texts.flat_map(|path| snippets_of(&path.display().to_string(), &fs::read_to_string(&path).unwrap())).collect()
}

/// A Python that has NumPy.
fn python() -> &'static str {
    let has_numpy = |python: &&&str| {
        Command::new(python).args(["-c", "import numpy"]).output().is_ok_and(|output| output.status.success())
    };
    PYTHONS.iter().find(has_numpy).unwrap_or_else(|| {
        panic!("no python3 with NumPy, which this test runs the page's programs with: run '.ci/install native'")
    })
}

/// The numbers that a program prints, and after it further lines.
fn printed(python: &str, name: &str, code: &str) -> Vec<f64> {
    let output = Command::new(python).args(["-c", code]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{name} fails, or warns:\n{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let words = text.split(|c: char| c.is_whitespace() || "[](),".contains(c)).filter(|word| !word.is_empty());
    words.map(|word| word.parse().unwrap_or_else(|_| panic!("{name} prints {word}, which is no number"))).collect()
}

/// Whether a printed number is the engine's.
fn agrees(printed: f64, wanted: f64) -> bool {
    printed == wanted || wanted.is_finite() && (printed - wanted).abs() <= SHARE * wanted.abs() + ROUNDING
}

/// What a program is held to: its name, further lines that print more of what it defines, and what all of it must print.
type Case = (&'static str, &'static str, Vec<f64>);

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

fn slopes_case() -> Case {
    let counts = [8, 12].into_iter().chain(1..=64);
    ("slopes", "for n in range(1, 65): print(slopes(n).tolist())", counts.flat_map(slopes).collect())
}

/// The first of eight heads over 8 tokens: the bias, how far its two forms are apart, and the code's form.
fn bias_case() -> Case {
    const TOKENS: usize = 8;
    let tables = Tables::new(&Alibi, Shape { d_model: 64, n_head: 8 }, TOKENS, &[]);
    let by_distance = wide(&tables.bias[..TOKENS]);
    let pairs = || (0..TOKENS).flat_map(|i| (0..TOKENS).map(move |j| (i, j)));
    let paper = pairs().map(|(i, j)| if j <= i { by_distance[i - j] } else { f64::NEG_INFINITY });
    // Less by the bias of the row's first key: 0 there, and growing.
    let code = pairs().map(|(i, j)| if j <= i { by_distance[i - j] - by_distance[i] } else { f64::NEG_INFINITY });
    ("bias", "print(code.tolist())", paper.chain([0.0]).chain(code).collect())
}

/// Six tokens of one head of dimension 4 and slope 1/4, by the kernels: weights, then outputs.
fn attention_case() -> Case {
    const SHAPE: AttentionShape = AttentionShape { n_segment: 1, length: 6, n_head: 1, d_model: 4 };
    let (n, d) = (SHAPE.length, SHAPE.d_model);
    // As in the program: all queries, then all keys, then all values.
    let at = |part: usize, token: usize, k: usize| ((part * n * d + token * d + k) as f64).sin() as f32;
    let rows = (0..n).flat_map(|t| (0..3).flat_map(move |part| (0..d).map(move |k| (part, t, k))));
    let qkv: Vec<f32> = rows.map(|(part, t, k)| at(part, t, k)).collect();
    // The second slope of eight heads.
    let tables = Tables::new(&Alibi, Shape { d_model: 64, n_head: 8 }, n, &[]);
    let bias = HeadBias::new(&tables.bias[n..2 * n]);
    let weights = (0..n).flat_map(|i| {
        let (query, keys) = (&qkv[3 * d * i..][..d], &qkv[d..3 * d * (i + 1)]);
        let mut row = wide(&attention_row::weights(query, keys, 3 * d, &bias));
        row.resize(n, 0.0);
        row
    });
    let weights: Vec<f64> = weights.collect();
    let (out, _) = attention(&qkv, &KeyValues::of(&qkv, &SHAPE), &[bias], &SHAPE, 0..n, FarKeys::Computed);
    ("attention", "", [weights, wide(&out)].concat())
}

/// The toy model's perplexity under the engine's plan of windows.
fn toy_perplexity(protocol: Protocol, length: usize, n_targets: usize) -> f64 {
    let mut losses = Vec::new();
    for window in windows(protocol, length, 0, n_targets) {
        for context in window.length - window.n_scored + 1..=window.length {
            let token = window.start + context;
            losses.push(2.0 + 3.0 / context as f64 + (token % 5) as f64 / 10.0);
        }
    }
    assert_eq!(losses.len(), n_targets);
    (losses.iter().sum::<f64>() / n_targets as f64).exp()
}

/// As the program prints them, then lengths and strides that do not divide the text.
fn evaluation_case() -> Case {
    use Protocol::{Nonoverlapping, Sliding};
    let further = "for l in 7, 100, 1024, 2000: print(nonoverlapping(text, l))\n\
        for l, s in (100, 24), (64, 64), (2000, 7), (3, 2): print(sliding(text, l, s))";
    let cases = [
        (Nonoverlapping, 64),
        (Nonoverlapping, 256),
        (Sliding { stride: 1 }, 64),
        (Sliding { stride: 1 }, 256),
        (Nonoverlapping, 7),
        (Nonoverlapping, 100),
        (Nonoverlapping, 1024),
        (Nonoverlapping, 2000),
        (Sliding { stride: 24 }, 100),
        (Sliding { stride: 64 }, 64),
        (Sliding { stride: 7 }, 2000),
        (Sliding { stride: 2 }, 3),
    ];
    (
        "evaluation",
        further,
        cases.into_iter().map(|(protocol, length)| toy_perplexity(protocol, length, 1024)).collect(),
    )
}

/// The method of that id.
fn method(id: &str) -> &'static dyn PositionMethod {
    by_id(id).unwrap()
}

fn sinusoidal_case() -> Case {
    let rows = |length: usize, width: usize| {
        (0..length).flat_map(move |position| {
            let mut row = vec![0.0; width];
            method("sinusoidal").embedding(position as f64, &mut row);
            wide(&row)
        })
    };
    ("sinusoidal", "print(sinusoidal(20, 32).tolist())", rows(4, 6).chain(rows(20, 32)).collect())
}

/// Products of turned queries and keys, then a turned vector itself.
fn rotary_case() -> Case {
    const TOKENS: usize = 5;
    let tables = Tables::new(method("rotary"), Shape { d_model: 4, n_head: 1 }, TOKENS, &[]);
    let mut qkv = [1.0, 2.0, 3.0, 4.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0, 0.0, 0.0].repeat(TOKENS);
    rotary::rotate(&mut qkv, &tables.rotation.unwrap(), 1, 4, 0, 1.0);
    let (query, key) = (|i: usize| wide(&qkv[12 * i..][..4]), |j: usize| wide(&qkv[12 * j + 4..][..4]));
    let product = |i: usize, j: usize| query(i).iter().zip(key(j)).map(|(a, b)| a * b).sum::<f64>();
    let products = (0..TOKENS).flat_map(|i| (0..TOKENS).map(move |j| (i, j))).map(|(i, j)| product(i, j));
    ("rotary", "print(q.tolist())", products.chain((0..TOKENS).flat_map(query)).collect())
}

fn buckets_case() -> Case {
    let buckets = (0..160).chain(0..5000).map(|distance| t5_bucket(distance) as f64);
    ("t5-buckets", "print(bucket(np.arange(5000)).tolist())", buckets.collect())
}

fn kerple_case() -> Case {
    let learned = [1.0f32, 0.5].map(f32::ln);
    let bias = |distance| f64::from(method("kerple").bias(0, distance, Shape { d_model: 8, n_head: 1 }, &learned));
    ("kerple", "print(kerple(np.arange(4000), 1.0, 0.5).tolist())", (1..9).chain(0..4000).map(bias).collect())
}

fn reach_case() -> Case {
    let row = |m: f64| [m].into_iter().chain([64, 256, 1_024, 16_384].map(|length| effective_tokens(m, length)));
    ("reach", "", [1.0 / 2.0, 1.0 / 16.0, 1.0 / 256.0].into_iter().flat_map(row).collect())
}

fn cases() -> Vec<Case> {
    vec![
        slopes_case(),
        bias_case(),
        attention_case(),
        evaluation_case(),
        sinusoidal_case(),
        rotary_case(),
        buckets_case(),
        kerple_case(),
        reach_case(),
    ]
}

#[test]
fn every_numpy_program_prints_what_the_engine_computes() {
    let (python, snippets, mut cases) = (python(), snippets(), cases());
    for Snippet { path, name, code, .. } in snippets.iter().filter(|s| s.kind == "numpy") {
        let name = name.as_deref().unwrap_or_else(|| panic!("{path}: a program in NumPy without data-snippet"));
        let at = cases.iter().position(|case| case.0 == name);
        let (_, further, wanted) =
            cases.swap_remove(at.unwrap_or_else(|| panic!("{name} of {path} is held to nothing")));
        let got = printed(python, name, &format!("{code}\n{further}"));
        assert_eq!(got.len(), wanted.len(), "{name}: how many numbers it prints");
        for (at, (got, wanted)) in got.into_iter().zip(wanted).enumerate() {
            assert!(agrees(got, wanted), "{name}, number {at}: it prints {got}, the engine has {wanted}");
        }
    }
    let missing: Vec<&str> = cases.iter().map(|case| case.0).collect();
    assert!(missing.is_empty(), "no text has these programs: {missing:?}");
}

#[test]
fn every_program_is_short() {
    let snippets = snippets();
    assert!(snippets.iter().any(|s| s.kind == "torch"), "some are in PyTorch");
    for Snippet { path, kind, code, .. } in &snippets {
        let lines = code.lines().count();
        assert!(lines <= MAX_LINES, "{path}: a program of {lines} lines");
        assert!(["numpy", "torch"].contains(&kind.as_str()), "{path}: a program of class {kind}");
    }
}

#[test]
fn a_number_that_is_off_is_seen() {
    assert!(
        agrees(0.5, 0.5)
            && agrees(-0.0, 0.0)
            && agrees(f64::NEG_INFINITY, f64::NEG_INFINITY)
            && agrees(0.35355339, 0.125f64.sqrt())
    );
    for (printed, wanted) in
        [(0.5, 0.51), (0.0, f64::NEG_INFINITY), (f64::NAN, 1.0), (0.00391, 0.00390625), (0.0, 0.0039)]
    {
        assert!(!agrees(printed, wanted), "{printed} for {wanted}");
    }
    let html = "<pre><code class=\"numpy\" data-snippet=\"a\">x &lt; 1 &amp;&amp; y\n</code></pre> <code>b</code>";
    let found = snippets_of("x.html", html);
    assert_eq!((found.len(), found[0].code.as_str(), found[0].name.as_deref()), (1, "x < 1 && y\n", Some("a")));
}
