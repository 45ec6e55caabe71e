// Rows of kernels alone, in WASM: against onnxruntime-web's attention, against candle's operations in the same module,
// and against the arithmetic peak of the same registers.
import { alternate, row } from "./measure.mjs";
import { call } from "./rows.mjs";

const ATTENTIONS = [
  { shape: { nHead: 4, length: 1024, headDim: 32 }, nCalls: 10 },
  { shape: { nHead: 8, length: 4096, headDim: 16 }, nCalls: 1 },
];
/**
 * Rows, inputs and outputs of the model's products: queries, keys and values; attention's output; into and out of the feed-forward network;
 * the output matrix, which the model takes by tiles of 256 outputs.
 */
const PRODUCTS = [[1024, 128, 384], [1024, 128, 128], [1024, 128, 512], [1024, 512, 128], [1024, 128, 1024]];
const NORM = [1024, 128];
/** Additions and multiplications per value of a layer norm: mean, variance, and what is done with them. */
const NORM_OPERATIONS = 8;
/** How far outputs may differ, absolute; inputs lie in −1..1. */
const TOLERANCE = 1e-4;

function check(what, error) {
  if (!(error <= TOLERANCE)) throw new Error(`${what} is off by ${error}: find out why before timing it.`);
}

/** Rows of one case: `others` are further parties, by the name of their rows. */
async function* caseRows({ page, rounds }, { name, length, worker, nCalls, operations, others = {} }) {
  const ask = (task, options) => () => call(page, "askPeer", worker, task, options);
  check(`${name} (candle's against ours)`, await ask("error")());
  const { ours, candle, peak, ...rest } = await alternate(rounds, {
    ours: ask("time", { party: "ours", nCalls }),
    ...others,
    candle: ask("time", { party: "candle", nCalls }),
    peak: ask("peak", { turns: 1_000_000 }),
  });
  for (const [other, times] of Object.entries(rest)) yield row({ name, length, unit: "ms", ours, peer: times, note: `peer: ${other}` });
  yield row({ name: `${name} candle`, length, unit: "ms", ours, peer: candle, note: "peer: candle, same module" });
  const rates = ours.map((ms) => operations / ms / 1e6);
  yield row({ name: `${name} peak`, length, unit: "GFLOP/s", ours: rates, peer: peak, note: "peer: multiply-then-add in registers" });
}

/** Attention, bias and causal mask included, all keys computed. */
async function* attentionRows(context, { shape, nCalls }) {
  const { page } = context;
  const { nHead, length, headDim } = shape;
  const ours = await call(page, "openAttention", "ours", shape, {});
  const peer = await call(page, "openAttention", "peer", shape, { provider: "wasm" });
  check("attention (ours)", ours.error);
  check("attention (peer)", peer.error);
  yield* caseRows(context, {
    name: `kernel wasm attention ${nHead}x${headDim}`, length, worker: ours.number, nCalls,
    // Two products over the keys up to each query; the exponentials are not counted.
    operations: 4 * headDim * nHead * ((length * (length + 1)) / 2),
    others: { "onnxruntime-web": () => call(page, "askPeer", peer.number, "timeAttention", { nCalls }) },
  });
  for (const { number } of [ours, peer]) await call(page, "close", number);
}

export async function* kernelRows(context) {
  for (const attention of ATTENTIONS) yield* attentionRows(context, attention);
  const worker = await call(context.page, "openKernels");
  for (const sizes of PRODUCTS) {
    const [rows, inputs, outputs] = sizes;
    await call(context.page, "askPeer", worker, "open", { kind: "product", sizes });
    const name = `kernel wasm product ${sizes.join("x")}`;
    yield* caseRows(context, { name, length: rows, worker, nCalls: 20, operations: 2 * rows * inputs * outputs });
  }
  await call(context.page, "askPeer", worker, "open", { kind: "norm", sizes: NORM });
  const [rows, width] = NORM;
  yield* caseRows(context, {
    name: `kernel wasm norm ${NORM.join("x")}`, length: rows, worker, nCalls: 500, operations: NORM_OPERATIONS * rows * width,
  });
  await call(context.page, "close", worker);
}
