//! How a stream is cut into inputs: nonoverlapping segments, or a window that slides.

use crate::config::{LAST_BLOCK, LAST_TARGETS};
use crate::protocol::Protocol;

/// One input: tokens `start..start + length` of the stream; the last `n_scored` of them predict counted targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First token of the input.
    pub start: usize,
    /// Tokens of the input.
    pub length: usize,
    /// Counted targets: those of the last `n_scored` tokens.
    pub n_scored: usize,
}

/// Inputs that together score the targets after tokens `first..first + n_targets`, each exactly once, in order.
///
/// Nonoverlapping: consecutive segments of `length`; a last one is shorter if `length` does not divide `n_targets`.
/// Sliding: the window advances `stride` tokens and only the newest count, each with as much context as the window
/// holds (paper, appendix B.1). A stride of the length or more is nonoverlapping.
pub fn windows(protocol: Protocol, length: usize, first: usize, n_targets: usize) -> Vec<Window> {
    let end = first + n_targets;
    let stride = match protocol {
        Protocol::Nonoverlapping => length,
        Protocol::Sliding { stride } => stride.clamp(1, length),
        Protocol::LastTokens => return last_tokens(length, first, end),
    };
    (first..end)
        .step_by(stride.max(1))
        .map(|from| {
            let to = (from + stride).min(end);
            let start = if stride == length { from } else { to.saturating_sub(length) };
            Window { start, length: to - start, n_scored: to - from }
        })
        .collect()
}

/// Inputs that end with the last [`LAST_TARGETS`] targets of each block; what is left of an incomplete block at the end
/// counts its own last ones.
fn last_tokens(length: usize, first: usize, end: usize) -> Vec<Window> {
    let ends = (first..end).step_by(LAST_BLOCK).map(|from| (from, (from + LAST_BLOCK).min(end)));
    ends.flat_map(|(from, to)| {
        let begin = to.saturating_sub(LAST_TARGETS).max(from);
        let size = length.min(to - begin);
        (begin..to).step_by(size.max(1)).map(move |from| {
            let end = (from + size).min(to);
            let start = end.saturating_sub(length);
            Window { start, length: end - start, n_scored: end - from }
        })
    })
    .collect()
}
