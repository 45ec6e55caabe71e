// The decoder of src/model/decoder.rs as an ONNX graph of standard operators, for the peer: same weights, same
// arithmetic, no fused attention. Shapes are fixed, so that the peer can plan its memory; what an exporter can compute
// beforehand is computed beforehand (√C in the embedding, 1/√D in the queries' weights, transposed matrices). The bias
// matrix is made of small tables by nodes that the peer folds when it loads the graph: it costs nothing per call.
//
// Shape letters: B batch, T positions, H heads, D head dimension, C model width, V vocabulary.
import { Graph } from "./onnx.mjs";
import { tables } from "./tables.mjs";

const LAYER_NORM_EPS = 1e-5;
/** The lowest f32: what exporters put where a query must not see a key. */
const MASKED = -3.4028234663852886e38;

/** `[rows, columns]` → `[columns, rows]`. */
function transposed({ shape: [rows, columns], data }) {
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c];
  return out;
}

/**
 * Adds causal mask and bias: `[H, T, T]`, or `[1, T, T]` where every head has the same. A distance d ≥ 0 indexes the
 * first half of a table by distance; a key after its query has a negative one, which counts from the table's end, where
 * every entry masks. One matrix is quicker for the peer than ALiBi's bias by key and a mask, added one after the other.
 */
function biasMatrix(graph, headSlopes, length) {
  const nHead = headSlopes?.length ?? 1;
  const byDistance = new Float32Array(nHead * 2 * length).fill(MASKED);
  for (let head = 0; head < nHead; head++) {
    for (let d = 0; d < length; d++) byDistance[head * 2 * length + d] = headSlopes ? -headSlopes[head] * d : 0;
  }
  const positions = Int32Array.from({ length }, (_, i) => i);
  const queries = graph.constant("query_positions", [length, 1], positions);
  const keys = graph.constant("key_positions", [1, length], positions);
  const table = graph.constant("bias_by_distance", [nHead, 2 * length], byDistance);
  return graph.op("Gather", [table, graph.op("Sub", [queries, keys])], { axis: 1 });
}

/** q, k, v `[.., T, D]`, bias `[.., T, T]` → `[.., T, D]`; q is already divided by √D. */
function attention(graph, q, k, v, bias, rank) {
  const axes = Array.from({ length: rank }, (_, i) => i);
  [axes[rank - 2], axes[rank - 1]] = [rank - 1, rank - 2];
  const scores = graph.op("MatMul", [q, graph.op("Transpose", [k], { perm: axes })]);
  const weights = graph.op("Softmax", [graph.op("Add", [scores, bias])], { axis: -1 });
  return graph.op("MatMul", [weights, v]);
}

/** Queries and keys of all heads side by side, `[B, 2H, T, D]`, rotated: x·cos + (−high, low)·sin. */
function rotated(graph, x, headDim) {
  const [low, high] = graph.ops("Split", [x, graph.ints([headDim / 2, headDim / 2])], 2, { axis: -1 });
  const turned = graph.op("Mul", [graph.op("Concat", [high, low], { axis: -1 }), "rotation_sin"]);
  return graph.op("Add", [graph.op("Mul", [x, "rotation_cos"]), turned]);
}

/** The tables of `rotated`, `[T, D]`; the sines carry the sign of (−high, low). */
function rotationConstants(graph, { cos, sin }, length, headDim) {
  const half = headDim / 2;
  const [wideCos, signedSin] = [new Float32Array(length * headDim), new Float32Array(length * headDim)];
  for (let i = 0; i < length * half; i++) {
    const at = Math.floor(i / half) * headDim + (i % half);
    wideCos[at] = wideCos[at + half] = cos[i];
    signedSin[at] = -sin[i];
    signedSin[at + half] = sin[i];
  }
  graph.constant("rotation_cos", [length, headDim], wideCos);
  graph.constant("rotation_sin", [length, headDim], signedSin);
}

/** log softmax over the last axis. onnxruntime's WebGPU provider has no such operator: there it is composed. */
function logSoftmax(graph, logits, provider) {
  if (provider !== "webgpu") return graph.op("LogSoftmax", [logits], { axis: -1 });
  const last = graph.ints([-1]);
  const shifted = graph.op("Sub", [logits, graph.op("ReduceMax", [logits, last], { keepdims: 1 })]);
  const sums = graph.op("ReduceSum", [graph.op("Exp", [shifted]), last], { keepdims: 1 });
  return graph.op("Sub", [shifted, graph.op("Log", [sums])]);
}

/**
 * The whole forward pass: int32 `tokens` and `targets` `[B, T]` → `losses` `[B, T]`, nats.
 *
 * `model` is what `readModel` of safetensors.mjs gives; `provider` is the execution provider that will run it, "wasm" or
 * "webgpu".
 */
