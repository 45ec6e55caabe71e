//! From sums of losses to what the reader sees: mean loss, perplexity with its band, bits per byte. Pure functions
//! and the store of what has been computed in this page.

use crate::chart::{Point, sort_by};
use crate::config::{Change, Recorded, RecordedPoint};
use crate::protocol::{BlockSum, EngineChoice, Evaluate, Notice, Protocol, Scored, Task};

/// What one evaluation says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Targets counted.
    pub n_targets: u64,
    /// Mean negative log-likelihood, nats per token; not finite if the model diverged.
    pub mean_nll: f64,
    /// exp(mean loss).
    pub perplexity: f64,
    /// Standard error of the mean loss over blocks, nats; absent with fewer than two blocks.
    pub standard_error: Option<f64>,
    /// Perplexity at one standard error below and above the mean loss; both equal the perplexity without one.
    pub band: (f64, f64),
    /// Mean loss in bits, per UTF-8 byte of the targets; not a number without bytes.
    pub bits_per_byte: f64,
}

impl Summary {
    /// The point of a chart at that length, with its band.
    pub fn point(&self, length: usize) -> Point {
        let band = self.standard_error.map(|_| self.band);
        Point { x: length as f64, y: self.perplexity, low: band.map(|b| b.0), high: band.map(|b| b.1) }
    }
}

/// Merges blocks. None if no target was counted at all.
///
/// The standard error is that of a ratio of sums over K blocks, √(K/(K−1) · Σ(lossᵢ − mean·nᵢ)²) / N, which for
/// blocks of equal size is the usual standard deviation of block means over √K.
pub fn summarise(blocks: &[BlockSum], n_bytes: u64) -> Option<Summary> {
    let n_targets: u64 = blocks.iter().map(|b| u64::from(b.n_targets)).sum();
    if n_targets == 0 {
        return None;
    }
    let nll: f64 = blocks.iter().map(|b| b.nll).sum();
    let mean_nll = nll / n_targets as f64;
    let counted: Vec<&BlockSum> = blocks.iter().filter(|b| b.n_targets > 0).collect();
    let standard_error = (counted.len() > 1).then(|| {
        let k = counted.len() as f64;
        let squares: f64 = counted.iter().map(|b| (b.nll - mean_nll * f64::from(b.n_targets)).powi(2)).sum();
        (k / (k - 1.0) * squares).sqrt() / n_targets as f64
    });
    let error = standard_error.filter(|e| e.is_finite()).unwrap_or(0.0);
    Some(Summary {
        n_targets,
        mean_nll,
        perplexity: mean_nll.exp(),
        standard_error,
        band: ((mean_nll - error).exp(), (mean_nll + error).exp()),
        bits_per_byte: if n_bytes == 0 { f64::NAN } else { nll / std::f64::consts::LN_2 / n_bytes as f64 },
    })
}

/// The summary of a recorded point.
pub fn summarise_recorded(point: &RecordedPoint) -> Option<Summary> {
    let blocks: Vec<BlockSum> = point
        .block_nll
        .iter()
        .zip(&point.block_targets)
        .map(|(&nll, &n_targets)| BlockSum { nll, n_targets })
        .collect();
    summarise(&blocks, point.n_bytes)
}

/// The recorded summary of a model at a length, if there is one.
pub fn recorded_summary(recorded: &Recorded, model: &str, length: usize) -> Option<Summary> {
    recorded.points.iter().find(|p| p.model == model && p.length == length).and_then(summarise_recorded)
}

/// A perplexity as the reader sees it: about four figures, "diverged" where it is not finite.
pub fn show_perplexity(value: f64) -> String {
    match value {
        v if !v.is_finite() => "diverged".into(),
        v if v < 100.0 => format!("{v:.2}"),
        v if v < 1_000.0 => format!("{v:.1}"),
        v if v < 1e9 => thousands(v.round() as u64),
        v => format!("{v:.2e}"),
    }
}

