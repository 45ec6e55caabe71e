// The forward pass in plain JavaScript and double precision, written from the formulas and not from the graph: what
// the exported graphs are checked with. Far too slow to be measured.

const EPS = 1e-5;

function layerNorm(x, weight, bias) {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const variance = x.reduce((a, b) => a + (b - mean) ** 2, 0) / x.length;
  return x.map((v, i) => ((v - mean) / Math.sqrt(variance + EPS)) * weight[i] + bias[i]);
}

/** One row times a matrix `[out, in]`, plus a bias. */
function linear(x, { shape: [nOut, nIn], data }, bias) {
  return Array.from({ length: nOut }, (_, o) => {
    let sum = bias ? bias[o] : 0;
    for (let i = 0; i < nIn; i++) sum += data[o * nIn + i] * x[i];
    return sum;
  });
}

const gelu = (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/**
 * Output of one query at position `i` of its segment: softmax over keys 0..=i of q·k/√D − slope·(i − j), times values.
 * `key(j)` and `value(j)` give rows.
 */
export function attendedRow(q, i, key, value, slope) {
  const scores = [];
  for (let j = 0; j <= i; j++) {
    const k = key(j);
    let dot = 0;
    for (let d = 0; d < q.length; d++) dot += q[d] * k[d];
    scores.push(dot / Math.sqrt(q.length) - slope * (i - j));
  }
  const top = Math.max(...scores);
  const weights = scores.map((s) => Math.exp(s - top));
  const total = weights.reduce((a, b) => a + b, 0);
  const out = new Array(q.length).fill(0);
  weights.forEach((w, j) => value(j).forEach((v, d) => (out[d] += (w / total) * v)));
  return out;
}

/** Turns coordinates p and p + D/2 by position · 10000^(−2p/D). */
function rotate(x, position) {
  const half = x.length / 2;
  const out = [...x];
  for (let p = 0; p < half; p++) {
    const angle = position / 10_000 ** (p / half);
    out[p] = x[p] * Math.cos(angle) - x[p + half] * Math.sin(angle);
    out[p + half] = x[p] * Math.sin(angle) + x[p + half] * Math.cos(angle);
  }
  return out;
}

/** Sine for the first half of the coordinates, cosine for the second; the last frequency is 1/10000. */
function sinusoid(position, width) {
  const half = width / 2;
  const at = (i) => position * Math.exp((-Math.log(10_000) * i) / (half - 1));
  return Array.from({ length: width }, (_, c) => (c < half ? Math.sin(at(c)) : Math.cos(at(c - half))));
}

/** Loss of every target of one segment, nats. `model` is what `readModel` of safetensors.mjs gives. */
export function losses({ config, arrays }, tokens, targets) {
  const { d_model: width, n_head: nHead, n_layer: nLayer, method } = config;
  const headDim = width / nHead;
  if (!Number.isInteger(Math.log2(nHead))) throw new Error("the reference knows slopes of 2^a heads only");
  const get = (name) => arrays.get(name);
  const embedding = get("embedding.weight");
  let rows = Array.from(tokens, (token, position) => {
    const row = Array.from(embedding.data.subarray(token * width, (token + 1) * width), (e) => e * Math.sqrt(width));
    const added = method === "sinusoidal" ? sinusoid(position, width) : row.map(() => 0);
    return row.map((e, c) => e + added[c]);
  });
  for (let layer = 0; layer < nLayer; layer++) {
    const name = (part) => `blocks.${layer}.${part}`;
    const apply = (part, x) => linear(x, get(name(`${part}.weight`)), get(name(`${part}.bias`)).data);
    const norm = (part, x) => layerNorm(x, get(name(`${part}.weight`)).data, get(name(`${part}.bias`)).data);
    const qkv = rows.map((x) => apply("attention.qkv", norm("ln1", x)));
    const part = (which, head, i) => {
      const from = which * width + head * headDim;
      const x = qkv[i].slice(from, from + headDim);
      return method === "rotary" && which < 2 ? rotate(x, i) : x;
    };
    rows = rows.map((x, i) => {
      const attended = Array.from({ length: nHead }, (_, head) => {
        const slope = method === "alibi" ? 2 ** ((-8 / nHead) * (head + 1)) : 0;
        return attendedRow(part(0, head, i), i, (j) => part(1, head, j), (j) => part(2, head, j), slope);
      }).flat();
      const added = apply("attention.out", attended);
      const middle = x.map((v, c) => v + added[c]);
      const hidden = apply("mlp.up", norm("ln2", middle)).map(gelu);
      const down = apply("mlp.down", hidden);
      return middle.map((v, c) => v + down[c]);
    });
  }
  return rows.map((x, i) => {
    const logits = linear(layerNorm(x, get("ln_f.weight").data, get("ln_f.bias").data), embedding);
    const top = Math.max(...logits);
    return top + Math.log(logits.reduce((sum, l) => sum + Math.exp(l - top), 0)) - logits[targets[i]];
  });
}
