// Faults of a host, of workers and of the page itself, put in by the server or in the page, hence in every browser alike.
// end2end/FAULTS.md lists them.
import assert from "node:assert/strict";
import { reference } from "../recorded.mjs";
import { FIGURES } from "../open.mjs";
import { serveSite, stop } from "./site.mjs";
import { ready, settled, stands } from "./steps.mjs";
import { trainingFaults } from "./training_faults.mjs";

const HTML = () => "<!doctype html>\n<title>Not here</title>\n<p>a, b</p>\n";
/** One digit or letter of a text changed, the last one. */
const changed = (text) => text.replace(/[0-9a-z](?=[^0-9a-z]*$)/, (character) => (character === "1" ? "2" : "1"));
/** What a worker's script begins with that ends as soon as it is given work. */
const DIES = 'if (typeof document === "undefined") addEventListener("message", (event) => event.data?.body?.Run && self.close());\n';

/** What a service worker keeps would hide what the host does next. */
const unkept = () => void Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => ({ register: () => new Promise(() => {}) }) });

const ends = (view) => view.until("the run's end", () => document.querySelector("figure").dataset.state === "done" && !document.querySelector('[data-testid="failure"]'), [], 120_000);
const says = (view, words, figure = "figure") =>
  view.until(words, (figure, words) => [...document.querySelectorAll(`${figure} [data-testid="failure"]`)].some((e) => e.textContent.includes(words)), [figure, words], 60_000);
/** Pressed where it stands, which may move while the figure is being drawn; that the pointer reaches it is asked elsewhere. */
const press = (view, selector) => view.evaluate((selector) => document.querySelector(selector).click(), selector);
/**
 * Asks for all that failed, one after another, as a reader does: what failed apart is asked for apart, and each press draws the
 * others anew.
 */
const retry = async (view, figure = "figure") => {
  const press = (figure) => {
    const failure = document.querySelector(`${figure} [data-testid="failure"]`);
    // Before the press: what is left may be drawn in its place at once.
    const said = failure?.textContent;
    failure?.querySelector('[data-testid="retry"]').click();
    return said;
  };
  for (let said; (said = await view.evaluate(press, figure)); ) {
    await view.until(`what is asked for again: ${said}`, (figure, said) => ![...document.querySelectorAll(`${figure} [data-testid="failure"]`)].some((e) => e.textContent === said), [figure, said], 60_000);
  }
};
const finds = (view, words, figure = "figure") => view.until(words, (figure, words) => document.querySelector(`${figure} [data-testid="finding"]`)?.textContent.includes(words), [figure, words]);
const run = async (view, figure = "figure") => {
  await view.until("the run's button", (figure) => document.querySelector(`${figure} [data-testid="run"]`)?.getAttribute("aria-disabled") === "false", [figure]);
  await press(view, `${figure} [data-testid="run"]`);
};
/** Each model's perplexity is the reference's. */
const right = async (view, models) => {
  const rows = await settled(view, "perplexity", models.length);
  for (const model of models) {
    const expected = Math.exp(reference(model, 32, 2048).loss).toFixed(2);
    assert.ok(rows.some((row) => row.some((cell) => cell.includes(expected))), `${expected} of ${model} in ${rows}`);
  }
};