/// Half of the band of a perplexity, "–" where there is none.
pub fn show_half(summary: &Summary) -> String {
    let half = (summary.band.1 - summary.band.0) / 2.0;
    summary.standard_error.filter(|_| half.is_finite()).map_or("–".into(), |_| format!("{half:.2}"))
}

/// A number with three decimals, "diverged" where it is not finite.
pub fn show_3(value: f64) -> String {
    if value.is_finite() { format!("{value:.3}") } else { "diverged".into() }
}

/// A share in per cent with one decimal, "diverged" where it is not finite.
pub fn show_percent(share: f64) -> String {
    if share.is_finite() { format!("{:.1} %", 100.0 * share) } else { "diverged".into() }
}

/// A whole number with commas between thousands.
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The protocol at that input length: a stride longer than the input is cut to it, which is nonoverlapping evaluation.
pub fn cut(protocol: Protocol, length: usize) -> Protocol {
    match protocol {
        Protocol::Sliding { stride } => Protocol::Sliding { stride: stride.min(length) },
        other => other,
    }
}

/// One computed point.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was asked; its `engine` is the reader's choice, not what ran.
    pub asked: Evaluate,
    /// What came back.
    pub scored: Scored,
}

/// Everything computed in this page; a point is known by model, length, protocol, stream and targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    entries: Vec<Entry>,
    cuts: Vec<(Evaluate, Notice)>,
}

/// Whether both ask the same, engines aside; only of a check of an engine the engine is part of the question.
pub fn same_point(a: &Evaluate, b: &Evaluate) -> bool {
    a.model == b.model
        && a.stream == b.stream
        && a.length == b.length
        && a.protocol == b.protocol
        && a.first_target == b.first_target
        && a.n_targets == b.n_targets
        && a.task == b.task
        && a.change == b.change
        && a.text == b.text
        && (a.task != Task::Verify || a.engine == b.engine)
}

/// Whether an answer holds the losses of a model as it was trained.
fn is_plain(entry: &Entry) -> bool {
    entry.asked.task == Task::Score && entry.asked.change == Change::None
}

/// The same, of that text and protocol.
fn is_point(entry: &Entry, stream: &str, protocol: Protocol) -> bool {
    let asked = &entry.asked;
    is_plain(entry) && asked.stream == stream && asked.protocol == cut(protocol, asked.length)
}

impl Results {
    /// Keeps a point, in place of an earlier one for the same question.
    pub fn insert(&mut self, asked: Evaluate, scored: Scored) {
        self.entries.retain(|e| !same_point(&e.asked, &asked));
        self.entries.push(Entry { asked, scored });
    }

    /// Keeps what was said of a text that was cut for that question.
    pub fn note_cut(&mut self, asked: &Evaluate, notice: Notice) {
        self.cuts.retain(|(a, _)| !same_point(a, asked));
        self.cuts.push((asked.clone(), notice));
    }

    /// What was said of the texts of these questions, each notice once.
    pub fn cuts(&self, asked: &[Evaluate]) -> Vec<Notice> {
        let mut found: Vec<Notice> = Vec::new();
        for (of, notice) in &self.cuts {
            if asked.iter().any(|a| same_point(a, of)) && !found.contains(notice) {
                found.push(notice.clone());
            }
        }
        found
    }

    /// Whether this very question, engine choice included, has been answered.
    pub fn answered(&self, asked: &Evaluate) -> bool {
        self.entries.iter().any(|e| e.asked == *asked)
    }

    /// Points of one text, protocol and number of targets, by model and then by length; models as they were trained.
    pub fn of(&self, stream: &str, protocol: Protocol, n_targets: usize) -> Vec<&Entry> {
        let fits = |e: &&Entry| is_point(e, stream, protocol) && e.asked.n_targets == n_targets;
        let mut found: Vec<&Entry> = self.entries.iter().filter(fits).collect();
        sort_by(&mut found, |a, b| (&a.asked.model, a.asked.length).cmp(&(&b.asked.model, b.asked.length)));
        found
    }

