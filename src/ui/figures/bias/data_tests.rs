use super::*;
use crate::chart::{Theme, heatmap_to_svg};
use crate::position::{Alibi, PositionMethod, Shape};

fn setting(heads: usize, head: usize, length: usize) -> Shown {
    Shown { heads, head, length, form: Form::Paper, view: View::One }
}

#[test]
fn cells_agree_with_the_method_that_the_model_uses() {
    for heads in [1, 3, 8, 12, 64] {
        let at = Shown { view: View::All, ..setting(heads, 0, 33) };
        let map = heatmap(&at);
        let shape = Shape { d_model: heads, n_head: heads };
        for (head, query, key) in [(0, 32, 0), (heads - 1, 20, 7), (heads / 2, 5, 5)] {
            assert_eq!(
                map.value(head, query, key),
                Some(Alibi.bias(head, query - key, shape, &[])),
                "{heads} heads, head {head}"
            );
        }
    }
}

#[test]
fn a_cell_is_read_out_with_its_bias() {
    let at = setting(8, 0, 64);
    let told = describe(&at, &heatmap(&at), Cell { map: 0, query: 12, key: 3 });
    assert_eq!(told, "query 12, key 3, distance 9, bias −4.5");
    let masked = describe(&at, &heatmap(&at), Cell { map: 0, query: 3, key: 12 });
    assert!(masked.contains("masked"), "{masked}");
    let all = Shown { view: View::All, form: Form::Code, ..at };
    let told = describe(&all, &heatmap(&all), Cell { map: 1, query: 12, key: 3 });
    assert_eq!(told, "head 2, query 12, key 3, distance 9, bias 0.75");
}

#[test]
fn the_forms_differ_by_a_constant_per_query() {
    let paper = heatmap(&setting(12, 8, 40));
    let code = heatmap(&Shown { form: Form::Code, ..setting(12, 8, 40) });
    let shift = |query, key| code.value(0, query, key).unwrap() - paper.value(0, query, key).unwrap();
    for query in 0..40 {
        for key in 0..=query {
            assert!((shift(query, key) - 0.5f32.sqrt() * query as f32).abs() < 1e-4, "query {query}, key {key}");
        }
    }
}

#[test]
fn findings_follow_head_and_length() {
    let steep = finding(&setting(8, 0, 64), 6e-8);
    assert!(steep.starts_with("Head 1 of 8 (slope 1/2) takes up to 31.5 off a score"), "{steep}");
    assert!(steep.contains("anything 10 or more tokens back") && steep.ends_with("to within 6.0\u{a0}×\u{a0}10⁻⁸."), "{steep}");
    let flat = finding(&setting(8, 7, 64), 0.0);
    assert!(
        flat.contains("at most 0.2461 off a score within these 64 tokens") && flat.contains("keeps 78.18 %"),
        "{flat}"
    );
    assert!(flat.ends_with("Both forms give exactly the same attention weights."), "{flat}");
    let code = finding(&Shown { form: Form::Code, ..setting(8, 0, 64) }, 0.0);
    assert!(code.contains("adds 0 to the first key and up to 31.5 to the last"), "{code}");
    let all = finding(&Shown { view: View::All, ..setting(8, 0, 64) }, 0.0);
    assert!(
        all.contains(
            "after 10 tokens in the steepest of the 8 heads (slope 1/2) and after 1,179 in the flattest (slope 1/256)"
        ),
        "{all}"
    );
}

#[test]
fn reach_is_where_one_percent_is_left() {
    for slope in slopes(12) {
        let d = reach(slope) as f64;
        assert!((-slope * d).exp() < 0.01 && (-slope * (d - 1.0)).exp() >= 0.01, "{slope}");
    }
}

#[test]
fn the_table_is_bias_by_distance_within_its_bounds() {
    let at = setting(8, 1, 64);
    let table = table(&at, &heatmap(&at));
    assert_eq!(table.columns, ["Distance", "Bias of head 2"]);
    assert_eq!(table.rows.len(), 64);
    assert_eq!(table.rows[9], ["9", "−2.25"]);
    for (heads, length, view) in [(8, 4096, View::One), (64, 4096, View::All), (64, 2, View::All)] {
        let at = Shown { view, ..setting(heads, 0, length) };
        let table = super::table(&at, &heatmap(&at));
        assert!(table.rows.len() <= 512 && table.rows.len() >= length.min(16));
        assert_eq!(table.rows.last().unwrap()[0], crate::ui::format::numbers::thousands(length as u64 - 1));
        assert!(table.rows.iter().all(|r| r.len() == table.columns.len()));
    }
}

#[test]
fn the_csv_is_whole() {
    let csv = csv(&setting(12, 0, 4096));
    assert_eq!(csv.lines().count(), 4097);
    let cells: Vec<_> = csv.lines().nth(11).unwrap().split(',').collect();
    assert_eq!(cells.len(), 13);
    assert_eq!((cells[0], cells[1], cells[3]), ("10", "-5", "-1.25"));
    assert_eq!(cells[9].parse::<f32>().unwrap(), (-10.0 * 0.5f64.sqrt()) as f32);
}

#[test]
fn drawings() {
    let one = heatmap_to_svg(&heatmap(&setting(8, 0, 16)), &Theme::LIGHT, 560).unwrap();
    crate::chart::tests::golden("bias-one-light.svg", &one);
    let all = Shown { view: View::All, form: Form::Code, ..setting(3, 0, 12) };
    crate::chart::tests::golden("bias-all-dark.svg", &heatmap_to_svg(&heatmap(&all), &Theme::DARK, 360).unwrap());
}

#[test]
fn a_point_on_the_sheet_is_the_cell_drawn_there() {
    let map = heatmap(&Shown { view: View::All, ..setting(12, 0, 100) });
    let at = crate::chart::HeatLayout::of(&map, 700.0).unwrap();
    for cell in [Cell { map: 0, query: 0, key: 0 }, Cell { map: 7, query: 99, key: 42 }] {
        let place = at.place(cell).unwrap();
        assert_eq!(at.cell_at(place.x + place.side / 2.0, place.y + place.side / 2.0), Some(cell));
    }
    assert_eq!(at.cell_at(1.0, 1.0), None);
}
