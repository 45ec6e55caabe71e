// Rows about the page's own workers: memory at long inputs, two workers on one queue, and a long run whose memory must
// stay flat. The peer has no part in them.
import { alternate, row } from "./measure.mjs";
import { call, MODELS, request } from "./rows.mjs";

const megabytes = (bytes) => bytes / 1e6;

/** WASM memory of a worker that has scored every model at that length; it never shrinks, so this is the peak. */
async function memoryRow({ page }, length) {
  const worker = await call(page, "openOurs", true);
  for (const model of MODELS) await call(page, "evaluate", worker, request(model, length, length, "cpu"));
  const bytes = await call(page, "memory", worker);
  await call(page, "close", worker);
  return row({ name: `page memory L=${length}`, length, unit: "MB", ours: [megabytes(bytes)] });
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

/** Memory after many short evaluations against memory after the tenth. */
async function soakRow({ page }) {
  const worker = await call(page, "openOurs", true);
  const sizes = [];
  for (let i = 0; i < SOAK_EVALUATIONS; i++) {
    await call(page, "evaluate", worker, request(MODELS[i % MODELS.length], 256, 2_048, "cpu"));
    sizes.push(await call(page, "memory", worker));
  }
  await call(page, "close", worker);
  const settled = sizes[SOAK_SETTLED - 1];
  const largest = Math.max(...sizes.slice(SOAK_SETTLED));
  const grown = largest / settled - 1;
  const flat = Math.abs(grown) <= SOAK_TOLERANCE;
  const note = `${SOAK_EVALUATIONS} evaluations; ours: largest after the tenth, peer: after the tenth`;
  const result = row({ name: "page soak", length: 256, unit: "MB", ours: [megabytes(largest)], peer: [megabytes(settled)], note });
  return flat ? result : { ...result, failure: `the worker's memory grew by ${(grown * 100).toFixed(1)} % after the tenth evaluation: something is kept that should be dropped.` };
}

export async function* pageRows(context) {
  for (const length of [4096, 16384]) yield memoryRow(context, length);
  yield twoWorkersRow(context);
  yield soakRow(context);
}
