//! What is said of speed and memory: the finding, charts and tables.

use super::data::{LENGTHS, ROUNDS, Measured, TARGETS, skips};
use crate::chart::{Axis, LineChart, Point, Scale, Series, style_of};
use crate::config::CPU_BATCH;
use crate::ui::figure::curves::{model_name, parts};
use crate::ui::format::numbers::thousands;
use crate::ui::format::table::Table;

/// ALiBi beside sinusoidal at the longest input at which both were measured.
pub(super) fn finding(rows: &[Measured]) -> String {
    let of = |method: &'static str, length: usize| {
        rows.iter().filter(move |r| parts(&r.model).0 == method && r.length == length && r.full.is_some())
    };
    // Of the same shape: the reader's own may be smaller than the site's.
    let alike = |l: usize, a: &Measured| of("sinusoidal", l).find(|s| s.shape == a.shape);
    let both = |l: usize| of("alibi", l).find_map(|a| Some((l, a, alike(l, a)?)));
    let Some((length, alibi, sinusoidal)) = LENGTHS.into_iter().rev().find_map(both) else {
        if !rows.is_empty() {
            return "To compare, measure ALiBi and sinusoidal models of the same size.".into();
        }
        return "Not measured on this machine yet. On the paper’s GPU, ALiBi trained at 28.3 to 15.5 thousand words per second, sinusoidal at 28.5 to 15.3 (Table 1).".into();
    };
    let (a, s) = (alibi.full.unwrap_or_default(), sinusoidal.full.unwrap_or_default());
    let skipping = alibi.skipping.map_or(String::new(), |v| {
        // Sinusoidal has nothing to skip: what its two measurements differ by is the noise of this machine.
        let noise = sinusoidal
            .skipping
            .map_or(String::new(), |v| format!(" (sinusoidal, which skips nothing, {:.1} times)", v / s));
        format!(
            " When it skips the keys that are out of a head’s reach, ALiBi is {:.1} times as fast, {} tokens/s{noise}.",
            v / a,
            thousands(v as u64)
        )
    });
    let apart = (a / s - 1.0).abs();
    let noise = match sinusoidal.skipping {
        Some(v) if apart <= (v / s - 1.0).abs() => ". That is noise: sinusoidal’s own two measurements differ as much",
        _ => "",
    };
    format!(
        "At {} tokens, with nothing skipped, ALiBi reads {} tokens/s and sinusoidal {}: {:.0} % apart{noise}.{skipping}{}",
        thousands(length as u64),
        thousands(a as u64),
        thousands(s as u64),
        100.0 * apart,
        needs(rows, length),
    )
}

/// The least and the most memory that the models need at a length.
pub(super) fn needs(rows: &[Measured], length: usize) -> String {
    let mut known: Vec<&Measured> = rows.iter().filter(|r| r.length == length && r.bytes > 0).collect();
    crate::chart::sort_by_key(&mut known, |r| r.bytes);
    let say = |r: &Measured| format!("{} MB ({})", megabytes(r.bytes as usize), model_name(&r.model));
    match known.as_slice() {
        [least, .., most] if megabytes(least.bytes as usize) == megabytes(most.bytes as usize) => {
            format!(" Memory beyond the weights: {} MB with each.", megabytes(most.bytes as usize))
        }
        [least, .., most] => format!(" Memory beyond the weights: {} to {}.", say(least), say(most)),
        _ => String::new(),
    }
}

