// Trainers of the built site, for the rows `train …`: added to `window.bench`. What is asked and told stands in
// src/protocol/train.rs.

const trainers = [];

/** A trainer: `say` asks it, `next` waits for one of these kinds of what it tells; `keep` sees all of it. */
function start() {
  const worker = new Worker("/site/assets/worker_loader.js?bin=trainer", { type: "module" });
  const told = [];
  let wake = () => {};
  // It hears nothing before it has said that it is there.
  const early = [];
  let post = (message) => early.push(message);
  worker.onmessage = ({ data: { told: what, bytes } }) => {
    if (!what) {
      post = (message) => worker.postMessage(message);
      for (const message of early.splice(0)) post(message);
      return;
    }
    const [kind, value] = typeof what === "string" ? [what, null] : Object.entries(what)[0];
    told.push({ kind, value, bytes });
    wake();
  };
  worker.onerror = (event) => {
    told.push({ kind: "Failed", value: event.message ?? "it could not be loaded" });
    wake();
  };
  const say = (ask, bytes = new Uint8Array()) => post({ ask, bytes });
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
  /** A trainer with that plan, resting before its first steps. */
  async openTrainer(plan) {
    const trainer = start();
    trainer.say({ Configure: { base: new URL("/site/", location.href).href } });
    await trainer.next(["Ready"]);
    trainer.say({ Start: plan });
    trainer.say("Stop");
    trainer.state = (await trainer.next(["Resting"])).bytes;
    return trainers.push({ ...trainer, plan }) - 1;
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
