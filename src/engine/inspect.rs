//! What attention does: scores of one layer, and where the weights go.

use std::sync::Arc;

use super::checkpoint::Checkpoint;
use super::cpu::CpuBackend;
use super::error::EngineError;
use crate::kernels::{attention_row, with_floats};
use crate::model::Segments;

/// Queries whose weights [`CpuBackend::spread`] averages: the last ones.
const QUERIES: usize = 64;

/// Bins of distances 0, 1, 2–3, 4–7, … for inputs of `length` tokens.
pub fn n_bin(length: usize) -> usize {
    length.checked_sub(1).map_or(0, |farthest| bin(farthest) + 1)
}

fn bin(distance: usize) -> usize {
    distance.checked_ilog2().map_or(0, |log| log as usize + 1)
}

impl CpuBackend {
    /// The numbers of [`crate::protocol::Task::Attend`] for `tokens`, T of them. The change that is set should be for T.
    ///
    /// # Shapes
    /// → scores `[H, T, T]`, zero after the query, then biases `[H, T]`.
    ///
    /// # Errors
    /// If cancelled, or a token is not in the vocabulary.
    pub async fn attend(
        &mut self,
        tokens: &[u32],
        layer: usize,
        checkpoint: &mut impl Checkpoint,
    ) -> Result<Vec<f32>, EngineError> {
        let (c, d, n) = (self.model.config().d_model, self.model.config().head_dim(), tokens.len());
        let tables = self.take_tables(n);
        let segments = Segments { tokens: Arc::new(tokens.to_vec()), n_segment: 1, length: n };
        let mut x = self.model.embed(&segments, &tables)?;
        for before in 0..layer {
            let qkv = self.qkv(before, &x, &tables, checkpoint).await?;
            x = self.after_qkv(before, x, qkv, &segments, &tables, checkpoint).await?;
        }
        let qkv = self.qkv(layer, &x, &tables, checkpoint).await?;
        let mut numbers = vec![0.0; self.model.n_head() * n * n];
        with_floats(&qkv, |qkv| {
            for (row, out) in numbers.chunks_exact_mut(n).enumerate() {
                let (head, i) = (row / n, row % n);
                let keys = &qkv[c + head * d..(i * 3 + 1) * c + (head + 1) * d];
                let scores = attention_row::scores(&qkv[i * 3 * c + head * d..][..d], keys, 3 * c);
                out[..=i].copy_from_slice(&scores);
            }
            Ok(())
        })?;
        numbers.extend(self.model.plain_tables(n, tables.change).bias);
        Ok(numbers)
    }

    /// The numbers of [`crate::protocol::Task::Spread`] for `tokens`, T of them. The change that is set should be for T.
    ///
    /// # Shapes
    /// → mean entropy in nats `[n_layer, H]`, then mean mass `[n_layer, H, n_bin]`.
    ///
    /// # Errors
    /// If cancelled, or a token is not in the vocabulary.
    pub async fn spread(&mut self, tokens: &[u32], checkpoint: &mut impl Checkpoint) -> Result<Vec<f32>, EngineError> {
        let (c, d, n) = (self.model.config().d_model, self.model.config().head_dim(), tokens.len());
        let (n_layer, n_head, n_bin) = (self.model.n_layer(), self.model.n_head(), n_bin(n));
        let tables = self.take_tables(n);
        let mut entropy = vec![0.0; n_layer * n_head];
        let mut mass = vec![0.0; n_layer * n_head * n_bin];
        let queries = n.saturating_sub(QUERIES)..n;
        let share = 1.0 / queries.len() as f32;
        let segments = Segments { tokens: Arc::new(tokens.to_vec()), n_segment: 1, length: n };
        let mut x = self.model.embed(&segments, &tables)?;
        for layer in 0..n_layer {
            let qkv = self.qkv(layer, &x, &tables, checkpoint).await?;
            for head in 0..n_head {
                let at = layer * n_head + head;
                let bins = &mut mass[at * n_bin..][..n_bin];
                with_floats(&qkv, |qkv| {
                    for i in queries.clone() {
                        let keys = &qkv[c + head * d..(i * 3 + 1) * c + (head + 1) * d];
                        let query = &qkv[i * 3 * c + head * d..][..d];
                        let weights = attention_row::weights(query, keys, 3 * c, tables.bias(head));
                        for (j, &weight) in weights.iter().enumerate() {
                            bins[bin(i - j)] += share * weight;
                            // 0·ln 0 is 0.
                            if weight != 0.0 {
                                entropy[at] -= share * weight * weight.ln();
                            }
                        }
                    }
                    Ok(())
                })?;
                checkpoint.reach(layer as f64 / n_layer as f64).await?;
            }
            // Nobody reads the last one's output.
            if layer + 1 < n_layer {
                x = self.after_qkv(layer, x, qkv, &segments, &tables, checkpoint).await?;
            }
        }
        entropy.extend(mass);
        Ok(entropy)
    }
}
