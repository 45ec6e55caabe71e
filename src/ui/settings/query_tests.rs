//! The address against what people and programs write into it.

use super::*;

/// A small generator, so that a failure can be repeated from its seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one_of<T: Named>(&mut self) -> T {
        T::NAMES[self.below(T::NAMES.len())].1
    }

    fn state(&mut self) -> State {
        let heads = 1 + self.below(MAX_HEADS);
        let models = ["alibi-256", "none-256", "t5-256", "rotary-512-s2"];
        State {
            labs: vec![("early-length".into(), "2048".into())],
            heads,
            length: BIAS_LENGTHS.0 + self.below(BIAS_LENGTHS.1 - BIAS_LENGTHS.0 + 1),
            head: self.below(heads),
            order: self.one_of(),
            form: self.one_of(),
            view: self.one_of(),
            theme: self.one_of(),
            models: models.iter().filter(|_| self.below(2) == 0).map(|m| m.to_string()).collect(),
            lengths: lengths().filter(|_| self.below(2) == 0).collect(),
            protocol: self.one_of(),
            text: self.one_of(),
            stride: 1 + self.below(MAX_LENGTH),
            targets: TARGETS[self.below(TARGETS.len())],
            engine: self.one_of(),
            hide: ["heads", "export", "length-32"]
                .iter()
                .filter(|_| self.below(2) == 0)
                .map(|k| k.to_string())
                .collect(),
        }
    }
}

#[test]
fn settings_survive_the_address() {
    for seed in 0..2_000 {
        let state = Draw(seed).state();
        let parsed = parse(&write(&state, Some("bias")));
        assert_eq!(parsed.state, state, "seed {seed}");
        assert_eq!(parsed.notices, Vec::<String>::new(), "seed {seed}");
        assert_eq!(parsed.embed.as_deref(), Some("bias"), "seed {seed}");
    }
}

#[test]
fn defaults_are_not_written() {
    assert_eq!(write(&State::default(), None), "");
    assert_eq!(parse(""), Parsed::default());
    let state = State { heads: 12, head: 8, ..State::default() };
    assert_eq!(write(&state, None), "?v=1&heads=12&head=9");
}

#[test]
fn out_of_bounds_is_clamped_and_said() {
    let parsed = parse("?heads=65&length=1&stride=20000&lengths=1,99999999999999999999999,300&head=0");
    assert_eq!((parsed.state.heads, parsed.state.length, parsed.state.stride), (64, 2, 16_384));
    assert_eq!(parsed.state.lengths, [32, 256, 16_384]);
    assert_eq!(parsed.state.head, 0);
    assert_eq!(parsed.notices.len(), 7, "{:?}", parsed.notices);
    let parsed = parse("heads=4&head=9");
    assert_eq!((parsed.state.head, parsed.notices.len()), (3, 1));
}

#[test]
fn unknown_words_fall_back_and_are_said() {
    let parsed = parse("engine=quantum&order=&models=<b>,alibi-256,alibi-256&v=9&utm_source=x");
    assert_eq!(parsed.state.engine, EngineChoice::Auto);
    assert_eq!(parsed.state.models, ["alibi-256"]);
    assert_eq!(parsed.notices.len(), 4, "{:?}", parsed.notices);
}

#[test]
fn escapes_are_read() {
    assert_eq!(parse("lengths=64%2C128").state.lengths, [64, 128]);
    // What is no length is left out, rather than taken for one that nobody named.
    let odd = parse("lengths=64,1e9,128&targets=7");
    assert_eq!((odd.state.lengths, odd.state.targets), (vec![64, 128], 0));
    assert_eq!(odd.notices, ["1e9 is no length of an input; it is left out", "targets 7 is not offered; using auto"]);
    assert_eq!(decode("a%2+%zz%"), "a%2 %zz%");
    assert_eq!(decode("%ff"), "\u{fffd}");
}

