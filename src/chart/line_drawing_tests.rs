//! Geometry of the line chart.

use super::*;

fn area() -> Layout {
    Layout {
        left: 0.0,
        right: 10.0,
        top: 0.0,
        bottom: 10.0,
        x_extent: (0.0, 1.0),
        y_extent: (0.0, 1.0),
        legend: Vec::new(),
    }
}

#[test]
fn a_line_that_leaves_the_area_is_cut_at_its_edge() {
    let pieces = clip(&[(0.0, 5.0), (5.0, 5.0), (10.0, -5.0), (10.0, 5.0)], &area());
    assert_eq!(pieces, [vec![(0.0, 5.0), (5.0, 5.0), (7.5, 0.0)], vec![(10.0, 0.0), (10.0, 5.0)]]);
}

#[test]
fn a_place_and_its_values_belong_together() {
    let axis = |scale| crate::chart::Axis { label: String::new(), scale, range: None };
    let chart = LineChart {
        x: axis(crate::chart::Scale::Log2),
        y: axis(crate::chart::Scale::Log10),
        series: Vec::new(),
        marks: Vec::new(),
    };
    let at = Layout { right: 500.0, bottom: 300.0, x_extent: (32.0, 4096.0), y_extent: (5.0, 800.0), ..area() };
    for (x, y) in [(32.0, 5.0), (4096.0, 800.0), (512.0, 20.0), (100.0, 63.0)] {
        let (x_again, y_again) = at.values(&chart, (at.x(&chart, x), at.y(&chart, y)));
        assert!((x_again / x - 1.0).abs() < 1e-9 && (y_again / y - 1.0).abs() < 1e-9, "{x} {y}");
    }
    assert_eq!(at.values(&chart, (-50.0, 900.0)), (32.0, 5.0));
}

#[test]
fn names_keep_apart_and_inside() {
    assert_eq!(spread(&[5.0, 6.0, 98.0, 99.0], 15.0, (0.0, 100.0)), [5.0, 20.0, 85.0, 100.0]);
}
