// The trainer's WASM beside the native one, in Node: the first losses of every method (golden.json, which a native test
// holds to what the native trainer gives), the same weights from the same seed, and no difference from pauses, stops and
// states. Usage: node --experimental-wasm-relaxed-simd end2end/trainer/same_numbers.mjs DIST plain|relaxed [STEPS]
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Trainer } from "./port.mjs";

const [dist, build, steps] = process.argv.slice(2);
const golden = JSON.parse(readFileSync(new URL("golden.json", import.meta.url), "utf8"));
const html = readFileSync(join(dist, "index.html"), "utf8");
const names = JSON.parse(/<script type="application\/json" id="file-names">([^<]*)</.exec(html)[1]);
const file = (path) => join(dist, names[path] ?? path);
/** Largest relative difference of a loss. */
const TOLERANCE = 1e-5;

// Node takes a module for one by its name.
const folder = mkdtempSync(join(tmpdir(), "alibi-trainer-"));
const module = join(folder, "trainer.mjs");
copyFileSync(file(`trainer_${build}.js`), module);
const trainer = await Trainer.load({ module, wasm: file(`trainer_${build}_bg.wasm`), file });
trainer.say({ Configure: { base: "" } });
await trainer.next(({ kind }) => kind === "Ready");

const plan = (method) => ({ ...golden.plan, method });
const n = Number(steps ?? golden.steps);
for (const [method, wanted] of Object.entries(golden.losses)) {
  const { losses, ready } = await trainer.train(plan(method), undefined, n);
  assert.equal(ready.steps, Math.ceil(golden.plan.n_tokens / ready.tokens_per_step));
  let worst = 0;
  for (let step = 0; step < Math.min(n, wanted.length); step += 1) worst = Math.max(worst, Math.abs(losses[step] / wanted[step] - 1));
  console.log(`${build} ${method.padEnd(12)} ${n} steps, largest relative difference from native ${worst.toExponential(1)}`);
  assert.ok(worst < TOLERANCE, `${method}: ${worst}`);
}

/** A run of few steps to its end. */
const short = { ...plan("kerple"), n_tokens: 24 * 1024 };
const once = await trainer.train(short);
const twice = await trainer.train(short);
// A state's header lists its metadata in any order; what it holds comes after.
const values = ({ state }) => Buffer.from(state).subarray(8 + Number(Buffer.from(state).readBigUInt64LE()));
assert.ok(values(once).equals(values(twice)), "the same seed gives the same bytes");
assert.ok(!values(once).equals(values(await trainer.train({ ...short, seed: short.seed + 1 }))), "another seed gives others");

// Paused and stopped wherever that falls, taken up once by going on and once from its state.
trainer.say({ Start: short });
let rests = 0;
let last;
for (let round = 0; round < 6; round += 1) {
  await new Promise((resolve) => setTimeout(resolve, 15 + 7 * round));
  const stops = round % 2 === 1;
  const asked = performance.now();
  trainer.say(stops ? "Stop" : "Pause");
  last = await trainer.next(({ kind }) => kind === "Resting");
  assert.ok(last.at - asked < 200, `heard after ${last.at - asked} ms`);
  if (last.value.done) break;
  rests += 1;
  if (stops) trainer.say({ Start: { ...short, from: "State" } }, last.bytes);
  else trainer.say("GoOn");
}
assert.ok(rests > 1, `only ${rests} rests`);
if (!last.value.done) last = await trainer.next(({ kind, value }) => kind === "Resting" && value.done);
assert.ok(values({ state: last.bytes }).equals(values(once)), "pauses and stops change nothing");
console.log(`${build}: the same bytes from the same seed, and after ${rests} pauses and stops`);
rmSync(folder, { recursive: true });
process.exit(0);
