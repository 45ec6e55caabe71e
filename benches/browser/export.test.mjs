// The exported graphs against the plain forward pass of reference.mjs. Run by `npm test` in this folder; no browser.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as ort from "onnxruntime-web";
import { attentionError, attentionInputs } from "./attention.mjs";
import { exportAttention, exportDecoder } from "./export.mjs";
import { losses } from "./reference.mjs";
import { readModel } from "./safetensors.mjs";
import { slopes } from "./tables.mjs";

ort.env.wasm.numThreads = 1;
const ASSETS = new URL("../../assets/", import.meta.url);

const stream = readFileSync(new URL("data/held-out.bin", ASSETS));
const token = (i) => stream.readUInt16LE(2 * i);

const session = (bytes) => ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] });

for (const [method, provider] of [["alibi", "wasm"], ["sinusoidal", "wasm"], ["rotary", "wasm"], ["rotary", "webgpu"]]) {
  test(`the ${method} decoder exported for ${provider} gives the losses of the plain forward pass`, async () => {
    const model = readModel(readFileSync(new URL(`models/${method}-256.safetensors`, ASSETS)));
    const [nSegment, length] = [2, 40];
    const decoder = await session(exportDecoder(model, nSegment, length, provider));
    const from = 20_000;
    const tokens = Int32Array.from({ length: nSegment * length }, (_, i) => token(from + i));
    const targets = Int32Array.from({ length: nSegment * length }, (_, i) => token(from + i + 1));
    const tensor = (data) => new ort.Tensor("int32", data, [nSegment, length]);
    const found = (await decoder.run({ tokens: tensor(tokens), targets: tensor(targets) })).losses.data;
    for (let segment = 0; segment < nSegment; segment++) {
      const part = (data) => data.subarray(segment * length, (segment + 1) * length);
      losses(model, part(tokens), part(targets)).forEach((expected, i) => {
        const got = part(found)[i];
        assert.ok(Math.abs(got - expected) < 1e-4, `segment ${segment}, position ${i}: ${got} against ${expected}`);
      });
    }
  });
}

test("the exported attention gives the rows of the plain one", async () => {
  const shape = { nHead: 4, length: 96, headDim: 32 };
  const inputs = attentionInputs(shape);
  const tensor = (data) => new ort.Tensor("float32", data, Object.values(shape));
  const attention = await session(exportAttention(slopes(shape.nHead), shape.length, shape.headDim));
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, tensor(data)]));
  const { attended } = await attention.run(feeds);
  assert.ok(attentionError(shape, inputs, attended.data) < 1e-5);
  const spoilt = attended.data.map((x, i) => (i === attended.data.length - 1 ? x + 0.01 : x));
  assert.ok(attentionError(shape, inputs, spoilt) > 1e-3, "the check must see a wrong value");
});

test("slopes of a head count that is no power of two interleave, as in the authors' code", () => {
  assert.deepEqual(slopes(6), [0.25, 0.0625, 0.015625, 0.00390625, 0.5, 0.125]);
});