pub(super) fn chart(rows: &[Measured]) -> LineChart {
    let mut series: Vec<Series> = Vec::new();
    for faint in [true, false] {
        for r in rows {
            let method = parts(&r.model).0;
            // Of the others both measurements are the same work, and differ by noise.
            if faint && !skips(method) {
                continue;
            }
            let Some(y) = (if faint { r.skipping } else { r.full }) else { continue };

            let id = format!("{}{}", r.model, if faint { "-skipping" } else { "" });
            let point = Point { x: r.length as f64, y, low: None, high: None };
            match series.iter_mut().find(|s| s.id == id) {
                Some(line) => line.points.push(point),
                None => series.push(Series {
                    name: format!("{}{}", model_name(&r.model), if faint { ", far keys skipped" } else { "" }),
                    id,
                    style: style_of(method),
                    points: vec![point],
                    faint,
                }),
            }
        }
    }
    LineChart {
        x: Axis { label: "input length (tokens, log scale)".into(), scale: Scale::Log2, range: None },
        y: Axis {
            label: "tokens per second (log scale); pale: far keys skipped, where a bias grows with distance".into(),
            scale: Scale::Log10,
            range: None,
        },
        series,
        marks: Vec::new(),
    }
}

/// Memory with nothing skipped, where it is known.
pub(super) fn memory_chart(rows: &[Measured]) -> LineChart {
    let top = rows.iter().map(|r| r.bytes as f64 / 1e6).fold(0.0, f64::max);

    let mut series: Vec<Series> = Vec::new();
    for r in rows.iter().filter(|r| r.bytes > 0) {
        let point = Point { x: r.length as f64, y: r.bytes as f64 / 1e6, low: None, high: None };
        match series.iter_mut().find(|s| s.id == r.model) {
            Some(line) => line.points.push(point),
            None => series.push(Series {
                id: r.model.clone(),
                name: model_name(&r.model),
                style: style_of(parts(&r.model).0),
                points: vec![point],
                faint: false,
            }),
        }
    }
    LineChart {
        x: Axis { label: "input length (tokens, log scale)".into(), scale: Scale::Log2, range: None },
        // From zero: what methods differ by is little of what they need.
        y: Axis { label: "memory beyond the weights (MB)".into(), scale: Scale::Linear, range: Some((0.0, 1.1 * top)) },
        series,
        marks: Vec::new(),
    }
}

pub(super) fn table(rows: &[Measured]) -> Table {
    let number = |v: Option<f64>| v.map_or("–".into(), |v| thousands(v as u64));
    let row = |r: &Measured| {
        vec![
            r.model.clone(),
            thousands(r.length as u64),
            number(r.full),
            number(r.skipping),
            r.full.zip(r.skipping).map_or("–".into(), |(full, skipping)| format!("{:.2}", skipping / full)),
            if r.bytes > 0 { megabytes(r.bytes as usize) } else { "–".into() },
        ]
    };
    Table {
        caption: format!(
            "Speed on this machine: the fastest of {ROUNDS} runs over {} tokens scored; inputs run in batches of {} tokens, longer ones alone",
            thousands(TARGETS as u64),
            thousands(CPU_BATCH as u64)
        ),
        columns: [
            "model",
            "input length",
            "tokens/s, nothing skipped",
            "tokens/s, far keys skipped",
            "times as fast",
            "memory of a batch (MB), nothing skipped",
        ]
        .map(String::from)
        .to_vec(),
        rows: rows.iter().map(row).collect(),
    }
}

/// What a mask per head would take, next to what the kernel of this page reads.
pub(super) fn masks(n_head: usize, length: usize) -> String {
    let [heads, long] = [n_head, length].map(|n| thousands(n as u64));
    let mask = 2 * length * length;
    format!(
        "<p>The authors’ code adds the bias to the causal mask, one for every head: at {long} tokens {heads} × {long} × {long} × 2 bytes = {} MB in half precision, where a mask without bias takes {} MB. Attention here reads the bias from a table by head and distance and never makes a mask: {heads} × {long} × 4 bytes = {} KB.</p>",
        megabytes(n_head * mask),
        megabytes(mask),
        thousands((n_head * length * 4 / 1_000) as u64),
    )
}

/// Bytes as megabytes of 10⁶ bytes with one decimal.
pub(super) fn megabytes(bytes: usize) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}
