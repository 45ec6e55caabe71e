// Rows about the page, in which the peer has no part: what a reader waits for, and the page's own workers: memory at long
// inputs, two workers on one queue, and long runs whose memory must stay flat.
import { alternate, row } from "./measure.mjs";
import { readerRows } from "./reader_rows.mjs";
import { call, MODELS, request } from "./rows.mjs";

const megabytes = (bytes) => bytes / 1e6;

/** WASM memory of a worker that has scored every model at that length; it never shrinks, so this is the peak. */
async function memoryRow({ page }, length) {
  const worker = await call(page, "openOurs", true);
  for (const model of MODELS) await call(page, "evaluate", worker, request(model, length, length, "cpu"));
  const { wasm } = await call(page, "memory", worker);
  await call(page, "close", worker);
  return row({ name: `page memory L=${length}`, length, unit: "MB", ours: [megabytes(wasm)] });
}

const QUEUE_LENGTHS = [4096, 2048, 1024, 512, 256, 128, 64, 32];
const QUEUE_TARGETS = 8_192;

/** Wall time of all models at all lengths, longest first, with two workers against one. */
async function twoWorkersRow({ page, rounds }) {
  const queue = QUEUE_LENGTHS.flatMap((length) => MODELS.map((model) => request(model, length, QUEUE_TARGETS, "cpu")));
  const workers = [await call(page, "openOurs", false), await call(page, "openOurs", false)];
  // Every model loaded in both, so that the network has no part in it.
  for (const worker of workers) {
    for (const model of MODELS) await call(page, "evaluate", worker, request(model, 256, 2_048, "cpu"));
  }
  const { one, two } = await alternate(rounds, {
    one: () => call(page, "shareQueue", workers.slice(0, 1), queue),
    two: () => call(page, "shareQueue", workers, queue),
  });
  for (const worker of workers) await call(page, "close", worker);
  return row({ name: "page two workers", unit: "s", ours: two, peer: one, note: "ours: two workers, peer: one; the same queue" });
}

const SOAK_EVALUATIONS = 200;
const SOAK_SETTLED = 10;
const SOAK_TOLERANCE = 0.05;

/** Short evaluations by engine: lengths in turn, so that the GPU's buffers are made anew each time, and targets. */
const SOAKS = { cpu: { lengths: [256], targets: 2_048 }, gpu: { lengths: [64, 128], targets: 128 } };

/** Memory of a worker after each of many short evaluations. */
async function soak({ page }, engine) {
  const { lengths, targets } = SOAKS[engine];
  const worker = await call(page, "openOurs", true);
  const sizes = [];
  for (let i = 0; i < SOAK_EVALUATIONS; i++) {
    const model = MODELS[i % MODELS.length];
    const scored = await call(page, "evaluate", worker, request(model, lengths[i % lengths.length], targets, engine));
    if (scored.engine !== engine) throw new Error(`soak: the engine fell back to ${scored.engine}.`);
    sizes.push(await call(page, "memory", worker));
  }
  await call(page, "close", worker);
  return sizes;
}

/** The largest size after the tenth evaluation against the largest up to it; a failure unless they are about equal. */
function flatRow(name, sizes) {
  const settled = Math.max(...sizes.slice(0, SOAK_SETTLED));
  const largest = Math.max(...sizes.slice(SOAK_SETTLED));
  const grown = largest / settled - 1;
  const note = `${sizes.length} evaluations; ours: largest after the tenth, peer: largest up to it`;
  const result = row({ name, unit: "MB", ours: [megabytes(largest)], peer: [megabytes(settled)], note });
  const failure = `${name} grew by ${(grown * 100).toFixed(1)} % after the tenth evaluation: something is kept that should be dropped.`;
  return Math.abs(grown) <= SOAK_TOLERANCE ? result : { ...result, failure };
}

export async function* pageRows(context) {
  yield* readerRows(context);
  for (const length of [4096, 16384]) yield memoryRow(context, length);
  yield twoWorkersRow(context);
}

/** Many short evaluations by each engine. */
export async function* soakRows(context) {
  const pick = (sizes, part) => sizes.map((size) => size[part]);
  yield flatRow("page soak cpu, WASM memory", pick(await soak(context, "cpu"), "wasm"));
  const gpu = await soak(context, "gpu");
  yield flatRow("page soak gpu, WASM memory", pick(gpu, "wasm"));
  const buffers = flatRow("page soak gpu, buffers", pick(gpu, "buffers"));
  const counts = pick(gpu, "nBuffers");
  yield { ...buffers, note: `${buffers.note}; at most ${Math.max(...counts)} buffers, ${counts.at(-1)} in the end` };
}
