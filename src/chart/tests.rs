//! Golden snapshots: one SVG per chart kind under `tests/golden`. `BLESS=1 cargo test` writes them anew.

use super::*;

/// Compares with the file of that name, or writes it where `BLESS` is set.
pub(crate) fn golden(name: &str, got: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, got).unwrap();
    }
    let wanted =
        std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}; BLESS=1 writes it", path.display()));
    assert!(wanted == got, "{name} is drawn differently now; look at the change, then run the tests with BLESS=1");
}

/// Three methods as they behave, one of them diverging.
fn perplexity() -> LineChart {
    let series = |id: &str, ys: [f64; 4], faint| Series {
        id: id.into(),
        name: crate::position::by_id(id).map_or(id, |m| m.name()).into(),
        style: style_of(id),
        points: [128.0, 256.0, 512.0, 1024.0]
            .into_iter()
            .zip(ys)
            .map(|(x, y)| Point { x, y, low: Some(y * 0.97), high: Some(y * 1.03) })
            .collect(),
        faint,
    };
    LineChart {
        x: Axis { label: "Input length, tokens".into(), scale: Scale::Log2, range: None },
        y: Axis { label: "Perplexity".into(), scale: Scale::Log10, range: None },
        series: vec![
            series("sinusoidal", [22.0, 21.0, 150.0, f64::INFINITY], false),
            series("rotary", [21.5, 20.8, 31.0, 60.0], true),
            series("alibi", [21.3, 20.6, 20.4, 20.3], false),
        ],
        marks: vec![Mark { x: 256.0, label: "trained at 256".into() }],
    }
}

#[test]
fn lines_wide_and_light() {
    golden("line-wide-light.svg", &to_svg(&perplexity(), &Theme::LIGHT, (720, 360)).unwrap());
}

#[test]
fn lines_narrow_and_dark() {
    golden("line-narrow-dark.svg", &to_svg(&perplexity(), &Theme::DARK, (340, 300)).unwrap());
}

#[test]
fn a_value_that_is_not_finite_is_said_to_have_diverged() {
    let svg = to_svg(&perplexity(), &Theme::LIGHT, (720, 360)).unwrap();
    assert_eq!(svg.matches("diverged").count(), 1);
    let mut finite = perplexity();
    finite.series[0].points[3].y = 200.0;
    assert!(!to_svg(&finite, &Theme::LIGHT, (720, 360)).unwrap().contains("diverged"));
}

#[test]
fn a_line_that_leaves_the_area_is_named_where_it_does() {
    let mut cut = perplexity();
    cut.series.truncate(1);
    cut.series[0].points[3].y = 200.0;
    let place = |chart: &LineChart| {
        let svg = to_svg(chart, &Theme::LIGHT, (720, 360)).unwrap();
        // The attributes of the text that is the name.
        let tag = svg.split("<text ").find(|t| t.contains("Sinusoidal")).unwrap().to_string();
        tag.split("x=\"").nth(1).unwrap().split('"').next().unwrap().parse::<f64>().unwrap() / 4.0
    };
    let at = |chart: &LineChart| Layout::of(chart, Sheet { width: 720.0, height: 360.0 }).unwrap();
    assert!(place(&cut) > at(&cut).right);
    cut.y.range = Some((20.0, 40.0));
    // Between 256 and 512 tokens it rises beyond 40.
    let (from, to) = (at(&cut).x(&cut, 256.0), at(&cut).x(&cut, 512.0));
    assert!((from..to).contains(&(place(&cut) - 18.0)), "{} is not within {from}..{to}", place(&cut));
}

#[test]
fn an_svg_is_as_large_as_asked_for() {
    let svg = to_svg(&perplexity(), &Theme::LIGHT, (720, 360)).unwrap();
    assert!(svg.starts_with("<svg width=\"720\" height=\"360\" viewBox=\"0 0 2880 1440\""), "{}", &svg[..80]);
}

#[test]
fn several_drawings_become_one_document() {
    let one = || to_svg(&perplexity(), &Theme::LIGHT, (720, 360)).unwrap();
    let other = to_svg(&perplexity(), &Theme::LIGHT, (400, 300)).unwrap();
    assert_eq!((stacked(Vec::new()), stacked(vec![one()])), (None, Some(one())));
    let both = stacked(vec![one(), other]).unwrap();
    assert!(both.starts_with("<svg width=\"720\" height=\"660\" viewBox=\"0 0 720 660\""), "{}", &both[..80]);
    assert_eq!((both.matches("<svg ").count(), both.matches("</svg>").count()), (3, 3));
    assert!(both.contains("<svg y=\"0\" width=\"720\"") && both.contains("<svg y=\"360\" width=\"400\""));
}

#[test]
fn a_sheet_too_small_is_refused_in_words() {
    let refused = to_svg(&perplexity(), &Theme::LIGHT, (60, 40)).unwrap_err();
    assert!(refused.to_string().contains("60×40"), "{refused}");
}

#[test]
fn a_chart_without_points_still_has_axes() {
    let mut empty = perplexity();
    empty.series.clear();
    let svg = to_svg(&empty, &Theme::LIGHT, (720, 360)).unwrap();
    assert!(svg.contains("Perplexity") && svg.contains("Input length"));
}

#[test]
fn a_pointer_finds_the_nearest_length() {
    let chart = perplexity();
    let at = Layout::of(&chart, Sheet { width: 720.0, height: 360.0 }).unwrap();
    assert_eq!(at.nearest_x(&chart, at.x(&chart, 512.0) + 9.0), Some(512.0));
    assert_eq!(at.nearest_x(&chart, -50.0), Some(128.0));
}
