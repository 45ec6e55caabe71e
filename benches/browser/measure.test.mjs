// Medians, ratios and targets of rows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { median, row, tableLine } from "./measure.mjs";

test("a rate is better when larger, a time when smaller", () => {
  assert.equal(median([3, 1, 2, 10]), 2.5);
  assert.equal(row({ name: "x", unit: "tokens/s", ours: [30], peer: [10] }).ratio, 3);
  assert.equal(row({ name: "x", unit: "ms", ours: [30], peer: [10] }).ratio, 0.3333);
});

test("a row is held against the target of its name and length", () => {
  const ratio = (name, length, ours) => row({ name, length, unit: "tokens/s", ours: [ours], peer: [1] });
  assert.deepEqual([ratio("cpu alibi-256", 1024, 2.4).met, ratio("cpu rotary-256", 1024, 2.4).met], [false, true]);
  // Not met before rounding.
  assert.equal(ratio("cpu alibi-256", 1024, 2.49999).met, false);
  assert.equal(ratio("cpu alibi-256", 16384, 1).target, undefined);
  const budget = row({ name: "page memory L=16384", length: 16384, unit: "MB", ours: [127] });
  assert.deepEqual([budget.target, budget.met], ["128 at most", true]);
  assert.match(tableLine(budget), /128 at most: met$/);
  assert.doesNotMatch(tableLine(row({ name: "page size page raw", unit: "KB", ours: [700] })), /met|missed/);
});

test("a row whose peer could not run has no ratio and misses a target for it", () => {
  const alone = row({ name: "webgpu alibi-256", length: 256, unit: "tokens/s", ours: [5] });
  assert.deepEqual([alone.ratio, alone.met], [null, false]);
});
