//! The address against what people and programs write into it.

use proptest::prelude::*;

use super::*;
use crate::ui::page::controls;
use crate::ui::settings::control::Checked;

/// A small generator, so that a failure can be repeated from its seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn some(&mut self, all: &[String]) -> String {
        all.iter().filter(|_| self.below(2) == 0).cloned().collect::<Vec<_>>().join(",")
    }

    /// A value that the setting accepts.
    fn value(&mut self, control: &Control, values: &Values) -> String {
        let one = |choices: &[(&str, &str)], draw: &mut Self| choices[draw.below(choices.len())].0.to_string();
        let words = ["heads", "export", "length-32"].map(String::from);
        match control.kind {
            Kind::Pick(choices) | Kind::List(choices) => one(choices, self),
            Kind::OneModel(_) if self.below(4) == 0 => "alibi-32-yours0123456789abcdef".into(),
            Kind::PickOf(choices) | Kind::ListOf(choices) | Kind::OneModel(choices) => one(&choices(), self),
            Kind::Number { min, max, .. } => (min + self.below(max - min + 1)).to_string(),
            Kind::Among(of) => (1 + self.below(usize::read(of.value(values)))).to_string(),
            Kind::Nearest(all) => all[self.below(all.len())].to_string(),
            Kind::Numbers { all, .. } => self.some(&all().iter().map(usize::to_string).collect::<Vec<_>>()),
            Kind::Models(_) | Kind::Names { .. } => self.some(&words),
            Kind::Text { .. } | Kind::Hidden(_) => {
                let text = ["", "a+b & c=d", "“ö”\n", "x,y"][self.below(4)];
                control.check(text).value
            }
        }
    }
}

fn of(text: &str) -> Parsed {
    parse(&controls(), text)
}

/// The value of a setting, by its key.
fn get(values: &Values, key: &str) -> String {
    controls().iter().find(|c| c.key == key).unwrap().value(values).to_string()
}

#[test]
fn settings_survive_the_address() {
    let controls = controls();
    for seed in 0..300 {
        let (mut draw, mut values) = (Draw(seed), Values::new());
        for control in &controls {
            // What counts among others does so once they are known.
            let late = matches!(control.kind, Kind::Among(_));
            let value = if late { "1".into() } else { draw.value(control, &values) };
            put(&mut values, control, value);
        }
        for control in controls.iter().filter(|c| matches!(c.kind, Kind::Among(_))) {
            let value = draw.value(control, &values);
            put(&mut values, control, value);
        }
        let parsed = of(&write(&controls, &values, Some("bias")));
        let all = |values: &Values| controls.iter().map(|c| c.value(values).to_string()).collect::<Vec<_>>();
        assert_eq!(all(&parsed.values), all(&values), "seed {seed}");
        assert_eq!(parsed.notices, Vec::<String>::new(), "seed {seed}");
        assert_eq!(parsed.embed.as_deref(), Some("bias"), "seed {seed}");
    }
}

#[test]
fn defaults_are_not_written() {
    assert_eq!(write(&controls(), &Values::new(), None), "");
    assert_eq!(of(""), Parsed::default());
    assert_eq!(of("heads=8&order=authors").values, Values::new());
    assert_eq!(write(&controls(), &of("heads=12&head=9").values, None), "?v=1&heads=12&head=9");
}

#[test]
fn out_of_bounds_is_clamped_and_said() {
    let parsed = of("?heads=65&length=1&stride=20000&lengths=1,99999999999999999999999,300&head=0");
    let shown = ["heads", "length", "stride", "lengths", "head"].map(|key| get(&parsed.values, key));
    assert_eq!(shown, ["64", "2", "16384", "32,256,16384", "1"]);
    assert_eq!(parsed.notices.len(), 7, "{:?}", parsed.notices);
    let parsed = of("heads=4&head=9");
    assert_eq!(get(&parsed.values, "head"), "4");
    assert_eq!(parsed.notices, ["head 9 does not exist among 4; showing head 4"]);
}

#[test]
fn unknown_words_fall_back_and_are_said() {
    let parsed = of("engine=quantum&order=&models=<b>,alibi-256,alibi-256&v=9&utm_source=x");
    assert_eq!(get(&parsed.values, "engine"), "auto");
    assert_eq!(get(&parsed.values, "models"), "alibi-256");
    assert_eq!(
        parsed.notices,
        [
            "engine=quantum is unknown; using auto",
            "order= is unknown; using authors",
            "<b> is not the name of any model",
            "this address is for version 9 of the page; this is version 1",
        ]
    );
}

#[test]
fn escapes_are_read() {
    assert_eq!(get(&of("lengths=64%2C128").values, "lengths"), "64,128");
    // What is no length is left out, rather than taken for one that nobody named.
    let odd = of("lengths=64,1e9,128&targets=7");
    assert_eq!((get(&odd.values, "lengths").as_str(), get(&odd.values, "targets").as_str()), ("64,128", "0"));
    assert_eq!(odd.notices, ["1e9 is not an input length; it is left out", "targets 7 is not offered; using auto"]);
    assert_eq!(decode("a%2+%zz%"), "a%2 %zz%");
    assert_eq!(decode("%ff"), "\u{fffd}");
}

