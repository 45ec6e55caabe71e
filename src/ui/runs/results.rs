//! From sums of losses to what the reader sees: mean loss, perplexity with its band, bits per byte. Pure functions
//! and the store of what has been computed in this page.

use crate::chart::{Point, sort_by};
use crate::config::{Change, Recorded, RecordedPoint};
use crate::protocol::task::Counted;
use crate::protocol::{BlockSum, EngineChoice, Job, Notice, Protocol, Scored, Stretch, Task};

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

/// Half of the band of a perplexity, "–" where there is none.
pub fn show_half(summary: &Summary) -> String {
    let half = (summary.band.1 - summary.band.0) / 2.0;
    summary.standard_error.filter(|_| half.is_finite()).map_or("–".into(), |_| format!("{half:.2}"))
}

/// One computed point.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What was asked; its `engine` is the reader's choice, not what ran.
    pub asked: Job,
    /// What came back.
    pub scored: Scored,
}

/// Most bytes of answers that are kept; the oldest give way.
const ROOM: usize = 24 << 20;
/// Answers that are kept however large they are: those on show.
const SPARED: usize = 8;

/// What there is of an answer that is not whole.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    entry: Entry,
    /// Whether more of it is to come.
    grows: bool,
}

/// Everything computed in this page; a point is known by model, length, protocol, stream and targets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Results {
    entries: Vec<Entry>,
    parts: Vec<Part>,
    cuts: Vec<(Job, Notice)>,
}

/// Bytes that an answer takes.
fn size(scored: &Scored) -> usize {
    let words: usize = scored.words.iter().map(|word| size_of::<String>() + word.len()).sum();
    scored.numbers.len() + words + size_of_val(scored.blocks.as_slice())
}

/// What a point of perplexity against length scores: losses of a model as it was trained.
fn plain(job: &Job) -> Option<&Stretch> {
    match &job.task {
        Task::Score(stretch) if job.change == Change::None => Some(stretch),
        _ => None,
    }
}

/// The same, of that text and protocol.
fn point<'a>(entry: &'a Entry, stream: &str, protocol: Protocol) -> Option<&'a Stretch> {
    let of_text = entry.asked.stream == stream;
    plain(&entry.asked).filter(|s| of_text && s.protocol == protocol.for_length(s.length))
}

impl Results {
    /// Keeps a point, in place of an earlier one for the same question. Where there is no room for all, the oldest go.
    pub fn insert(&mut self, asked: Job, scored: Scored) {
        self.entries.retain(|e| !e.asked.same_question(&asked));
        self.parts.retain(|p| !p.entry.asked.same_question(&asked));
        self.entries.push(Entry { asked, scored });
        let mut over = self.entries.iter().map(|e| size(&e.scored)).sum::<usize>().saturating_sub(ROOM);
        let spared = self.entries.len().saturating_sub(SPARED);
        let mut place = 0;
        self.entries.retain(|e| {
            place += 1;
            // Losses take next to nothing, and are what charts are drawn from.
            let goes = over > 0 && place <= spared && !e.scored.numbers.is_empty();
            over = if goes { over.saturating_sub(size(&e.scored)) } else { over };
            !goes
        });
        let held = |job: &Job| self.entries.iter().any(|e| e.asked.same_question(job));
        self.cuts.retain(|(job, _)| job.text.is_none() || held(job));
    }

    /// Takes in what was computed before the page was loaded anew, oldest first, with what was said of the texts. What has been
    /// computed since stands.
    pub fn restore(&mut self, earlier: Vec<(Entry, Option<Notice>)>) {
        for (entry, notice) in earlier.into_iter().rev() {
            if self.entries.iter().any(|e| e.asked.same_question(&entry.asked)) {
                continue;
            }
            if let Some(notice) = notice.filter(|_| self.cuts(std::slice::from_ref(&entry.asked)).is_empty()) {
                self.cuts.push((entry.asked.clone(), notice));
            }
            self.entries.insert(0, entry);
        }
    }

    /// Keeps what there is of an answer so far. Whatever was there before comes back if no more follows.
    pub fn insert_part(&mut self, asked: Job, scored: Scored) {
        self.parts.retain(|p| !p.entry.asked.same_question(&asked));
        self.parts.push(Part { entry: Entry { asked, scored }, grows: true });
    }

    /// No more follows of this answer: the run was stopped, or failed.
    pub fn end_part(&mut self, asked: &Job) {
        for part in &mut self.parts {
            part.grows &= !part.entry.asked.same_question(asked);
        }
    }

    /// The answer to a question, while it grows what there is of it.
    pub fn find(&self, asked: &Job) -> Option<&Entry> {
        let growing = self.part(asked).filter(|part| part.grows).map(|part| &part.entry);
        growing.or_else(|| self.entries.iter().find(|e| e.asked.same_question(asked)))
    }

    /// What there is of an answer that was not finished.
    pub fn stump(&self, asked: &Job) -> Option<&Entry> {
        self.part(asked).map(|part| &part.entry)
    }

    fn part(&self, asked: &Job) -> Option<&Part> {
        self.parts.iter().find(|p| p.entry.asked.same_question(asked))
    }

    /// Keeps what was said of a text that was cut for that question.
    pub fn note_cut(&mut self, asked: &Job, notice: Notice) {
        self.cuts.retain(|(a, _)| !a.same_question(asked));
        self.cuts.push((asked.clone(), notice));
    }

    /// What was said of the texts of these questions, each notice once.
    pub fn cuts(&self, asked: &[Job]) -> Vec<Notice> {
        let mut found: Vec<Notice> = Vec::new();
        for (of, notice) in &self.cuts {
            if asked.iter().any(|a| a.same_question(of)) && !found.contains(notice) {
                found.push(notice.clone());
            }
        }
        found
    }

    /// Whether this very question, engine choice included, has been answered.
    pub fn answered(&self, asked: &Job) -> bool {
        self.entries.iter().any(|e| e.asked == *asked)
    }

    /// Points of one text, protocol and number of targets, by model and then by length; models as they were trained.
    pub fn of(&self, stream: &str, protocol: Protocol, n_targets: usize) -> Vec<&Entry> {
        let of = |e| point(e, stream, protocol).filter(|s| s.n_targets == n_targets).map(|s| (s.length, e));
        let mut found: Vec<(usize, &Entry)> = self.entries.iter().filter_map(of).collect();
        sort_by(&mut found, |a, b| (&a.1.asked.model, a.0).cmp(&(&b.1.asked.model, b.0)));
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// Number of targets of the last point of that text and protocol.
    pub fn latest_targets(&self, stream: &str, protocol: Protocol) -> Option<usize> {
        self.entries.iter().rev().find_map(|e| point(e, stream, protocol)).map(|s| s.n_targets)
    }

    /// Every point of perplexity against length, of any text and protocol, oldest first.
    pub fn points(&self) -> Vec<&Entry> {
        self.entries.iter().filter(|e| plain(&e.asked).is_some()).collect()
    }

    /// The last losses computed with this choice of engine.
    pub fn last_with(&self, choice: EngineChoice) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.asked.engine == choice && matches!(e.asked.task, Task::Score(_)))
    }

    /// Tokens of the reader's own text of that name, once they have been counted.
    pub fn counted(&self, stream: &str) -> Option<usize> {
        let found = self.entries.iter().find(|e| e.asked.task == Task::Count && e.asked.stream == stream)?;
        Counted::read(&found.scored.values()).map(|counted| counted.0)
    }

    /// Every point, oldest first.
    pub fn all(&self) -> &[Entry] {
        &self.entries
    }
}

#[cfg(test)]
#[path = "results_tests.rs"]
mod tests;
