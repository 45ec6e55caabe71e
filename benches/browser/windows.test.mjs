// The generator of the windows: ChaCha8's published vector, and the starts that this project's trainer reads.
import assert from "node:assert/strict";
import { test } from "node:test";
import { batch, block, chacha8 } from "./windows.mjs";

test("a block is that of the published test vector: key, counter and stream of zeros", () => {
  const words = block(Array(8).fill(0), 0, 0);
  const bytes = Buffer.from(Uint32Array.from(words).buffer).toString("hex");
  assert.equal(bytes.slice(0, 64), "3e00ef2f895f40d67f5bb8e81f09a5a12c840ec3ce9a7f3b181be188ef711a1e");
});

// Recorded when the losses of four steps on these windows were those of the trainer, in the browser (rows `train …`).
test("words of a seed and a step are the recorded ones", () => {
  assert.deepEqual(chacha8(1, 0, 4), [2359561649, 1728662762, 4228812395, 345245400]);
  assert.deepEqual(chacha8(1, 3, 4), [604079261, 2440503278, 42121154, 2895279825]);
});

test("windows start where the words say, and a target is the token after its input", () => {
  const stream = Uint16Array.from({ length: 1_000 }, (_, i) => i);
  const { tokens, targets } = batch(stream, 1, 3, 2, 16);
  const starts = chacha8(1, 3, 2).map((word) => word % (1_000 - 16));
  assert.deepEqual([tokens[0], tokens[16]], starts);
  assert.deepEqual(tokens.slice(0, 16), Array.from({ length: 16 }, (_, i) => starts[0] + i));
  assert.deepEqual(targets, tokens.map((token) => token + 1));
});
