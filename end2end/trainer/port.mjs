// The trainer's WASM in Node, as a worker would have it: messages in, messages out, files from the built site.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

/** As in a browser, where no channel keeps timers waiting; Node's own hands on a thousand messages first. */
globalThis.MessageChannel = class {
  port1 = { onmessage: null };
  port2 = { postMessage: (data) => setImmediate(() => this.port1.onmessage({ data })) };
};

/** What was told, and what waits for it. */
export class Trainer {
  #listener;
  #told = [];
  #waiting = [];

  /** `module`: the glue; `wasm`: its bytes; `file`: where a file of the site is, by its path. */
  static async load({ module, wasm, file }) {
    globalThis.alibiBytes = async (_, path) => [200, "OK", new Uint8Array(readFileSync(file(path)))];
    const { default: init, servePage } = await import(`${pathToFileURL(module)}?${performance.now()}`);
    await init({ module_or_path: readFileSync(wasm) });
    return new Trainer(servePage);
  }

  constructor(servePage) {
    servePage({
      addEventListener: (_, listener) => (this.#listener = listener),
      postMessage: (message) => this.#hear(message),
    });
  }

  #hear({ told, bytes }) {
    const [kind, value] = typeof told === "string" ? [told, null] : Object.entries(told)[0];
    this.#told.push({ kind, value, bytes, at: performance.now() });
    for (const wake of this.#waiting.splice(0)) wake();
  }

  say(ask, bytes = new Uint8Array()) {
    this.#listener({ data: { ask, bytes } });
  }

  /** The next thing told that `wanted` holds for; what came before it is dropped unless `keep` takes it. */
  async next(wanted, keep = () => {}) {
    for (;;) {
      while (this.#told.length) {
        const told = this.#told.shift();
        if (told.kind === "Failed" || told.kind === "NotFinite") throw new Error(JSON.stringify(told.value));
        keep(told);
        if (wanted(told)) return told;
      }
      await new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Trains by a plan to its end, or until so many steps: every loss and the state. */
  async train(plan, bytes, until = Infinity) {
    const losses = [];
    let rate = NaN;
    const keep = ({ kind, value }) => {
      if (kind !== "Progress") return;
      losses.push(...value.losses);
      rate = value.tokens_per_second;
    };
    this.say({ Start: plan }, bytes);
    const { value: ready } = await this.next(({ kind, value }) => kind === "Ready" && value);
    let told = await this.next(({ kind }) => kind === "Resting" || (kind === "Progress" && losses.length >= until), keep);
    if (told.kind !== "Resting") {
      this.say("Stop");
      told = await this.next(({ kind }) => kind === "Resting", keep);
    }
    return { ready, losses, rate, state: told.bytes, step: told.value.step };
  }
}
