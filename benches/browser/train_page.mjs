// Trainers of the built site, for the rows `train …`: added to `window.bench`. What is asked and told stands in
// src/protocol/train.rs.

const trainers = [];

/** A trainer of that build: `say` asks it, `next` waits for one of these kinds of what it tells; `keep` sees all of it. */
function start(build) {
  const worker = new Worker(`/bench/trainer_worker.mjs?build=${build}`, { type: "module" });
  const told = [];
  let wake = () => {};
  worker.onmessage = ({ data: { told: what, bytes } }) => {
    const [kind, value] = typeof what === "string" ? [what, null] : Object.entries(what)[0];
    told.push({ kind, value, bytes });
    wake();
  };
  worker.onerror = (event) => {
    told.push({ kind: "Failed", value: event.message ?? "it could not be loaded" });
    wake();
  };
  const say = (ask, bytes = new Uint8Array()) => worker.postMessage({ ask, bytes });
  const next = async (kinds, keep = () => {}) => {
    for (;;) {
      while (told.length) {
        const one = told.shift();
        if (one.kind === "Failed" || one.kind === "NotFinite") throw new Error(`the trainer: ${JSON.stringify(one.value)}`);
        keep(one);
        if (kinds.includes(one.kind)) return one;
      }
      await new Promise((resolve) => (wake = resolve));
    }
  };
  return { worker, say, next };
}

/** Lets it learn until that many steps more are told of; the losses, and the time that they took, ms. */
async function learn({ say, next }, nStep) {
  const losses = [];
  let spent = 0;
  const keep = ({ kind, value }) => {
    if (kind !== "Progress") return;
    losses.push(...value.losses);
    spent += (value.losses.length * 2_048 * 1000) / value.tokens_per_second;
  };
  say("GoOn");
  while (losses.length < nStep) await next(["Progress"], keep);
  say("Pause");
  await next(["Resting"], keep);
  return { losses, spent };
}

Object.assign(window.bench, {
  /** A trainer of a build (plain, relaxed) with that plan, resting before its first step. */
  async openTrainer(plan, build) {
    const trainer = start(build);
    trainer.say({ Configure: { base: new URL("/site/", location.href).href } });
    await trainer.next(["Ready"]);
    trainer.say({ Start: plan });
    // A stop that it heard before it has begun would be answered without a state.
    await trainer.next(["Ready"]);
    trainer.say("Stop");
    trainer.state = (await trainer.next(["Resting"])).bytes;
    return trainers.push(trainer) - 1;
  },
  /** A worker of jax-js that has taken up a trainer's state. */
  async openJax(number, options) {
    const peer = window.bench.openJaxWorker();
    await window.bench.askPeer(peer, "open", { state: trainers[number].state, ...options });
    return peer;
  },
  lossesOf: async (number, n) => (await learn(trainers[number], n)).losses.slice(0, n),
  /** Tokens per second over that many steps. */
  async trainFor(number, n) {
    const { losses, spent } = await learn(trainers[number], n);
    return (losses.length * 2_048 * 1000) / spent;
  },
  closeTrainer(number) {
    trainers[number].worker.terminate();
    trainers[number] = null;
  },
});
