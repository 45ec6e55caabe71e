// Rows about training in the browser: this project's trainer beside jax-js, the one library that trains in WASM without a GPU, on
// the same model, windows and AdamW step; and two trainers beside one.
import { alternate, row } from "./measure.mjs";
import { call } from "./rows.mjs";

/** The page's own size and its longest training inputs: 8 windows of 256 tokens a step. */
const PLAN = {
  method: "alibi", train_length: 256, size: "default", seed: 1, n_tokens: 1_000_000, text: "Addresses", from: "Nothing", state_every: 0,
};
/** Steps that both take before either is timed, and how far their losses may differ, relative. */
const COMPARED = 4;
const TOLERANCE = 1e-4;
/** Steps of a timed run: ours, the peer's. */
const STEPS = { ours: 6, peer: 2 };

/** The largest relative difference of two trainings' losses, step by step; throws where they did not train alike. */
export function difference(ours, peer) {
  if (ours.length !== peer.length) throw new Error(`train: ${ours.length} losses (ours) against ${peer.length}`);
  const apart = peer.map((loss, i) => Math.abs(ours[i] / loss - 1));
  apart.forEach((far, i) => {
    // What is no number never agrees.
    if (far <= TOLERANCE) return;
    throw new Error(`train: step ${i}: loss ${ours[i]} (ours) against ${peer[i]} (peer). Find out which one is wrong before timing either.`);
  });
  return Math.max(...apart);
}

/** Tokens per second of trainers that learn at the same time, all together. */
async function together(page, trainers) {
  const rates = await Promise.all(trainers.map((number) => call(page, "trainFor", number, STEPS.ours)));
  return rates.reduce((a, b) => a + b, 0);
}

export async function* trainRows({ page, rounds, manifest, separator }) {
  const [relaxed, second] = [await call(page, "openTrainer", PLAN, "relaxed"), await call(page, "openTrainer", PLAN, "relaxed")];
  const plain = await call(page, "openTrainer", PLAN, "plain");
  const streamFile = `/site/${manifest.training.file}`;
  const peer = await call(page, "openJax", relaxed, { streamFile, separator });
  const theirs = await call(page, "askPeer", peer, "steps", { n: COMPARED });
  const apart = [];
  for (const number of [relaxed, plain]) apart.push(difference(await call(page, "lossesOf", number, COMPARED), theirs));
  const runs = await alternate(rounds, {
    relaxed: () => together(page, [relaxed]),
    plain: () => together(page, [plain]),
    peer: () => call(page, "askPeer", peer, "speed", { n: STEPS.peer }),
  });
  await call(page, "close", peer);
  await call(page, "closeTrainer", plain);
  const note = `peer: jax-js, WASM backend, one thread; losses of ${COMPARED} steps equal to ${Math.max(...apart).toExponential(0)}`;
  const shape = { length: PLAN.train_length, unit: "tokens/s" };
  yield row({ name: "train alibi default relaxed SIMD", ...shape, ours: runs.relaxed, peer: runs.peer, note });
  yield row({ name: "train alibi default plain SIMD", ...shape, ours: runs.plain, peer: runs.peer, note });
  const { one, two } = await alternate(rounds, { one: () => together(page, [relaxed]), two: () => together(page, [relaxed, second]) });
  for (const number of [relaxed, second]) await call(page, "closeTrainer", number);
  yield row({ name: "train two workers", ...shape, ours: two, peer: one, note: "ours: two trainers, peer: one" });
}