#[test]
fn hostile_input_never_panics_and_always_lands_within_bounds() {
    let pieces = [
        "heads",
        "head",
        "length",
        "lengths",
        "models",
        "v",
        "embed",
        "stride",
        "targets",
        "engine",
        "=",
        "&",
        "?",
        "%",
        "%f",
        "-1",
        "0",
        "9e9",
        "99999999999999999999999999999999999999999999",
        ",",
        "é",
        "\u{0}",
        "\u{202e}",
        "NaN",
        "<script>",
    ];
    for seed in 0..5_000 {
        let mut draw = Draw(seed);
        let query: String = (0..draw.below(40)).map(|_| pieces[draw.below(pieces.len())]).collect();
        let Parsed { state, notices, .. } = parse(&query);
        assert!((1..=MAX_HEADS).contains(&state.heads) && state.head < state.heads, "seed {seed}: {query}");
        assert!((BIAS_LENGTHS.0..=BIAS_LENGTHS.1).contains(&state.length), "seed {seed}: {query}");
        assert!(state.lengths.iter().all(|l| lengths().any(|m| m == *l)), "seed {seed}: {query}");
        assert!((1..=MAX_LENGTH).contains(&state.stride) && TARGETS.contains(&state.targets), "seed {seed}: {query}");
        assert!(state.models.len() <= MAX_MODELS && notices.iter().all(|n| n.chars().count() < 200), "seed {seed}");
    }
    let long = format!("models={}", "a,".repeat(100_000));
    assert_eq!(parse(&long).state.models, ["a"]);
}

#[test]
fn numbers_beyond_all_bounds_are_clamped_and_long_queries_are_said_to_be_cut() {
    let parsed = parse(&format!("v=1&heads={}", "9".repeat(44)));
    assert_eq!((parsed.state.heads, parsed.notices.len()), (MAX_HEADS, 1));
    assert_eq!(parse(&format!("v=1&heads=-{}", "9".repeat(44))).state.heads, 1);
    assert_eq!(parse("v=1&heads=--9").state.heads, State::default().heads);
    let parsed = parse(&format!("v=1&x={}&heads=12", "y".repeat(7_000)));
    assert!(parsed.notices.iter().any(|n| n.contains("6000")), "{:?}", parsed.notices);
}

#[test]
fn what_is_hidden_goes_through_an_address_and_back() {
    let parsed = parse("?v=1&hide=heads,export,no\"}body{x&embed=slopes");
    assert_eq!(parsed.state.hide, ["heads", "export"]);
    assert_eq!(parsed.notices.len(), 1, "{:?}", parsed.notices);
    assert_eq!(write(&parsed.state, None), "?v=1&hide=heads,export");
    assert_eq!(parse(&format!("hide={}", "a,".repeat(900))).state.hide.len(), MAX_HIDDEN);
}

#[test]
fn a_link_changes_what_it_names_and_nothing_else() {
    let mut now = parse("?heads=3&stride=16&what-if-change=window&hide=export").state;
    // A text too long for an address stays with the reader.
    let prompt = ("generate-prompt".to_string(), "long ".repeat(100));
    now.labs.push(prompt.clone());
    assert!(leaves_out(&now, &|key| key == "generate-prompt") && !leaves_out(&now, &|key| key != "generate-prompt"));
    let state = parse_onto(now, "?heads=12&what-if-change=no-bias").state;
    assert_eq!((state.heads, state.stride), (12, 16));
    assert_eq!(state.hide, ["export"]);
    assert_eq!(state.labs, [prompt, ("what-if-change".to_string(), "no-bias".to_string())]);
    assert_eq!(parse_onto(state, "hide=table").state.hide, ["table"]);
}

#[test]
fn only_wanted_keys_are_written_for_an_embed() {
    let state = parse("?heads=3&stride=16&what-if-change=window&hide=export").state;
    let text = write_some(&state, Some("slopes"), &|key| key == "heads" || key == "hide");
    assert_eq!(text, "?v=1&embed=slopes&heads=3&hide=export");
}