/** Declares them. `tab` and `driver` give the browser's, once it has started. */
export function faults({ scenario, tab, driver }) {
  /** A site of its own, whose host does something wrong; what browsers write to their consoles of that is no fault. */
  const faulty = (what, wrong, body, further) =>
    scenario(what, async (context) => {
      const own = await serveSite(further);
      own.faults.push(...wrong);
      try {
        await body(own, context);
        await tab().wrongs();
      } finally {
        stop(own);
      }
    });
  const open = async (own, query, figures = 1) => {
    const view = await tab().open(`${own.site}?v=1&engine=cpu&${query}`);
    await ready(view, figures);
    await view.evaluate(unkept);
    return view;
  };
  /** The laboratory, in which a run has begun. */
  const begun = async (own, models, before = () => {}) => {
    const view = await open(own, `embed=perplexity&lengths=32&targets=2048&models=${models}`);
    await view.evaluate(before);
    await run(view);
    return view;
  };
  const TWO = ["alibi-256", "rotary-256"];

  for (const [what, path] of [["script", /worker_loader/], ["WASM", /worker_(?:plain|relaxed)[^/]*\.wasm/]]) {
    faulty(`an engine whose ${what} never arrives is given up, and can be tried again`, [{ path, does: "stalls" }], async (own) => {
      const view = await begun(own, TWO, () => {
        // Time goes by ten times as fast for whoever waits for the first engine.
        window.every = window.setInterval;
        window.setInterval = (what, time) => window.every(what, time / 10);
      });
      await says(view, "did not start within 30 seconds");
      own.faults.length = 0;
      await view.evaluate(() => void (window.setInterval = window.every));
      await retry(view);
      await ends(view);
      await right(view, TWO);
    });
  }

  let given = 0;
  faulty("workers that are gone in the midst of a run are replaced", [
    // The first two; those that take their place live.
    { path: /worker_loader/, does: (text) => (given++ < 2 ? DIES : "") + text },
  ], async (own) => {
    const view = await begun(own, TWO);
    await ends(view);
    await right(view, TWO);
    assert.equal(await view.evaluate(() => AlibiEngine.inPage), false);
    assert.ok(given > 2, `${given} workers`);
  });

  faulty("workers that die at work are replaced by the page", [{ path: /worker_loader/, does: (text) => DIES + text }], async (own) => {
    const view = await begun(own, TWO);
    await ends(view);
    await right(view, TWO);
  });

  faulty("weights that are missing, cut or changed by a bit are refused by name, and can be asked for again", [
    { path: /rotary-256[^/]*\.safetensors/, does: "cuts" },
    { path: /sinusoidal-256[^/]*\.safetensors/, does: "misses" },
    { path: /t5-256[^/]*\.safetensors/, does: "flips" },
  ], async (own) => {
    const broken = ["rotary-256", "sinusoidal-256", "t5-256"];
    const view = await begun(own, ["alibi-256", ...broken]);
    for (const model of broken) await says(view, `${model}.safetensors`);
    // The other model goes on.
    await right(view, ["alibi-256"]);
    own.faults.length = 0;
    await retry(view);
    await ends(view);
    await right(view, ["alibi-256", ...broken]);
  });

  faulty("an engine in whose place a page is sent is said to be broken, and can be tried again", [{ path: /worker_(?:plain|relaxed)[^/]*\.wasm/, does: HTML }], async (own) => {
    const view = await begun(own, TWO);
    await says(view, "background worker failed");
    own.faults.length = 0;
    await retry(view);
    await ends(view);
    await right(view, TWO);
  });

  /** Files that the page reads, a figure that needs each, what it says with it. */
  const READ = [
    [/paper\/table-2-\w+\.csv/, "paper", "Trained at 512 tokens"],
    [/precomputed-\w+\.json/, "early-tokens", "From inputs of 256 tokens"],
    [/manifest-\w+\.json/, "early-tokens", "From inputs of 256 tokens"],
    [/recorded-\w+\.json/, "extrapolation", "64 times the training length"],
  ];
  faulty("files that arrive as another page, in half or with one character changed are refused, and can be asked for again", [], async () => {
    for (const does of [HTML, "cuts", changed]) {
      for (const [path, id, words] of READ) {
        // A site of its own each: what the service worker of an earlier visit keeps would hide what the host does.
        const own = await serveSite();
        try {
          own.faults.push({ path, does });
          const view = await open(own, `embed=${id}`);
          await says(view, "as it was published");
          own.faults.length = 0;
          await retry(view);
          await finds(view, words);
        } finally {
          stop(own);
        }
      }
    }
  });

  faulty("without the file of the further figures the first ones stand, and the others can be asked for again", [{ path: /split_parts/, does: "misses" }], async (own) => {
    const view = await tab().open(own.site);
    await view.until("the first figure", () => Boolean(document.querySelector("figure[data-figure]")));
    await view.evaluate(() => window.dispatchEvent(new Event("pointermove")));
    await stands(view, "opening");
    // Of what was asked for before the file was there again each says so by itself.
    const missing = (ids) => ids.every((id) => {
      const place = document.querySelector(`[data-place="${id}"]`);
      return place.querySelector("figure[data-figure]") || place.querySelector('[data-testid="failure"]')?.textContent.includes("could not be loaded");
    });
    await view.until("what is missing", missing, [["bias", "attention"]]);
    own.faults.length = 0;
    await view.until("every part, asked for where it is missing", (count) => {
      document.querySelector('[data-place] [data-testid="failure"] [data-testid="retry"]')?.click();
      return document.querySelectorAll("figure[data-figure]").length === count;
    }, [FIGURES.length], 60_000);
    await ready(view, FIGURES.length);
    await stands(view, "bias");
  });

  faulty("a file of the further figures that is answered wrongly once is asked for past every cache", [], async (own) => {
    own.faults.push({ path: /split_parts/, does: () => {
      own.faults.length = 0;
      return HTML();
    } });
    const view = await tab().open(own.site);
    await ready(view, FIGURES.length);
    await stands(view, "bias");
    assert.equal(own.faults.length, 0, "it was asked for");
    assert.equal(await view.text('[data-testid="failure"]'), null);
  });

  faulty("a page whose site has been updated says so where a file of it is gone", [], async (own) => {
    const view = await open(own, "embed=perplexity&lengths=32&targets=2048&models=alibi-256");
    own.faults.push({ path: /worker_loader/, does: "misses" }, { path: /^(?:index\.html)?$/, does: (text) => text.replace(/(data-js="[^"]*)-\w+\.js"/, '$1-0123456789ab.js"') });
    await run(view);
    await view.until("what is said of the update", () => document.querySelector('[data-testid="changed"]')?.textContent.includes("This page has been updated since you opened it."), [], 60_000);
  });

  faulty("a host that requires trusted types gets every figure, and a run", [], async (own, context) => {
    const view = await open(own, "lengths=32&targets=2048&models=alibi-256", FIGURES.length);
    if (!(await view.evaluate(() => "trustedTypes" in window))) return context.diagnostic("no trusted types here");
    assert.equal(await view.evaluate(() => {
      try {
        new Worker("https://example.org/");
        return "taken";
      } catch (error) {
        return error.name;
      }
    }), "TypeError", "they are required");
    await stands(view, "bias");
    const figure = 'figure[data-figure="perplexity"]';
    await stands(view, "perplexity");
    await run(view, figure);
    await view.until("the run's end", (figure) => document.querySelector(figure).dataset.state === "done", [figure], 120_000);
    await right(view, ["alibi-256"]);
    assert.equal(await view.text('[data-testid="broken"]'), null);
  }, { "Content-Security-Policy": "require-trusted-types-for 'script'" });

  faulty("an answer that a host gave wrongly is not kept by the service worker", [{ path: /worker_(?:plain|relaxed)[^/]*\.wasm/, does: HTML }], async (own, context) => {
    const query = `${own.site}?v=1&engine=cpu&embed=perplexity&lengths=32&targets=2048&models=alibi-256`;
    let view = await tab().open(query);
    if (!(await view.evaluate(() => "serviceWorker" in navigator))) return context.diagnostic("no service workers here");
    await ready(view, 1);
    await run(view);
    await says(view, "background worker failed");
    // The service worker has tried, and has kept nothing of it.
    await view.evaluate(async () => void (await navigator.serviceWorker.getRegistration()));
    const kept = () => view.evaluate(async () => {
      const urls = [];
      for (const key of await caches.keys()) urls.push(...(await (await caches.open(key)).keys()).map(({ url }) => url));
      return urls.filter((url) => /worker_(?:plain|relaxed)[^/]*\.wasm/.test(url));
    });
    assert.deepEqual(await kept(), []);
    own.faults.length = 0;
    view = await tab().open(query);
    await ready(view, 1);
    await run(view);
    await ends(view);
    await right(view, ["alibi-256"]);
    await view.until("the service worker", () => navigator.serviceWorker.controller?.state === "activated", [], 60_000);
    assert.ok((await kept()).length > 0, "what is right is kept");
  });

  faulty("what breaks within the page: a figure, then the page itself", [], async (own) => {
    const view = await open(own, "lengths=32&targets=2048&models=alibi-256", FIGURES.length);
    const [early, laboratory] = ["early-tokens", "perplexity"].map((id) => `figure[data-figure="${id}"]`);
    await stands(view, "early-tokens");
    // Ends in a trap, as a panic does, whatever the page calls at its boundaries.
    await view.evaluate((early) => {
      const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11));
      const trap = new WebAssembly.Instance(module).exports.f;
      const calls = window.alibiAttempt;
      window.alibiAttempt = (what) => calls(() => (what(), trap()));
      window.mend = () => void (window.alibiAttempt = calls);
      const list = document.querySelector(`${early} [data-testid="early-length"]`);
      list.value = "1024";
      for (const kind of ["input", "change"]) list.dispatchEvent(new Event(kind, { bubbles: true }));
    }, early);
    await says(view, "This figure has broken down", early);
    await view.evaluate(() => window.mend());
    await retry(view, early);
    assert.equal(await view.text('[data-testid="broken"]'), null);
    // A drawing.
    const bias = 'figure[data-figure="bias"]';
    await stands(view, "bias");
    await view.evaluate((bias) => {
      const put = CanvasRenderingContext2D.prototype.putImageData;
      CanvasRenderingContext2D.prototype.putImageData = () => {
        throw new TypeError("no pixels today");
      };
      window.mend = () => void (CanvasRenderingContext2D.prototype.putImageData = put);
      const length = document.querySelector(`${bias} [data-testid="length"]`);
      length.value = "40";
      for (const kind of ["input", "change"]) length.dispatchEvent(new Event(kind, { bubbles: true }));
    }, bias);
    await view.until("what broke in the drawing", (bias) => document.querySelector(`${bias} [data-testid="drawing-failure"]`)?.textContent.includes("no pixels today"), [bias]);
    await stands(view, "slopes");
    await view.evaluate(() => window.mend());
    await press(view, `${bias} [data-testid="redraw"]`);
    await view.until("the drawing", (bias) => !document.querySelector(`${bias} [data-testid="drawing-failure"]`), [bias]);
    await stands(view, "bias");
    // What has no boundary.
    await stands(view, "perplexity");
    await run(view, laboratory);
    await view.until("the run's end", (figure) => document.querySelector(figure).dataset.state === "done", [laboratory], 120_000);
    await view.until("an answer that is kept", () => Object.keys(sessionStorage).some((name) => name.includes(" answer ")));
    await view.evaluate(() => void (Date.now = () => {
      throw new Error("broken inside");
    }));
    await press(view, `${laboratory} [data-testid="run"]`);
    await view.until("what broke", () => document.querySelector('[data-testid="broken"]')?.textContent.includes("broken inside"));
    await view.evaluate(() => {
      window.before = true;
      document.querySelector('[data-testid="broken"] button').click();
    });
    await view.until("the page again", () => !window.before && Boolean(document.querySelector("figure[data-figure]")));
    await ready(view);
    await stands(view, "perplexity");
    await right(view, ["alibi-256"]);
  });

  faulty("a text whose writing was stopped is written anew, and what is on record stands meanwhile", [], async (own) => {
    const view = await open(own, "embed=generate&generate-models=alibi-256");
    await stands(view, "generate");
    const rows = () => view.rows("generate");
    await view.until("recorded rows", () => document.querySelectorAll('table[data-series="generate"] tbody tr').length > 0);
    const before = await rows();
    await view.evaluate(() => {
      const written = () => document.querySelector("figure .panel").textContent;
      const before = written();
      new MutationObserver((_, observer) => {
        if (written() === before) return;
        observer.disconnect();
        document.querySelector('[data-testid="stop"]').click();
      }).observe(document.querySelector("figure"), { subtree: true, childList: true, characterData: true });
    });
    await run(view);
    await view.until("the stop", () => document.querySelector('[data-testid="status"]').textContent.startsWith("Stopped"), [], 60_000);
    await settled(view, "generate", before.length);
    assert.deepEqual(await rows(), before);
    await run(view);
    await ends(view);
    await settled(view, "generate", before.length);
    assert.deepEqual(await rows(), before);
  });

  trainingFaults({ faulty, tab });

  scenario("what was computed and what was typed outlive a reload, and a crash of the tab", async () => {
    const own = await serveSite();
    try {
      const view = await tab().open(`${own.site}?v=1&embed=perplexity&engine=cpu&lengths=32&targets=2048&models=alibi-256`);
      await ready(view, 1);
      await stands(view, "perplexity");
      await run(view);
      await ends(view);
      const measured = () => view.until("a measured row", () => [...document.querySelectorAll('table[data-series="perplexity"] tbody tr')].some((row) => /cpu/.test(row.textContent)));
      await measured();
      const rows = await settled(view, "perplexity", 1);
      await view.until("an answer that is kept", () => Object.keys(sessionStorage).some((name) => name.includes(" answer ")));
      await reload(view);
      const again = async () => {
        await view.until("the answer again", () => Boolean(document.querySelector('[data-testid="ran"]')));
        await measured();
        assert.deepEqual(await settled(view, "perplexity", 1), rows);
      };
      await again();
      if (driver().crash) {
        await driver().crash();
        await again();
      }
      const typed = "A text of the reader's own, with – dashes & signs. ".repeat(12).trim();
      await tab().open(`${own.site}?v=1&embed=attention&engine=cpu`);
      await ready(tab().view, 1);
      await stands(tab().view, "attention");
      await tab().view.evaluate((typed) => {
        const box = document.querySelector('[data-testid="attention-text"]');
        box.value = typed;
        for (const kind of ["input", "change"]) box.dispatchEvent(new Event(kind, { bubbles: true }));
      }, typed);
      await tab().view.until("a text that is kept", (typed) => Object.values(sessionStorage).includes(typed), [typed]);
      await reload(tab().view);
      await tab().view.until("the text again", (typed) => document.querySelector('[data-testid="attention-text"]')?.value === typed, [typed]);
    } finally {
      stop(own);
    }
  });
}

/** Loads the page again, as a reader does, and waits until it is another one. */
async function reload(view) {
  await view.evaluate(() => {
    window.before = true;
    setTimeout(() => location.reload());
  });
  await view.until("the page again", () => !window.before && Boolean(document.querySelector("figure[data-figure]")));
}
