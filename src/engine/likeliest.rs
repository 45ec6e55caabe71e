//! The likeliest next token at chosen places of a batch of inputs.

use super::checkpoint::Checkpoint;
use super::cpu::CpuBackend;
use super::error::EngineError;
use crate::model::Segments;

impl CpuBackend {
    /// The token of the highest logit after each of `rows`, and how far that logit is above the next highest.
    ///
    /// # Errors
    /// If cancelled, or a token is not in the vocabulary.
    pub async fn likeliest(
        &mut self,
        segments: &Segments,
        rows: &[usize],
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<(u32, f32)>, EngineError> {
        let tables = self.take_tables(segments.length);
        let x = self.hidden(segments, &tables, checkpoint).await;
        self.keep_tables(tables);
        let x = x?;
        let likeliest = |&row: &usize| {
            let logits = self.model.logits(&x.narrow(0, row, 1)?.contiguous()?)?;
            let (mut first, mut second, mut token) = (f32::NEG_INFINITY, f32::NEG_INFINITY, 0);
            for (at, &logit) in logits.iter().enumerate() {
                if logit > first {
                    (first, second, token) = (logit, first, at as u32);
                } else {
                    second = second.max(logit);
                }
            }
            Ok((token, first - second))
        };
        rows.iter().map(likeliest).collect()
    }
}
