// Faults of a training and of files of weights, and of the page's own files, in every browser alike. end2end/FAULTS.md lists them.
import assert from "node:assert/strict";
import { ready, stands } from "./steps.mjs";

/** In a trainer that is asked for by this name: it ends itself once it is told to go on after a state. */
const KILLED = `
if (location.search.includes("killed")) {
  const say = self.postMessage;
  let told = false;
  self.postMessage = function (message, ...rest) {
    told ||= Boolean(message?.told?.State);
    return say.call(self, message, ...rest);
  };
  addEventListener("message", ({ data }) => told && data?.ask === "GoOn" && self.close());
}
`;

const state = (view, wanted, time = 90_000) => view.until(`the figure is ${wanted}`, (wanted) => document.querySelector("figure").dataset.state === wanted, [wanted], time);
const says = (view, handle, words) => view.until(words, (handle, words) => document.querySelector(`[data-testid="${handle}"]`)?.textContent.includes(words), [handle, words], 60_000);
/** Pressed as soon as it can be. */
const press = (view, handle) => view.until(`${handle} can be pressed`, (handle) => {
  const button = document.querySelector(`[data-testid="${handle}"]`);
  if (!button || button.ariaDisabled === "true") return false;
  button.click();
  return true;
}, [handle]);
/** Pauses in the midst of a training and waits until a checkpoint of each model is kept. */
const pauses = async (view) => {
  await press(view, "run");
  await says(view, "status", "left");
  await press(view, "pause");
  await says(view, "status", "Paused");
  await view.until("a checkpoint of each model", async () => {
    const [, records] = await alibiTraining.read();
    return records.length > 0 && records.every(([, state]) => state?.length > 1e6);
  }, [], 60_000);
};
/** Puts a shipped model's weights into the input of files, made into what `how` says: as they are, cut, or with a wrong type. */
const choose = (view, handle, how, name) => view.evaluate(async (handle, how, name) => {
  const answer = await fetch(alibiFile("assets/models/alibi-64.safetensors"));
  let bytes = new Uint8Array(await answer.arrayBuffer());
  if (how === "cut") bytes = bytes.slice(0, bytes.length >> 1);
  if (how === "wrong") {
    const header = bytes.subarray(8, 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true)));
    header.set(new TextEncoder().encode(new TextDecoder().decode(header).replace('"F16"', '"I16"')));
  }
  const given = new DataTransfer();
  given.items.add(new File([bytes], name));
  const input = document.querySelector(`[data-testid="${handle}"]`);
  input.files = given.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}, handle, how, name);

/** Declares them; `faulty` and `tab` are those of faults.mjs. */
export function trainingFaults({ faulty, tab }) {
  const train = async (own, query) => {
    const view = await tab().open(`${own.site}?v=1&embed=train&${query}`);
    await ready(view, 1);
    await stands(view, "train");
    return view;
  };

  for (const [what, path] of [["script", /assets\/app-[^/]*\.js$/], ["script of its parts", /split_loader-[^/]*\.js$/], ["WASM", /app_bg-[^/]*\.wasm$/], ["start script", /start-[^/]*\.js$/]]) {
    faulty(`the page's own ${what}, answered wrongly, comes right by pressing Try again`, [{ path, does: () => "<!doctype html><p>Welcome</p>" }], async (own) => {
      const view = await tab().open(`${own.site}?v=1&embed=slopes`);
      await view.until("what is said", () => document.querySelector("#boot.said")?.textContent.includes("did not arrive as it was published"), [], 60_000);
      own.faults.length = 0;
      await view.evaluate(() => document.querySelector('[data-testid="start-again"]').click());
      await view.until("the page", () => !document.querySelector("#boot.said"));
      await ready(view, 1);
      await stands(view, "slopes");
    });
  }

  faulty("a trainer killed in the midst of it is said, and goes on from its checkpoint", [{ path: /worker_loader/, does: (text) => KILLED + text }], async (own) => {
    const view = await train(own, "train-tokens=24576");
    // The first trainer alone: a script by the same address may be fetched once for both.
    await view.evaluate(() => {
      let given = 0;
      window.Worker = class extends Worker {
        constructor(url, options) {
          if (given++ === 0) url.searchParams.set("killed", "");
          super(url, options);
        }
      };
    });
    await pauses(view);
    await press(view, "pause");
    await says(view, "lost", "its trainer has stopped working");
    await view.evaluate(() => document.querySelector('[data-testid="lost"] button').click());
    await state(view, "done");
    assert.equal(await view.text('[data-testid="lost"]'), null);
    // Both have learned from all tokens.
    const last = (await view.rows("train-loss")).at(-1);
    assert.equal(last[0], "24,576");
    assert.ok(last.slice(1).every((loss) => Number(loss) < 7), `${last}`);
  });

  faulty("a checkpoint that is not what was kept goes, and those that come together are all kept", [], async (own) => {
    const view = await train(own, "train-tokens=49152");
    await pauses(view);
    const together = await view.evaluate(async () => {
      const [which, records] = await alibiTraining.read();
      const ended = await Promise.allSettled(records.map((record, i) => alibiTraining.keep(which, i, record, true)));
      await new Promise((done, failed) => {
        const opening = indexedDB.open(`alibi ${location.pathname}`, 1);
        opening.onerror = failed;
        opening.onsuccess = () => {
          const store = opening.result.transaction("training", "readwrite").objectStore("training");
          store.get(1).onsuccess = ({ target: { result: record } }) => {
            record[1][record[1].length >> 1] ^= 1;
            store.put(record, 1).onsuccess = () => (opening.result.close(), done());
          };
        };
      });
      return ended.map(({ status }) => status);
    });
    assert.deepEqual(together, ["fulfilled", "fulfilled"]);
    const again = await train(own, "train-tokens=49152&again=1");
    await says(again, "spoilt", "is damaged");
    assert.equal(await again.text('[data-testid="kept"]'), null);
  });

  faulty("a storage that never answers is said, and the training goes on", [], async (own) => {
    const view = await train(own, "train-methods=alibi&train-tokens=24576");
    await view.evaluate(() => void (IDBFactory.prototype.open = () => ({})));
    await press(view, "run");
    await state(view, "done");
    await says(view, "unkept", "the browser's storage does not answer");
  });

  faulty("a file of weights is judged by itself, and what is wrong with one to train from is said", [], async (own) => {
    const view = await train(own, "train-methods=alibi&train-from=file&train-tokens=4096&train-length=64");
    await choose(view, "weights-file", "wrong", "wrong.safetensors");
    await says(view, "load-status", "wrong.safetensors does not hold the weights that it claims");
    await choose(view, "weights-file", "whole", "good.safetensors");
    await says(view, "load-status", "Loaded: ALiBi, 64 tokens");
    await choose(view, "train-file", "cut", "cut.safetensors");
    await says(view, "train-file-status", "cut.safetensors");
    await press(view, "run");
    await says(view, "ended", "not a complete safetensors file");
    await choose(view, "train-file", "whole", "whole.safetensors");
    await says(view, "train-file-status", "whole.safetensors");
    await press(view, "run");
    await state(view, "done");
  });
}
