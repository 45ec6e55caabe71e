//! KERPLE, logarithmic (Chi, Fan, Ramadge, Rudnicky, NeurIPS 2022, arXiv 2205.09921): a learned penalty that grows with the
//! logarithm of the distance.
//!
//! Where this departs from the authors' code (`ParallelKerpleLog`, github.com/chijames/KERPLE): that keeps r1 and r2 above
//! 0.01 by clamping, here they are powers of e; that draws them where training starts, here they stand evenly
//! ([`start`]). As there, the bias is added after the division of q·k by √D (the paper's formula divides the bias too,
//! which r1 makes up for), all layers share it, and no weight decay falls on it.

use super::method::{BiasForm, Learned, PositionMethod, Shape};

/// A bias of −r1·ln(1 + r2·distance), r1 and r2 learned for each head, the same in every layer. Near the query it is
/// ALiBi's line of slope r1·r2; it bends from about 1 ÷ r2 tokens on. Learned are ln r1 (row 0) and ln r2 (row 1), so that
/// both stay above 0 and the bias falls with distance.
///
/// Weight decay would pull the logarithms to 0, and so r1 and r2 to 1, for which nothing speaks: they do not decay.
pub struct Kerple;

/// Row of ln r1.
const LOG_R1: usize = 0;
/// Row of ln r2.
const LOG_R2: usize = 1;

/// Where ln r1 or ln r2 of a head starts. The authors draw r1 evenly from 0 to 2 and r2 from 0 to 1. Here r1 stands in the
/// middle of the head's equal share of that range, the strongest first as in ALiBi (15/8, 13/8, … 1/8 for 8 heads), so
/// that heads differ from the start and every run starts alike; and r2 in the middle of its range, at 1/2.
fn start(row: usize, head: usize, n_head: usize) -> f32 {
    match row {
        LOG_R1 => (2.0 - (2 * head + 1) as f64 / n_head as f64).ln() as f32,
        _ => 0.5f64.ln() as f32,
    }
}

/// r1 and r2 of a head.
fn learned_pair(head: usize, n_head: usize, learned: &[f32]) -> [f64; 2] {
    let log = |row: usize| learned.get(row * n_head + head).copied().unwrap_or_else(|| start(row, head, n_head));
    [LOG_R1, LOG_R2].map(|row| f64::from(log(row)).exp())
}

impl PositionMethod for Kerple {
    fn id(&self) -> &'static str {
        "kerple"
    }

    fn name(&self) -> &'static str {
        "KERPLE"
    }

    fn compared(&self) -> bool {
        false
    }

    fn bias_form(&self) -> BiasForm {
        BiasForm::Falls
    }

    fn learned(&self) -> Option<Learned> {
        Some(Learned { name: "kerple.log_r", n_row: 2, initial: start, decays: false })
    }

    fn bias(&self, head: usize, distance: usize, shape: Shape, learned: &[f32]) -> f32 {
        let [r1, r2] = learned_pair(head, shape.n_head, learned);
        (-r1 * (r2 * distance as f64).ln_1p()) as f32
    }

    fn bias_backward(&self, head: usize, distance: usize, shape: Shape, learned: &[f32], grad: f32, out: &mut [f32]) {
        let [r1, r2] = learned_pair(head, shape.n_head, learned);
        let x = r2 * distance as f64;
        // d/d ln r1 is the bias itself; d/d ln r2 is −r1·x/(1 + x).
        out[LOG_R1 * shape.n_head + head] += grad * (-r1 * x.ln_1p()) as f32;
        out[LOG_R2 * shape.n_head + head] += grad * (-r1 * x / (1.0 + x)) as f32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::position::{Alibi, Tables, slopes};

    const SHAPE: Shape = Shape { d_model: 32, n_head: 2 };

    fn close(a: f32, b: f64) -> bool {
        (f64::from(a) - b).abs() <= 2e-6 * b.abs().max(1.0)
    }

    #[test]
    fn kerple_is_the_papers_logarithm() {
        // r1 = 2 and 0.5, r2 = 1 and 0.25; ln 2, ln 4, ln 16385, ln 2 and ln 4097.
        let learned = [2f32.ln(), 0.5f32.ln(), 0.0, 0.25f32.ln()];
        let golden = [
            (0, 0, 0.0),
            (0, 1, -1.386_294_361),
            (0, 3, -2.772_588_722),
            (0, 16_384, -19.408_243_12),
            (1, 0, 0.0),
            (1, 4, -0.346_573_590),
            (1, 16_384, -4.159_005_139),
        ];
        for (head, distance, bias) in golden {
            let got = Kerple.bias(head, distance, SHAPE, &learned);
            assert!(close(got, bias), "head {head}, distance {distance}: {got}, not {bias}");
        }
    }

    #[test]
    fn kerple_has_the_derivatives_of_its_formula() {
        // Head 1 with r1 = 3 and r2 = 1/2 at distance 6: −3·ln 4, and −3·3/4.
        let learned = [0.0, 3f32.ln(), 0.0, 0.5f32.ln()];
        let mut out = [10.0; 4];
        Kerple.bias_backward(1, 6, SHAPE, &learned, 2.0, &mut out);
        assert_eq!([out[0], out[2]], [10.0, 10.0], "the other head's");
        assert!(close(out[1], 10.0 - 8.317_766_167) && close(out[3], 10.0 - 4.5), "{out:?}");
    }

    #[test]
    fn kerple_starts_with_heads_spread_over_the_range_that_the_authors_draw_from() {
        let spec = Kerple.learned().unwrap();
        assert_eq!((spec.name, spec.n_row, spec.decays), ("kerple.log_r", 2, false));
        let start: Vec<f64> = spec.start(8).into_iter().map(|x| f64::from(x).exp()).collect();
        for (head, r1) in [1.875, 1.625, 1.375, 1.125, 0.875, 0.625, 0.375, 0.125].into_iter().enumerate() {
            assert!((start[head] - r1).abs() < 1e-6 && (start[8 + head] - 0.5).abs() < 1e-6, "head {head}: {start:?}");
        }
        for n_head in 1..=64 {
            let r1: Vec<f32> = spec.start(n_head)[..n_head].iter().map(|x| x.exp()).collect();
            assert!(r1.is_sorted_by(|a, b| a > b) && r1.iter().all(|&r| 0.0 < r && r < 2.0), "{n_head} heads: {r1:?}");
        }
    }

    #[test]
    fn kerple_with_a_small_r2_is_alibi() {
        let shape = Shape { d_model: 64, n_head: 8 };
        let r2 = 1e-7f32;
        let r1 = slopes(8).into_iter().map(|m| (m as f32 / r2).ln());
        let learned: Vec<f32> = r1.chain([r2.ln(); 8]).collect();
        let [kerple, alibi] = [Tables::new(&Kerple, shape, 300, &learned), Tables::new(&Alibi, shape, 300, &[])];
        for (at, (k, a)) in kerple.bias.iter().zip(&alibi.bias).enumerate() {
            assert!((k - a).abs() <= 1e-4 * a.abs(), "{at}: {k} against {a}");
        }
    }
}
