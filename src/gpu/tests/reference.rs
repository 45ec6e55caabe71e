//! The decoder once more, as plain loops in f64 with all scores in memory. Written from the model's definition alone.

use crate::config::LAYER_NORM_EPS;
use crate::model::Weights;
use crate::position::Tables;

/// `x·wᵀ + b` for one row.
fn linear(weights: &Weights, name: &str, x: &[f64]) -> Vec<f64> {
    let w = weights.get(&format!("{name}.weight"));
    let b = weights.get(&format!("{name}.bias"));
    b.iter()
        .zip(w.chunks_exact(x.len()))
        .map(|(&b, row)| f64::from(b) + row.iter().zip(x).map(|(&w, &x)| f64::from(w) * x).sum::<f64>())
        .collect()
}

fn layer_norm(weights: &Weights, name: &str, x: &[f64]) -> Vec<f64> {
    let mean = x.iter().sum::<f64>() / x.len() as f64;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / x.len() as f64;
    let w = weights.get(&format!("{name}.weight"));
    let b = weights.get(&format!("{name}.bias"));
    let scale = (variance + f64::from(LAYER_NORM_EPS)).sqrt();
    (0..x.len()).map(|i| (x[i] - mean) / scale * f64::from(w[i]) + f64::from(b[i])).collect()
}

fn gelu(x: f64) -> f64 {
    0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh())
}

fn rotate(tables: &Tables, position: usize, head: &mut [f64]) {
    let half = head.len() / 2;
    let Some(table) = &tables.rotation else { return };
    for i in 0..half {
        let (c, s) = (f64::from(table.cos[position * half + i]), f64::from(table.sin[position * half + i]));
        let (a, b) = (head[i], head[half + i]);
        head[i] = a * c - b * s;
        head[half + i] = a * s + b * c;
    }
}

/// Attention of the last of `q` rows over all keys; `bias[d]` at distance d.
pub(super) fn attend(q: &[f64], keys: &[&[f64]], values: &[&[f64]], bias: &[f32]) -> Vec<f64> {
    let last = keys.len() - 1;
    let scores: Vec<f64> = (0..=last)
        .map(|j| {
            let dot: f64 = q.iter().zip(keys[j]).map(|(a, b)| a * b).sum();
            dot / (q.len() as f64).sqrt() + f64::from(bias[last - j])
        })
        .collect();
    let top = scores.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    let w: Vec<f64> = scores.iter().map(|s| (s - top).exp()).collect();
    let total: f64 = w.iter().sum();
    (0..q.len()).map(|d| w.iter().zip(values).map(|(w, v)| w * v[d]).sum::<f64>() / total).collect()
}

/// −log softmax(logits)[target], 0 for an unscored target.
pub(super) fn loss(logits: &[f64], target: u32) -> f64 {
    if target == u32::MAX {
        return 0.0;
    }
    let top = logits.iter().fold(f64::NEG_INFINITY, |a, &b| a.max(b));
    top + logits.iter().map(|l| (l - top).exp()).sum::<f64>().ln() - logits[target as usize]
}

fn add(x: &mut [f64], y: &[f64]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

/// Losses of all segments, `[n, tables.length]`.
pub(super) fn losses(weights: &Weights, tokens: &[u32], targets: &[u32], n: usize, tables: &Tables) -> Vec<f64> {
    let length = tables.length;
    (0..n)
        .flat_map(|s| segment(weights, &tokens[s * length..][..length], &targets[s * length..][..length], tables))
        .collect()
}

fn segment(weights: &Weights, tokens: &[u32], targets: &[u32], tables: &Tables) -> Vec<f64> {
    let (c, n_head) = (weights.config.d_model, weights.config.n_head);
    let (d, length) = (c / n_head, tokens.len());
    let embedding = weights.get("embedding.weight");
    let mut x: Vec<Vec<f64>> = (0..length)
        .map(|t| {
            (0..c)
                .map(|i| {
                    let position = tables.embedding.as_ref().map_or(0.0, |e| f64::from(e[t * c + i]));
                    (c as f64).sqrt() * f64::from(embedding[tokens[t] as usize * c + i]) + position
                })
                .collect()
        })
        .collect();
    for block in 0..weights.config.n_layer {
        let name = |part: &str| format!("blocks.{block}.{part}");
        let mut qkv: Vec<Vec<f64>> =
            x.iter().map(|x| linear(weights, &name("attention.qkv"), &layer_norm(weights, &name("ln1"), x))).collect();
        for (position, row) in qkv.iter_mut().enumerate() {
            row[..2 * c].chunks_exact_mut(d).for_each(|head| rotate(tables, position, head));
        }
        for i in 0..length {
            let mut o = Vec::with_capacity(c);
            for h in 0..n_head {
                let part =
                    |which: usize| move |row: &'_ Vec<f64>| -> Vec<f64> { row[which * c + h * d..][..d].to_vec() };
                let q = part(0)(&qkv[i]);
                let keys: Vec<Vec<f64>> = qkv[..=i].iter().map(part(1)).collect();
                let values: Vec<Vec<f64>> = qkv[..=i].iter().map(part(2)).collect();
                let [keys, values] = [&keys, &values].map(|v| v.iter().map(Vec::as_slice).collect::<Vec<_>>());
                o.extend(attend(&q, &keys, &values, &tables.bias[h * length..][..length]));
            }
            add(&mut x[i], &linear(weights, &name("attention.out"), &o));
        }
        for x in &mut x {
            let up = linear(weights, &name("mlp.up"), &layer_norm(weights, &name("ln2"), x));
            let up: Vec<f64> = up.into_iter().map(gelu).collect();
            add(x, &linear(weights, &name("mlp.down"), &up));
        }
    }
    x.iter()
        .zip(targets)
        .map(|(x, &target)| {
            let x = layer_norm(weights, "ln_f", x);
            let logits: Vec<f64> = embedding
                .chunks_exact(c)
                .map(|row| row.iter().zip(&x).map(|(&e, &x)| f64::from(e) * x).sum())
                .collect();
            loss(&logits, target)
        })
        .collect()
}
