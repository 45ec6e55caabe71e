// The rows that set this project's engine beside onnxruntime-web: whole models on the CPU and on WebGPU. `context` is
// what run.mjs knows: page, manifest, separator, recorded results, number of rounds.
import { alternate, expectEqual, row } from "./measure.mjs";

/** The stretch scored: targets after the run-in, as the page's own evaluations (RUN_IN of src/config.rs). */
const FIRST = 16_384;
const STREAM = "held-out";
export const MODELS = ["alibi-256", "sinusoidal-256", "rotary-256"];

/**
 * Engine and provider; rows per call of the peer (on the CPU what the engine takes, too); targets per timed run by input
 * length, whole calls. A software adapter is so slow that one call is a run.
 */
const KINDS = {
  cpu: { engine: "cpu", provider: "wasm", rowsPerCall: 2_048, targets: { 256: 16_384, 1024: 8_192, 4096: 8_192, 16384: 16_384 } },
  webgpu: { engine: "gpu", provider: "webgpu", rowsPerCall: 1_024, targets: { 256: 1_024, 1024: 1_024 } },
};

/** What a 32-bit memory that is too small makes onnxruntime-web say. */
const OUT_OF_MEMORY = /out of memory|memory|bad_alloc|integer overflow|allocat/i;

/** The engine's request, as src/protocol/task.rs has it. */
export function request(model, length, nTargets, engine) {
  const stretch = { protocol: "Nonoverlapping", length, first: FIRST, n_targets: nTargets };
  return { model, stream: STREAM, engine, change: "None", task: { Score: stretch } };
}

/** One of the functions of `window.bench`, called in the page. */
export const call = (page, name, ...args) =>
  page.evaluate(([name, args]) => window.bench[name](...args), [name, args]);

/** Blocks of the recorded native results over the first `nTargets` targets. */
function recordedBlocks({ recorded }, model, length, nTargets) {
  const point = recorded.points.find((p) => p.model === model && p.length === length);
  if (!point || nTargets % 1024 || point.block_nll.length < nTargets / 1024) {
    throw new Error(`recorded.json has no result of ${model} at ${length} over ${nTargets} targets to compare with: run 'cargo run --release --bin train -- record'.`);
  }
  return point.block_nll.slice(0, nTargets / 1024).map((nll, i) => ({ nll, n_targets: point.block_targets[i] }));
}

/** Opens the peer on a model: `{ number, scored }`, the latter from its warm-up, or `{ reason }` if it lacks memory. */
async function openPeer({ page, manifest, separator }, model, length, nSegment, provider) {
  const number = await call(page, "openPeer");
  const streamFile = `/site/${manifest.streams.find((s) => s.id === STREAM).file}`;
  try {
    const options = { provider, model, nSegment, length, streamFile, separator, first: FIRST };
    return { number, scored: await call(page, "askPeer", number, "openDecoder", options) };
  } catch (error) {
    await call(page, "close", number);
    if (provider !== "wasm" || !OUT_OF_MEMORY.test(error.message)) throw error;
    const { n_head: nHead } = manifest.models.find((m) => m.id === model).config;
    const gigabytes = ((4 * nHead * length ** 2) / 1e9).toFixed(1);
    const said = error.message.split("\n")[0].split(/[:(]\s*/).pop().replace(/^.*\)\s*/, "").trim();
    return { reason: `the peer ran out of memory: the scores of one layer are ${gigabytes} GB, WASM addresses 4 (it said: ${said})` };
  }
}

async function modelRow(context, kind, model, length) {
  const { page, rounds } = context;
  const { engine, provider, rowsPerCall, targets: { [length]: targets } } = KINDS[kind];
  const name = `${kind} ${model}`;
  const what = `${name} at ${length}`;
  const nSegment = Math.max(1, Math.floor(rowsPerCall / length));
  const oneCall = nSegment * length;

  // Loading, warm-up and the comparison come first and are not timed.
  const worker = await call(page, "openOurs", false);
  const evaluate = async (nTargets) => {
    const scored = await call(page, "evaluate", worker, request(model, length, nTargets, engine));
    if (scored.engine === engine) return scored;
    throw new Error(`${what}: the engine fell back to ${scored.engine}; this Chromium gives no WebGPU adapter with --enable-unsafe-webgpu.`);
  };
  const first = await evaluate(oneCall);
  const peer = await openPeer(context, model, length, nSegment, provider);
  expectEqual(what, first.blocks, peer.scored?.blocks ?? recordedBlocks(context, model, length, oneCall));

  const last = {};
  const run = (party, score) => async () => {
    const scored = await score();
    last[party] = scored.blocks;
    return targets / scored.seconds;
  };
  const parties = { ours: run("ours", () => evaluate(targets)) };
  if (!peer.reason) {
    parties.peer = run("peer", () => call(page, "askPeer", peer.number, "score", { first: FIRST, nTargets: targets }));
  }
  const { ours, peer: theirs } = await alternate(rounds, parties);
  expectEqual(what, last.ours, last.peer ?? recordedBlocks(context, model, length, targets));
  await call(page, "close", worker);
  if (!peer.reason) await call(page, "close", peer.number);
  return row({ name, length, unit: "tokens/s", ours, peer: theirs, note: peer.reason ?? first.adapter });
}

/** Rows of whole models, given out one by one. */
export async function* modelRows(context, kind) {
  const lengths = Object.keys(KINDS[kind].targets).map(Number);
  for (const model of MODELS) for (const length of lengths) yield modelRow(context, kind, model, length);
}
