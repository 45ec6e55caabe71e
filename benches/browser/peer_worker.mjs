// onnxruntime-web in a dedicated worker: one thread, SIMD, graph optimisation as by default. Takes {id, task, ...} and
// answers {id, result} or {id, error}. Only sessions' runs are timed: no loading, no warm-up.

/** Targets per block, as in the engine's answers. */
const BLOCK = 1024;

let ort;
let opened;

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function load(provider) {
  const file = provider === "webgpu" ? "ort.webgpu.min.mjs" : "ort.wasm.min.mjs";
  ort = await import(`/peer/${file}`);
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmPaths = new URL("/peer/", self.location.href).href;
}

async function create(provider, graph) {
  await load(provider);
  const response = await fetch(graph);
  if (!response.ok) throw new Error(`${graph}: ${await response.text()}`);
  return ort.InferenceSession.create(new Uint8Array(await response.arrayBuffer()), { executionProviders: [provider] });
}

/** Losses of the targets of one batch, with the time it took, ms. */
async function batch(at) {
  const { session, stream, nSegment, length } = opened;
  const rows = nSegment * length;
  const started = performance.now();
  const targets = Int32Array.from(stream.subarray(at + 1, at + rows + 1));
  const tensor = (data) => new ort.Tensor("int32", data, [nSegment, length]);
  const feeds = { tokens: tensor(Int32Array.from(stream.subarray(at, at + rows))), targets: tensor(targets) };
  const losses = (await session.run(feeds)).losses.data;
  return { losses, targets, took: performance.now() - started };
}

const tasks = {
  /** Loads a decoder's graph and the stream, and makes one call that does not count; gives its sums. */
  async openDecoder({ provider, model, nSegment, length, streamFile, separator, first }) {
    const tokens = new Uint16Array(await (await fetch(streamFile)).arrayBuffer());
    const session = await create(provider, `/onnx/decoder/${model}/${nSegment}/${length}/${provider}`);
    opened = { session, stream: tokens, separator, nSegment, length };
    return tasks.score({ first, nTargets: nSegment * length });
  },

  /** Scores `nTargets` targets from `first`; sums by block, as the engine gives them. */
  async score({ first, nTargets }) {
    const { separator, nSegment, length } = opened;
    const blocks = Array.from({ length: Math.ceil(nTargets / BLOCK) }, () => ({ nll: 0, n_targets: 0 }));
    let took = 0;
    for (let done = 0; done < nTargets; done += nSegment * length) {
      const part = await batch(first + done);
      took += part.took;
      part.targets.forEach((target, i) => {
        if (target === separator) return;
        const block = blocks[Math.floor((done + i) / BLOCK)];
        block.nll += part.losses[i];
        block.n_targets += 1;
      });
    }
    return { blocks, seconds: took / 1000 };
  },

  /** Loads attention alone; `inputs` are q, k, v. Its result is that of a call that does not count. */
  async openAttention({ provider, nHead, length, headDim, inputs }) {
    const session = await create(provider, `/onnx/attention/${nHead}/${length}/${headDim}`);
    const tensor = (data) => new ort.Tensor("float32", data, [nHead, length, headDim]);
    opened = { session, feeds: Object.fromEntries(Object.entries(inputs).map(([name, data]) => [name, tensor(data)])) };
    return (await session.run(opened.feeds)).attended.data;
  },

  /** Median time of `nCalls` calls, ms. */
  async timeAttention({ nCalls }) {
    const times = [];
    for (let i = 0; i < nCalls; i++) {
      const started = performance.now();
      await opened.session.run(opened.feeds);
      times.push(performance.now() - started);
    }
    return median(times);
  },
};

self.addEventListener("message", async ({ data: { id, task, ...options } }) => {
  try {
    self.postMessage({ id, result: await tasks[task](options) });
  } catch (error) {
    // Emscripten throws C++ exceptions as bare numbers.
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
});
