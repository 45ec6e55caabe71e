// What a position method adds, rotates or biases, written down again for the peer's graph: the arithmetic of
// src/position/, of the methods that the benchmark compares.

const BASE = 10_000;

/** Slope of every head (get_slopes of the ALiBi authors' code). */
export function slopes(nHead) {
  const base = 2 ** Math.floor(Math.log2(nHead));
  const geometric = (n, index) => 2 ** ((-8 * (index + 1)) / n);
  return Array.from({ length: nHead }, (_, head) =>
    head < base ? geometric(base, head) : geometric(2 * base, 2 * (head - base)));
}

/** Added to embeddings, `[length, dModel]`: sines in the first half, cosines in the second. */
function sinusoid(length, dModel) {
  const half = dModel / 2;
  const table = new Float32Array(length * dModel);
  for (let position = 0; position < length; position++) {
    for (let i = 0; i < half; i++) {
      const angle = position * BASE ** (-i / (half - 1));
      table[position * dModel + i] = Math.sin(angle);
      table[position * dModel + half + i] = Math.cos(angle);
    }
  }
  return table;
}

/** Cosines and sines of the rotation of pair `p` (coordinates p and p + D/2), `[length, headDim / 2]` each. */
function rotation(length, headDim) {
  const half = headDim / 2;
  const [cos, sin] = [new Float32Array(length * half), new Float32Array(length * half)];
  for (let position = 0; position < length; position++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = position * BASE ** ((-2 * pair) / headDim);
      cos[position * half + pair] = Math.cos(angle);
      sin[position * half + pair] = Math.sin(angle);
    }
  }
  return { cos, sin };
}

/** The method's tables for inputs of `length` tokens; a method leaves null what it does not use. */
export function tables(config, length) {
  const { method, d_model: dModel, n_head: nHead } = config;
  const none = { embedding: null, rotation: null, slopes: null };
  if (method === "alibi") return { ...none, slopes: slopes(nHead) };
  if (method === "sinusoidal") return { ...none, embedding: sinusoid(length, dModel) };
  if (method === "rotary") return { ...none, rotation: rotation(length, dModel / nHead) };
  if (method === "none") return none;
  throw new Error(`position method ${method} has no ONNX export: add its tables to benches/browser/tables.mjs`);
}
