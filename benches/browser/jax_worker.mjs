// Trains by jax-js in a worker, from a state of this project's trainer and on the windows that it would read next. Messages are
// {id, task, …}, as those of the other peer's worker.
import { biases, makeLoss, makeStep, oneHot } from "./jax_step.mjs";
import { readState } from "./safetensors.mjs";
import { slopes } from "./tables.mjs";
import { batch } from "./windows.mjs";

// Loaded when it is first asked: while an imported module waits for something itself, messages would be lost.
let jax;
let opened;

/** Learning rate of a step (Recipe::rate). */
function rate({ steps, peak_rate: peak, warm_up: warmUp, final_share: share }, step) {
  if (step < warmUp) return (peak * (step + 1)) / warmUp;
  const progress = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  return peak * (share + (1 - share) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

async function step() {
  const { setting: { recipe, seed }, nWindow, length, nVocab, stream, separator } = opened;
  const { numpy: np } = jax;
  const { tokens, targets } = batch(stream, seed, opened.step, nWindow, length);
  // A separator is never a target, and the mean is over the others.
  const scored = targets.filter((target) => target !== separator).length;
  const rows = oneHot(jax, targets, nVocab, (target) => (target === separator ? 0 : targets.length / scored));
  const correct = recipe.betas.map((beta) => np.array(1 / (1 - beta ** (opened.step + 1))));
  const [loss, ...arrays] = opened.run(...opened.arrays, np.array(rate(recipe, opened.step)), ...correct, oneHot(jax, tokens, nVocab), rows);
  opened.arrays = arrays;
  opened.step += 1;
  return loss.jsAsync();
}

const TASKS = {
  /** Takes up a state; `stream` is a file of u16 tokens. */
  async open({ state, streamFile, separator }) {
    jax = await import("/jax/index.js");
    const { numpy: np } = jax;
    const backends = await jax.init("wasm");
    if (!backends.includes("wasm")) throw new Error("jax-js has no WASM backend here");
    jax.defaultDevice("wasm");
    const { setting, step, parts } = readState(new Uint8Array(state));
    const { config, recipe } = setting;
    const length = config.train_length;
    const nWindow = recipe.tokens_per_step / length;
    const names = [...parts.value.keys()];
    const arrays = ["value", "first", "second"].map((kind) =>
      Object.fromEntries(names.map((name) => [name, np.array(parts[kind].get(name).data).reshape(parts[kind].get(name).shape)])));
    const decays = Object.fromEntries(names.map((name) => [name, parts.value.get(name).shape.length > 1]));
    const loss = makeLoss(jax, config, nWindow, length, biases(jax, slopes(config.n_head), length));
    const tokens = new Uint16Array(await (await fetch(streamFile)).arrayBuffer());
    const stream = Uint16Array.from([...tokens, separator]);
    opened = { setting, step, arrays, run: makeStep(jax, loss, recipe, decays), length, nWindow, nVocab: config.n_vocab, stream, separator };
  },
  /** Losses of the next `n` steps. */
  async steps({ n }) {
    const losses = [];
    for (let i = 0; i < n; i++) losses.push(await step());
    return losses;
  },
  /** Tokens per second over `n` steps. */
  async speed({ n }) {
    const begin = performance.now();
    for (let i = 0; i < n; i++) await step();
    return (n * opened.nWindow * opened.length * 1000) / (performance.now() - begin);
  },
};

self.onmessage = async ({ data: { id, task, ...options } }) => {
  try {
    self.postMessage({ id, result: await TASKS[task](options) });
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