#[test]
fn hostile_input_never_panics_and_always_lands_within_bounds() {
    let keys: Vec<&str> = controls().iter().map(|c| c.key).collect();
    let pieces = [
        "v",
        "embed",
        "=",
        "=",
        "=",
        "&",
        "&",
        "&",
        "?",
        "%",
        "%f",
        "-1",
        "0",
        "9e9",
        ",",
        "é",
        "\u{0}",
        "\u{202e}",
        "NaN",
        "99999999999999999999999999999999999999999999",
        "<script>",
    ];
    let pieces = [&keys[..], &pieces].concat();
    for seed in 0..2_000 {
        let mut draw = Draw(seed);
        let query: String = (0..draw.below(40)).map(|_| pieces[draw.below(pieces.len())]).collect();
        let Parsed { values, notices, .. } = of(&query);
        for control in controls() {
            let value = control.value(&values);
            // What is kept is what would be kept.
            assert_eq!(control.check(value).value, value, "seed {seed}: {query}");
            if let Kind::Among(others) = control.kind {
                let (one, many) = (usize::read(value), usize::read(others.value(&values)));
                assert!((1..=many).contains(&one), "seed {seed}: {query}");
            }
        }
        assert!(notices.iter().all(|n| n.chars().count() < 250), "seed {seed}: {notices:?}");
    }
    assert_eq!(get(&of(&format!("models={}", "a,".repeat(100_000))).values, "models"), "a");
}

#[test]
fn numbers_beyond_all_bounds_are_clamped_and_long_queries_are_said_to_be_cut() {
    let parsed = of(&format!("v=1&heads={}", "9".repeat(44)));
    assert_eq!((get(&parsed.values, "heads").as_str(), parsed.notices.len()), ("64", 1));
    assert_eq!(get(&of(&format!("v=1&heads=-{}", "9".repeat(44))).values, "heads"), "1");
    assert_eq!(get(&of("v=1&heads=--9").values, "heads"), "8");
    let parsed = of(&format!("v=1&x={}&heads=12", "y".repeat(7_000)));
    assert!(parsed.notices.iter().any(|n| n.contains("6000")), "{:?}", parsed.notices);
}

#[test]
fn what_is_hidden_goes_through_an_address_and_back() {
    let parsed = of("?v=1&hide=heads,export,no\"}body{x&embed=slopes");
    assert_eq!(get(&parsed.values, "hide"), "heads,export");
    assert_eq!(parsed.notices, ["no\"}body{x is not the name of any control"]);
    assert_eq!(write(&controls(), &parsed.values, None), "?v=1&hide=heads,export");
    let many: String = (0..90).map(|i| format!("a{i},")).collect();
    let most = crate::ui::settings::control::MAX_NAMES;
    assert_eq!(get(&of(&format!("hide={many}")).values, "hide").split(',').count(), most);
}

#[test]
fn a_link_changes_what_it_names_and_nothing_else() {
    let controls = controls();
    let mut now = of("?heads=3&stride=16&what-if-change=window&hide=export").values;
    // A text too long for an address stays with the reader.
    let prompt = ("generate-prompt".to_string(), "long ".repeat(100));
    now.push(prompt.clone());
    assert!(leaves_out(&controls, &now));
    assert!(!write(&controls, &now, None).contains("prompt"));
    let values = parse_onto(&controls, now, "?heads=12&what-if-change=no-bias").values;
    let shown = ["heads", "stride", "hide", "what-if-change"].map(|key| get(&values, key));
    assert_eq!(shown, ["12", "16", "export", "no-bias"]);
    assert!(values.contains(&prompt));
    assert_eq!(get(&parse_onto(&controls, values, "hide=table").values, "hide"), "table");
}

/// An embed is written with the settings that its figure reads.
#[test]
fn only_known_keys_are_read() {
    let few: Vec<&'static Control> = controls().into_iter().filter(|c| c.key == "heads").collect();
    assert_eq!(parse(&few, "?heads=3&stride=16").values, [("heads".to_string(), "3".to_string())]);
}

proptest! {
    #![proptest_config(crate::config::random_cases())]

    /// Whatever an address says, every setting is within its bounds afterwards, and the address of that says the same.
    #[test]
    fn any_address_becomes_settings_within_bounds(
        start in "\\PC{0,20}",
        pairs in proptest::collection::vec(
            (0usize..64, "\\PC{0,30}|[-+0-9,.e]{0,24}|[a-z0-9,-]{0,60}|%[0-9a-fA-F%]{0,12}"), 0..12,
        ),
    ) {
        let controls = controls();
        let key = |i: &usize| controls[i % controls.len()].key;
        let query: String = pairs.iter().map(|(i, value)| format!("&{}={value}", key(i))).collect();
        let parsed = of(&format!("{start}{query}"));
        for control in &controls {
            let value = control.value(&parsed.values);
            prop_assert_eq!(control.check(value), Checked { value: value.into(), notices: vec![] }, "{}", control.key);
        }
        prop_assert!(parsed.notices.iter().all(|n| n.chars().count() < 400));
        // Texts that are too long are left out.
        if left_out(&controls, &parsed.values).is_empty() {
            let again = of(&write(&controls, &parsed.values, None));
            let all = |values: &Values| controls.iter().map(|c| c.value(values).to_string()).collect::<Vec<_>>();
            prop_assert_eq!(all(&again.values), all(&parsed.values));
            prop_assert!(again.notices.is_empty(), "{:?}", again.notices);
        }
    }
}
