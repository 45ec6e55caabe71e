// Values written down independently of the code under test.
import { expect } from "@playwright/test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { reference as recorded } from "./recorded.mjs";
import { ROOT, fileName } from "./server.mjs";

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

/** What the manifest says of a model, as far as it is used here. */
interface Model {
  id: string;
  config: { method: string; train_length: number };
}

/** The models that the built site ships. */
function models(): Model[] {
  if (!existsSync(join(ROOT, "index.html"))) return [];
  return JSON.parse(readFileSync(join(ROOT, fileName("assets/models/manifest.json")), "utf8")).models;
}

/** Their ids: one per position method, training length and seed. */
export const shippedModels = (): string[] => models().map((m) => m.id);

/** Of every method the first training at 256 tokens, by id. */
export const firstTrainings = (): string[] => models().filter((m) => m.id === `${m.config.method}-256`).map((m) => m.id);

/** One result of the native reference over the first `asked` targets, and how many of them count. */
export function reference(model: string, length: number, asked: number): { perplexity: number; targets: number } {
  const { loss, targets } = recorded(model, length, asked);
  return { perplexity: Math.exp(loss), targets };
}

/** Holds a line of the laboratory's CSV file to the native reference: equal targets, perplexity to 1e-3 relative. */
export function expectReference(point: Record<string, string>, asked: number): void {
  const expected = reference(point.model, Number(point.length), asked);
  const what = `${point.model} at ${point.length}: ${point.perplexity} against ${expected.perplexity}`;
  expect(Number(point.targets), what).toBe(expected.targets);
  expect(Math.abs(Number(point.perplexity) / expected.perplexity - 1), what).toBeLessThanOrEqual(1e-3);
}
