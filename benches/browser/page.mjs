// What the benchmark's page offers to run.mjs, as `window.bench`: workers of the engine and of the peer, by number.
// The page only passes messages on; every time is taken in a worker, except the wall time of the shared queue.
import { attentionError, attentionInputs } from "./attention.mjs";

const workers = [];

/** Keeps a worker; whatever breaks it rejects every answer still waited for. */
function keep(url) {
  const worker = new Worker(url, { type: "module" });
  const entry = { worker, waiting: new Map(), nextId: 1 };
  worker.onerror = (event) => {
    for (const { reject } of entry.waiting.values()) reject(new Error(`${url} failed: ${event.message ?? "could not be loaded"}`));
    entry.waiting.clear();
  };
  workers.push(entry);
  return workers.length - 1;
}

/** Posts a message and waits until the worker's listener settles it under this key. */
function ask(number, key, message) {
  const { worker, waiting } = workers[number];
  return new Promise((resolve, reject) => {
    waiting.set(key, { resolve, reject });
    worker.postMessage(message);
  });
}

function settle(entry, key, act) {
  const waiting = entry.waiting.get(key);
  entry.waiting.delete(key);
  if (waiting) act(waiting);
}

/** Listens to a worker of the engine: src/protocol.rs, externally tagged enums. */
function hearOurs(entry, { data }) {
  if (data.bench === "memory") return settle(entry, "memory", ({ resolve }) => resolve(data.sizes));
  const { id, body } = data;
  if (body === "Ready") return settle(entry, id, ({ resolve }) => resolve());
  if (body.Scored) return settle(entry, id, ({ resolve }) => resolve(body.Scored));
  if (body.Failed) return settle(entry, id, ({ reject }) => reject(new Error(`the engine: ${JSON.stringify(body.Failed)}`)));
  // Progress and notices; the engine that ran stands in the result.
}

function evaluate(number, request) {
  const entry = workers[number];
  const id = entry.nextId++;
  return ask(number, id, { id, body: { Run: request } });
}

/** Works through a queue of requests with these workers; seconds from the first post to the last answer. */
async function shareQueue(numbers, requests) {
  const queue = [...requests];
  const pull = async (number) => {
    for (let next = queue.shift(); next; next = queue.shift()) await evaluate(number, next);
  };
  const started = performance.now();
  await Promise.all(numbers.map(pull));
  return (performance.now() - started) / 1000;
}

/** A worker that answers {id, result} or {id, error}. */
function open(url) {
  const number = keep(url);
  const entry = workers[number];
  entry.worker.onmessage = ({ data: { id, result, error } }) =>
    settle(entry, id, ({ resolve, reject }) => (error === undefined ? resolve(result) : reject(new Error(`${url}: ${error}`))));
  return number;
}

window.bench = {
  /** A worker of the engine, configured; `measured` chooses the loader that can tell its memory. */
  async openOurs(measured) {
    const number = keep(measured ? "/bench/ours_worker.mjs" : "/site/assets/worker_loader.js");
    const entry = workers[number];
    entry.worker.onmessage = (event) => hearOurs(entry, event);
    const id = entry.nextId++;
    await ask(number, id, { id, body: { Configure: { base: new URL("/site/", location.href).href } } });
    return number;
  },

  evaluate,
  shareQueue,
  memory: (number) => ask(number, "memory", { bench: "memory" }),

  openPeer: () => open("/bench/peer_worker.mjs"),
  openKernels: () => open("/bench/kernels_worker.mjs"),
  openJaxWorker: () => open("/bench/jax_worker.mjs"),

  /** A task of a worker of the peer or of the kernels; its result. */
  askPeer(number, task, options) {
    const id = workers[number].nextId++;
    return ask(number, id, { id, task, ...options });
  },

  close(number) {
    workers[number].worker.terminate();
    workers[number] = null;
  },

  /** Attention alone, by the peer or by the kernels' module, loaded and warm: its worker, and how far its output is off. */
  async openAttention(party, shape, options) {
    const inputs = attentionInputs(shape);
    const number = party === "peer" ? window.bench.openPeer() : window.bench.openKernels();
    const attended = await window.bench.askPeer(number, "openAttention", { ...options, ...shape, inputs });
    return { number, error: attentionError(shape, inputs, attended) };
  },
};
