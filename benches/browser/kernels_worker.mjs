// Runs the WASM kernels alone (benches/kernels), in a worker like the engine's. Messages are {id, task, …}, as
// those of the peer's worker.
let wasm;

/** The module's exports; it imports nothing that the kernels call. */
async function load() {
  if (wasm) return wasm;
  const response = await fetch("/kernels/bench_kernels.wasm");
  if (!response.ok) throw new Error("the kernels' module is not built: 'make bench' does so");
  const module = await WebAssembly.compileStreaming(response);
  const imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    (imports[from] ??= {})[name] = () => {
      throw new Error(`${from}.${name} was not expected to be called`);
    };
  }
  wasm = (await WebAssembly.instantiate(module, imports)).exports;
  return wasm;
}

const floats = (address, n) => new Float32Array(wasm.memory.buffer, address, n);

/** Time that a kernel is given to be compiled with all optimisations, ms. */
const WARM_UP = 300;

/** Milliseconds per call, over enough calls for the clock's resolution. */
function time(nCalls, call) {
  for (const begin = performance.now(); performance.now() - begin < WARM_UP; ) call();
  const started = performance.now();
  for (let i = 0; i < nCalls; i++) call();
  return (performance.now() - started) / nCalls;
}

const TASKS = {
  /** Opens attention on these inputs; its output by this project `[H, T, D]`, and how far candle's is from it. */
  async openAttention({ nHead, length, headDim, inputs }) {
    const { open_attention, ours } = await load();
    const qkv = floats(open_attention(nHead, length, headDim), length * 3 * nHead * headDim);
    ["q", "k", "v"].forEach((name, part) => {
      for (let head = 0; head < nHead; head++)
        for (let i = 0; i < length; i++)
          qkv.set(
            inputs[name].subarray((head * length + i) * headDim, (head * length + i + 1) * headDim),
            ((i * 3 + part) * nHead + head) * headDim,
          );
    });
    const out = floats(ours(), length * nHead * headDim);
    const attended = new Float32Array(out.length);
    for (let head = 0; head < nHead; head++)
      for (let i = 0; i < length; i++) {
        const at = (i * nHead + head) * headDim;
        attended.set(out.subarray(at, at + headDim), (head * length + i) * headDim);
      }
    return attended;
  },
  /** Opens a `product` or a `norm` of these sizes. */
  async open({ kind, sizes }) {
    (await load())[`open_${kind}`](...sizes);
  },
  /** Largest difference between the opened case's outputs, ours and candle's. */
  async error() {
    return wasm.error();
  },
  /** Milliseconds per call of the opened case by `party`: ours or candle. */
  async time({ party, nCalls }) {
    return time(nCalls, wasm[party]);
  },
  /** GFLOP/s in registers. */
  async peak({ turns }) {
    const { peak, peak_operations } = await load();
    return (peak_operations() * turns) / time(4, () => peak(turns)) / 1e6;
  },
};

self.onmessage = async ({ data: { id, task, ...options } }) => {
  try {
    self.postMessage({ id, result: await TASKS[task](options) });
  } catch (error) {
    self.postMessage({ id, error: String(error.message ?? error) });
  }
};
