// Values written down independently of the code under test.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./server.mjs";

/** Slopes by head count, in head order, 6 significant digits: get_slopes of the authors' released code. */
export const SLOPES: Record<number, string[]> = Object.fromEntries(
  Object.entries({
    1: "0.00390625",
    2: "0.0625 0.00390625",
    3: "0.0625 0.00390625 0.25",
    6: "0.25 0.0625 0.015625 0.00390625 0.5 0.125",
    8: "0.5 0.25 0.125 0.0625 0.03125 0.015625 0.0078125 0.00390625",
    12: `0.5 0.25 0.125 0.0625 0.03125 0.015625 0.0078125 0.00390625 0.707107 0.353553 0.176777 0.0883883`,
    16: `0.707107 0.5 0.353553 0.25 0.176777 0.125 0.0883883 0.0625 0.0441942 0.03125 0.0220971 0.015625 0.0110485
      0.0078125 0.00552427 0.00390625`,
    20: `0.707107 0.5 0.353553 0.25 0.176777 0.125 0.0883883 0.0625 0.0441942 0.03125 0.0220971 0.015625 0.0110485
      0.0078125 0.00552427 0.00390625 0.840896 0.594604 0.420448 0.297302`,
  }).map(([heads, row]) => [heads, row.split(/\s+/)]),
);

/** One result of the native reference: perplexity over the first `targets` targets. */
export function recordedPerplexity(model: string, length: number, targets: number): number {
  const recorded = JSON.parse(readFileSync(join(ROOT, "assets/models/recorded.json"), "utf8"));
  const point = recorded.points.find((p: { model: string; length: number }) => p.model === model && p.length === length);
  if (!point) throw new Error(`recorded.json has no result of ${model} at ${length}`);
  const blocks = targets / 1024;
  if (!Number.isInteger(blocks) || blocks > point.block_nll.length) {
    throw new Error(`${targets} targets are no whole blocks within the ${point.block_nll.length} recorded`);
  }
  const sum = (values: number[]) => values.slice(0, blocks).reduce((a, b) => a + b, 0);
  return Math.exp(sum(point.block_nll) / sum(point.block_targets));
}
