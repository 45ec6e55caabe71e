// The native reference's results, as the built site ships them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, fileName } from "./server.mjs";

/** One result of the native reference over the first `asked` targets: mean loss in nats, and how many of them count. */
export function reference(model, length, asked) {
  const recorded = JSON.parse(readFileSync(join(ROOT, fileName("assets/models/recorded.json")), "utf8"));
  const point = recorded.points.find((p) => p.model === model && p.length === length);
  if (!point) throw new Error(`recorded.json has no result of ${model} at ${length}`);
  const blocks = asked / 1024;
  if (!Number.isInteger(blocks) || blocks > point.block_nll.length) {
    throw new Error(`${asked} targets are no whole blocks within the ${point.block_nll.length} recorded`);
  }
  const sum = (values) => values.slice(0, blocks).reduce((a, b) => a + b, 0);
  const targets = sum(point.block_targets);
  return { loss: sum(point.block_nll) / targets, targets };
}
