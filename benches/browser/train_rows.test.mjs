// Losses that are compared before trainers are timed, and the targets of their rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { row } from "./measure.mjs";
import { difference } from "./train_rows.mjs";

test("trainings whose losses differ, or are no numbers, are not timed", () => {
  assert.equal(difference([8, 7], [8, 7.0005]).toExponential(1), "7.1e-5");
  assert.throws(() => difference([8, 7.001], [8, 7]), /step 1/);
  assert.throws(() => difference([8, NaN], [8, 7]), /step 1/);
  assert.throws(() => difference([8], [8, 7]), /1 losses/);
});

test("the trainers' files have a budget of their own", () => {
  const of = (name) => row({ name: `page size ${name} brotli`, unit: "KB", ours: [250] }).met;
  assert.deepEqual(["trainer", "plain trainer", "worker"].map(of), [true, true, false]);
});

test("a trainer is held against its lead over the peer, two against one", () => {
  const of = (name, ours) => row({ name, length: 256, unit: "tokens/s", ours: [ours], peer: [1] }).met;
  assert.deepEqual([of("train alibi default plain SIMD", 2.49), of("train alibi default relaxed SIMD", 2.5)], [false, true]);
  assert.deepEqual([of("train two workers", 1.79), of("train two workers", 1.8)], [false, true]);
});