export function exportDecoder({ config, arrays }, nSegment, length, provider) {
  const { d_model: width, n_head: nHead, n_layer: nLayer, n_vocab: nVocab } = config;
  const headDim = width / nHead;
  const rows = nSegment * length;
  const graph = new Graph();
  const table = tables(config, length);

  const constant = (name, shape, data) => graph.constant(name, shape, data);
  const norm = (name, x) => {
    for (const part of ["weight", "bias"]) constant(`${name}.${part}`, [width], arrays.get(`${name}.${part}`).data);
    return graph.op("LayerNormalization", [x, `${name}.weight`, `${name}.bias`], { axis: -1, epsilon: LAYER_NORM_EPS });
  };
  const linear = (name, x, scaleOf = () => 1) => {
    const weight = arrays.get(`${name}.weight`);
    const [nOut, nIn] = weight.shape;
    const scaled = { shape: weight.shape, data: weight.data.map((w, i) => w * scaleOf(Math.floor(i / nIn))) };
    const bias = arrays.get(`${name}.bias`).data.map((b, i) => b * scaleOf(i));
    const product = graph.op("MatMul", [x, constant(`${name}.weight`, [nIn, nOut], transposed(scaled))]);
    return graph.op("Add", [product, constant(`${name}.bias`, [nOut], bias)]);
  };
  const reshape = (x, shape) => graph.op("Reshape", [x, graph.ints(shape)]);
  const transpose = (x, perm) => graph.op("Transpose", [x], { perm });

  const tokens = graph.input("tokens", Int32Array, [nSegment, length]);
  const targets = graph.input("targets", Int32Array, [nSegment, length]);
  const embedding = arrays.get("embedding.weight");
  const scaledEmbedding = embedding.data.map((e) => e * Math.fround(Math.sqrt(width)));
  let x = graph.op("Gather", [constant("embedding.scaled", [nVocab, width], scaledEmbedding), tokens], { axis: 0 });
  if (table.embedding) x = graph.op("Add", [x, constant("positions", [length, width], table.embedding)]);
  x = reshape(x, [rows, width]);
  if (table.rotation) rotationConstants(graph, table.rotation, length, headDim);
  const bias = biasMatrix(graph, table.slopes, length);

  for (let layer = 0; layer < nLayer; layer++) {
    const block = `blocks.${layer}`;
    const scaleQueries = (row) => (row < width ? 1 / Math.sqrt(headDim) : 1);
    const qkv = linear(`${block}.attention.qkv`, norm(`${block}.ln1`, x), scaleQueries); // [B·T, 3C]
    const heads = transpose(reshape(qkv, [nSegment, length, 3 * nHead, headDim]), [0, 2, 1, 3]); // [B, 3H, T, D]
    let q, k, v;
    if (table.rotation) {
      let qk;
      [qk, v] = graph.ops("Split", [heads, graph.ints([2 * nHead, nHead])], 2, { axis: 1 });
      qk = rotated(graph, qk, headDim);
      [q, k] = graph.ops("Split", [qk, graph.ints([nHead, nHead])], 2, { axis: 1 });
    } else {
      [q, k, v] = graph.ops("Split", [heads, graph.ints([nHead, nHead, nHead])], 3, { axis: 1 });
    }
    const attended = transpose(attention(graph, q, k, v, bias, 4), [0, 2, 1, 3]); // [B, T, H, D]
    x = graph.op("Add", [x, linear(`${block}.attention.out`, reshape(attended, [rows, width]))]);
    const hidden = graph.op("Gelu", [linear(`${block}.mlp.up`, norm(`${block}.ln2`, x))], { approximate: "tanh" });
    x = graph.op("Add", [x, linear(`${block}.mlp.down`, hidden)]);
  }

  const output = constant("embedding.transposed", [width, nVocab], transposed(embedding));
  const logits = graph.op("MatMul", [norm("ln_f", x), output]); // [B·T, V]
  const logProbabilities = logSoftmax(graph, logits, provider);
  const chosen = graph.op("GatherElements", [logProbabilities, reshape(targets, [rows, 1])], { axis: 1 });
  graph.output("losses", reshape(graph.op("Neg", [chosen]), [nSegment, length]), Float32Array, [nSegment, length]);
  return graph.encoded(`decoder_${config.method}`);
}

/** Attention alone, with ALiBi's bias and a causal mask: `q`, `k`, `v` `[H, T, D]` → `attended` `[H, T, D]`. */
export function exportAttention(headSlopes, length, headDim) {
  const nHead = headSlopes.length;
  const graph = new Graph();
  const [q, k, v] = ["q", "k", "v"].map((name) => graph.input(name, Float32Array, [nHead, length, headDim]));
  const scale = graph.constant("scale", [1], Float32Array.of(1 / Math.sqrt(headDim)));
  const attended = attention(graph, graph.op("Mul", [q, scale]), k, v, biasMatrix(graph, headSlopes, length), 3);
  graph.output("attended", attended, Float32Array, [nHead, length, headDim]);
  return graph.encoded("attention");
}