    /// Number of targets of the last point of that text and protocol.
    pub fn latest_targets(&self, stream: &str, protocol: Protocol) -> Option<usize> {
        self.entries.iter().rev().find(|e| is_point(e, stream, protocol)).map(|e| e.asked.n_targets)
    }

    /// Every point of perplexity against length, of any text and protocol, oldest first.
    pub fn points(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|e| is_plain(e)).collect()
    }

    /// The last losses computed with this choice of engine.
    pub fn last_with(&self, choice: EngineChoice) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.asked.engine == choice && e.asked.task == Task::Score)
    }

    /// Tokens of the reader's own text of that name, once they have been counted.
    pub fn counted(&self, stream: &str) -> Option<usize> {
        let found = self.entries.iter().find(|e| e.asked.task == Task::Count && e.asked.stream == stream)?;
        found.scored.values().first().map(|&n| n as usize)
    }

    /// Every point, oldest first.
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::RUN_IN;
    use crate::protocol::EngineKind;

    fn block(nll: f64, n_targets: u32) -> BlockSum {
        BlockSum { nll, n_targets }
    }

    #[test]
    fn what_was_said_of_a_cut_text_comes_back_with_its_question() {
        let asked = |text: &str, engine| Evaluate { text: Some(text.into()), engine, ..Default::default() };
        let cut = |used| Notice::Shortened { used, of: 2_000, last: true, at: "x".into() };
        let mut results = Results::default();
        for (text, used) in [("a", 1_024), ("b", 512), ("a", 256)] {
            results.note_cut(&asked(text, EngineChoice::Auto), cut(used));
        }
        // Of one question what was said last, whichever engine is asked.
        assert_eq!(results.cuts(&[asked("a", EngineChoice::Cpu)]), [cut(256)]);
        assert_eq!(results.cuts(&[asked("a", EngineChoice::Auto), asked("b", EngineChoice::Auto)]).len(), 2);
        assert_eq!(results.cuts(&[asked("c", EngineChoice::Auto)]), []);
        results.note_cut(&asked("c", EngineChoice::Auto), cut(256));
        assert_eq!(
            results.cuts(&[asked("a", EngineChoice::Auto), asked("c", EngineChoice::Auto)]).len(),
            1,
            "said once"
        );
    }

    #[test]
    fn hand_computed_summary() {
        // Means 2 and 4 over 10 targets each: mean 3; deviations ±1, standard deviation √2, error √2/√2 = 1.
        let s = summarise(&[block(20.0, 10), block(40.0, 10)], 40).unwrap();
        assert_eq!(s.n_targets, 20);
        assert!((s.mean_nll - 3.0).abs() < 1e-12);
        assert!((s.perplexity - 20.085536923187668).abs() < 1e-9);
        assert!((s.standard_error.unwrap() - 1.0).abs() < 1e-12);
        assert!((s.band.0 - 7.38905609893065).abs() < 1e-9 && (s.band.1 - 54.598150033144236).abs() < 1e-9);
        // 60 nats are 86.5617 bits over 40 bytes.
        assert!((s.bits_per_byte - 2.1640425613334453).abs() < 1e-9);
    }

    #[test]
    fn unequal_blocks_weigh_by_targets() {
        // 10/10 and 90/30: mean 2.5; residuals 10 − 25 = −15 and 90 − 75 = 15; √(2·450)/40 = 0.75.
        let s = summarise(&[block(10.0, 10), block(90.0, 30)], 0).unwrap();
        assert!((s.mean_nll - 2.5).abs() < 1e-12);
        assert!((s.standard_error.unwrap() - 0.75).abs() < 1e-12);
        assert!(s.bits_per_byte.is_nan());
    }

    #[test]
    fn one_block_has_no_error_and_none_has_no_summary() {
        let s = summarise(&[block(5.0, 5), block(0.0, 0)], 5).unwrap();
        assert_eq!(s.standard_error, None);
        assert_eq!(s.band, (s.perplexity, s.perplexity));
        assert_eq!(summarise(&[], 5), None);
        assert_eq!(summarise(&[block(0.0, 0)], 5), None);
    }

    #[test]
    fn what_is_not_finite_survives() {
        for bad in [f64::NAN, f64::INFINITY] {
            let s = summarise(&[block(20.0, 10), block(bad, 10)], 40).unwrap();
            assert!(!s.mean_nll.is_finite() && !s.perplexity.is_finite(), "{s:?}");
            assert_eq!(show_perplexity(s.perplexity), "diverged");
            assert_eq!(show_3(s.bits_per_byte), "diverged");
        }
        // A finite loss whose exponential overflows is shown the same way.
        assert_eq!(show_perplexity(summarise(&[block(8_000.0, 10)], 1).unwrap().perplexity), "diverged");
    }

    #[test]
    fn perplexities_are_shown_to_four_figures() {
        let shown = [20.9449, 97.349, 112.36, 1_234.5, 30_046.4].map(show_perplexity);
        assert_eq!(shown, ["20.94", "97.35", "112.4", "1,235", "30,046"]);
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(16_384_000), "16,384,000");
    }

    #[test]
    fn a_later_answer_replaces_an_earlier_one_to_the_same_question() {
        let ask = |length, engine| Evaluate {
            model: "m".into(),
            stream: "s".into(),
            length,
            protocol: Protocol::Nonoverlapping,
            first_target: RUN_IN,
            n_targets: 1_024,
            engine,
            ..Default::default()
        };
        let scored = |seconds| Scored {
            blocks: vec![block(1.0, 1)],
            n_bytes: 1,
            engine: EngineKind::Cpu,
            adapter: None,
            seconds,
            ..Default::default()
        };
        let mut results = Results::default();
        results.insert(ask(64, EngineChoice::Cpu), scored(1.0));
        results.insert(ask(32, EngineChoice::Cpu), scored(2.0));
        results.insert(ask(64, EngineChoice::Gpu), scored(3.0));
        let found: Vec<(usize, f64)> = results
            .of("s", Protocol::Nonoverlapping, 1_024)
            .iter()
            .map(|e| (e.asked.length, e.scored.seconds))
            .collect();
        assert_eq!(found, [(32, 2.0), (64, 3.0)]);
        assert!(results.answered(&ask(64, EngineChoice::Gpu)) && !results.answered(&ask(64, EngineChoice::Cpu)));
        assert!(results.of("s", Protocol::Nonoverlapping, 2_048).is_empty());
        assert!(results.of("s", Protocol::Sliding { stride: 64 }, 1_024).is_empty());
        assert_eq!(results.last_with(EngineChoice::Cpu).unwrap().asked.length, 32);
        assert_eq!(results.latest_targets("s", Protocol::Nonoverlapping), Some(1_024));
        assert_eq!(results.latest_targets("s", Protocol::Sliding { stride: 64 }), None);
        let mut slid = ask(32, EngineChoice::Cpu);
        slid.protocol = Protocol::Sliding { stride: 32 };
        results.insert(slid, scored(4.0));
        assert_eq!(results.of("s", Protocol::Sliding { stride: 64 }, 1_024).len(), 1);
        // Neither another text nor a changed model belongs to these points.
        results.insert(Evaluate { stream: "t".into(), ..ask(32, EngineChoice::Cpu) }, scored(5.0));
        results.insert(Evaluate { change: Change::NoBias, ..ask(32, EngineChoice::Cpu) }, scored(6.0));
        assert_eq!(results.of("s", Protocol::Nonoverlapping, 1_024).len(), 2);
        assert_eq!((results.all().len(), results.points().len()), (5, 4));
    }
}
