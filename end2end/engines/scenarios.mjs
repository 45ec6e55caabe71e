// What the page promises, asked of a browser in the same words whichever it is. Each engine's file (chromium.mjs,
// firefox.mjs, webkit.mjs) calls `scenarios` once, so that the runner can try two browsers at a time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reference } from "../recorded.mjs";
import { ENGINES } from "./drivers.mjs";
import { RUNS, answering } from "./figures.mjs";
import { job, stretch } from "../jobs.mjs";
import { FIGURES } from "../open.mjs";
import { faults } from "./faults.mjs";
import { Window } from "./handle.mjs";
import { serveHosts, serveSite, stop } from "./site.mjs";
import { ready, stands } from "./steps.mjs";
import { trains } from "./training.mjs";

const MODELS = ["sinusoidal-256", "rotary-256", "alibi-256"];

/** A figure answers to the pointer and to keys. */
const answers = (view, id) => answering(view, id, async (canvas) => {
  const readout = () => view.evaluate((canvas) => document.querySelector(canvas).parentElement.nextElementSibling.textContent.trim(), canvas);
  const changes = async (what, before, act, again) => {
    await act();
    await view.until(`${id} answers to ${what}`, (canvas, before) => document.querySelector(canvas).parentElement.nextElementSibling.textContent.trim() !== before, [canvas, before], 10_000, again);
    return readout();
  };
  const hint = await readout();
  // A pointer moves on: what is drawn under it, or above it, may come late.
  const over = () => view.point(canvas, [0.4, 0.5]);
  const pointed = await changes("the pointer", hint, over, over);
  assert.match(pointed, /\d/, `${id} tells a number`);
  // Off the chart again: what the keyboard chooses is what is told from now on.
  const off = () => view.point(`figure[data-figure="${id}"] [data-testid="finding"]`);
  await changes("the pointer's leaving", pointed, off, off);
  const first = await changes("the first key", await readout(), () => view.press(canvas, "ArrowLeft"));
  await changes("the next key", first, () => view.press(canvas, "ArrowLeft"));
});

/** Asks a worker of its own, as the page's client would: the mean loss of one evaluation in nats, and how many targets. */
function evaluate(view, base, model, length, targets) {
  return view.evaluate(
    (base, asked) =>
      new Promise((resolve, reject) => {
        const worker = new Worker(base + alibiFile("assets/worker_loader.js"), { type: "module" });
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data: { body } }) => {
          if (body === "Ready") {
            worker.postMessage({ id: 2, body: { Run: asked } });
          } else if (body.Scored || body.Failed) {
            worker.terminate();
            if (body.Failed) return reject(new Error(JSON.stringify(body.Failed)));
            const [nll, n] = body.Scored.blocks.reduce(([a, b], { nll, n_targets }) => [a + nll, b + n_targets], [0, 0]);
            resolve({ loss: nll / n, targets: n });
          }
        };
        worker.postMessage({ id: 1, body: { Configure: { base } } });
      }),
    base, job(model, { Score: stretch(length, targets) }),
  );
}

/** Lets every request of the page ask for less: whole runs of the figures take seconds. */
function fewer(view) {
  return view.evaluate(() => {
    const post = AlibiEngine.prototype.postMessage;
    AlibiEngine.prototype.postMessage = function (data) {
      // Windows in which something is looked up: one for each distance, and none of the longest.
      const recall = data.ask?.Recall;
      if (recall) Object.assign(recall, { n: 1, distance: Math.min(recall.distance, 256) });
      for (const [kind, task] of Object.entries(data.body?.Run?.task ?? {})) {
        // Targets, for the mean at each position at least as many as there are positions, or inputs.
        const most = { Score: 128, ScoreInFull: 128, ScoreByPosition: task.length }[kind];
        if (most) task.n_targets = Math.min(task.n_targets, most);
        if (kind === "Spread") task.n_inputs = 1;
      }
      return post.call(this, data);
    };
  });
}

/** Declares the tests of one browser. */
export function scenarios(name) {
  let driver, tab, site, hosts;

  before(async () => {
    driver = await ENGINES[name].start();
    site = await serveSite();
    hosts = await serveHosts(site.site);
    tab = new Window(driver);
  });
  after(async () => {
    await driver?.end();
    for (const server of [site, hosts]) if (server) stop(server);
  });

  /** A test, at the end of which nothing may have gone wrong in any page that it opened. */
  const scenario = (what, body) =>
    test(`${name}: ${what}`, { timeout: 240_000 }, async (context) => {
      await body(context);
      assert.deepEqual(await tab.wrongs(), [], "errors in the console");
    });

  scenario("what it has", async (context) => {
    const view = await tab.open(site.site);
    const has = await view.evaluate(async () => {
      const code = (...body) => WebAssembly.validate(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, body.length + 4, 1, body.length + 2, 0, ...body, 11));
      const zero = [253, 12, ...Array(16).fill(0)];
      const adapter = await navigator.gpu?.requestAdapter().catch((error) => error);
      return {
        SIMD: code(...zero),
        // f32x4.relaxed_madd
        "relaxed SIMD": code(...zero, ...zero, ...zero, 253, 133, 2),
        WebGPU: !navigator.gpu ? "none" : adapter?.info ? "an adapter" : "no adapter",
        "service workers": "serviceWorker" in navigator,
        cores: navigator.hardwareConcurrency,
      };
    });
    context.diagnostic(`${driver.version}: ${Object.entries(has).map(([k, v]) => `${k} ${v === true ? "yes" : v === false ? "no" : v}`).join(", ")}`);
    assert.equal(has.SIMD, true);
  });

  for (const width of [360, 1280]) {
    for (const theme of ["light", "dark"]) {
      scenario(`every figure draws and answers to pointer and keyboard, ${width} px, ${theme}`, async () => {
        const view = await tab.open(`${site.site}?v=1&theme=${theme}`, width);
        await ready(view);
        assert.deepEqual(await view.evaluate(() => [...document.querySelectorAll("figure[data-figure]")].map((f) => f.dataset.figure)), FIGURES);
        for (const id of FIGURES) {
          await stands(view, id);
          await answers(view, id);
        }
        const { over, shade, inner } = await view.evaluate(() => ({
          inner: innerWidth,
          over: document.documentElement.scrollWidth - document.documentElement.clientWidth,
          shade: getComputedStyle(document.body).backgroundColor.match(/\d+/g).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 3,
        }));
        assert.equal(inner, width);
        assert.ok(over <= 0, `${over} pixels of horizontal scroll`);
        assert.equal(shade < 128 ? "dark" : "light", theme);
      });
    }
  }

  scenario("the default models' losses are those of the native reference", async () => {
    const view = await tab.open(`${site.site}?embed=slopes`);
    await ready(view, 1);
    for (const model of MODELS) {
      for (const length of [256, 1024]) {
        const expected = reference(model, length, 2048);
        const got = await evaluate(view, site.site, model, length, 2048);
        assert.equal(got.targets, expected.targets);
        assert.ok(Math.abs(got.loss - expected.loss) <= 1e-4, `${model} at ${length}: ${got.loss} against ${expected.loss} nats`);
      }
    }
  });

  for (const id of FIGURES) {
    scenario(`${id} runs to its end, where it has a run`, async (context) => {
      const view = await tab.open(`${site.site}?v=1&embed=${id}&engine=auto${RUNS[id] ?? ""}`);
      await ready(view, 1);
      await view.until(`${id} says what it shows`, () => document.querySelector('[data-testid="finding"]')?.textContent.trim());
      const runs = await view.evaluate(() => Boolean(document.querySelector('[data-testid="run"]')));
      if (!runs) {
        assert.ok(!(id in RUNS), `${id} has lost its button`);
        return context.diagnostic(`${id} computes nothing`);
      }
      await view.until("the run's button", () => document.querySelector('[data-testid="run"]')?.disabled === false);
      await fewer(view);
      await view.click('[data-testid="run"]');
      const state = await view.until("a run's end", () => {
        const { state } = document.querySelector("figure[data-figure]").dataset;
        return ["done", "failed"].includes(state) && state;
      }, [], 120_000);
      assert.equal(state, "done", await view.text("figure"));
    });
  }

  faults({ scenario, tab: () => tab, driver: () => driver });

  scenario("a training has the recorded losses, pauses, and goes on after a reload where it was", async () => {
    const view = await tab.open(`${site.site}?v=1&embed=train`);
    await ready(view, 1);
    await stands(view, "train");
    await trains(view);
  });

  scenario("files can be saved", async () => {
    const view = await tab.open(`${site.site}?v=1&embed=slopes&heads=12`);
    await ready(view, 1);
    await stands(view, "slopes");
    const csv = await tab.download(() => view.click('[data-testid="export-csv"]'));
    assert.match(csv.name, /\.csv$/);
    assert.equal(csv.text.trim().split("\n").length, 13);
    const svg = await tab.download(() => view.click('[data-testid="export-svg"]'));
    assert.match(svg.name, /\.svg$/);
    assert.match(svg.text, /^<svg [\s\S]*<\/svg>\s*$/);
  });

  scenario("a figure in a plain frame", async () => {
    const view = await tab.open(hosts.page("iframe"));
    await view.until("the frame", () => Boolean(document.querySelector("iframe")));
    const figure = view.frame();
    await ready(figure, 1);
    await stands(figure, "slopes");
    assert.equal((await figure.rows("slopes")).length, 12);
    await answers(figure, "slopes");
  });

  scenario("figures in frames without an origin of their own, which run there", async () => {
    const view = await tab.open(hosts.page("sandbox"));
    for (const index of [0, 1]) {
      const figure = view.frame(index);
      await ready(figure, 1);
      await stands(figure, "slopes");
      assert.equal((await figure.rows("slopes")).length, 8);
      await answers(figure, "slopes");
    }
    // No worker starts there: the run is in the page.
    await view.evaluate(
      (src) =>
        new Promise((loaded) => {
          const frame = Object.assign(document.createElement("iframe"), { src, width: 1000, height: 900, onload: () => loaded(true) });
          frame.sandbox = "allow-scripts";
          document.body.replaceChildren(frame);
        }),
      `${site.site}?v=1&embed=perplexity&engine=cpu&lengths=32&targets=2048&models=alibi-256`,
    );
    const figure = view.frame();
    await ready(figure, 1);
    await stands(figure, "perplexity");
    // Thrown in the midst of the engine's work, as a trap is.
    await figure.evaluate(() => {
      const channel = MessageChannel;
      window.MessageChannel = function () {
        window.MessageChannel = channel;
        throw new Error("broken inside");
      };
    });
    await figure.click('[data-testid="run"]');
    // WebKit tells a page without an origin nothing of its errors.
    const reason = name === "webkit" ? "this browser does not say why" : "broken inside";
    await figure.until("what broke", (reason) => document.querySelector('[data-testid="failure"]')?.textContent.includes(reason), [reason], 60_000);
    // What the browser says of it is no fault of the page's.
    await tab.wrongs();
    await figure.click('[data-testid="retry"]');
    await figure.until("the run's end", () => document.querySelector("figure").dataset.state === "done", [], 120_000);
    // A download would be refused there without a word: the text is offered instead.
    await figure.click('[data-testid="export-csv"]');
    const line = await figure.until("the text to copy", () => document.querySelector('[data-testid="export-text"]')?.value.split("\n")[1]);
    assert.match(line, /^alibi-256,/);
  });

  scenario("<alibi-figure> follows its attributes and its figure's height", async () => {
    const view = await tab.open(hosts.page("twice"));
    const fits = (index) =>
      view.until(`frame ${index} is as high as its figure`, (index) => {
        const frame = document.querySelectorAll("iframe")[index];
        return frame?.style.height && frame.style.height !== "600px" && frame.clientHeight;
      }, [index]);
    const shows = async (index, heads) => {
      await view.evaluate((index) => document.querySelectorAll("alibi-figure")[index].scrollIntoView({ behavior: "instant" }), index);
      await view.until("the frame", (index) => Boolean(document.querySelectorAll("iframe")[index]), [index]);
      const figure = view.frame(index);
      await figure.until(`${heads} heads`, (heads) => document.querySelectorAll('table[data-series="slopes"] tbody tr').length === heads, [heads]);
      const height = await fits(index);
      const inside = await figure.evaluate(() => document.documentElement.scrollHeight - document.documentElement.clientHeight);
      assert.ok(inside <= 1, `${inside} pixels of scroll in frame ${index}, ${height} high`);
    };
    await shows(0, 8);
    await shows(1, 12);
    await view.evaluate(() => document.querySelector("#eight").setAttribute("heads", "20"));
    await shows(0, 20);
    await shows(1, 12);
    const before = await fits(0);
    await view.frame(0).click("details summary");
    await view.until("the frame grows with its table", (before) => document.querySelector("iframe").clientHeight > before + 100, [before]);
  });

  scenario("after one visit the page opens without a network", async (context) => {
    const own = await serveSite();
    try {
      const view = await tab.open(`${own.site}?v=1&engine=cpu&lengths=32&targets=2048&models=alibi-256`);
      if (!(await view.evaluate(() => "serviceWorker" in navigator))) return context.diagnostic("no service workers here");
      await ready(view);
      await view.until("the service worker", () => navigator.serviceWorker.controller?.state === "activated");
    } finally {
      stop(own);
    }
    await tab.reload();
    await ready(tab.view);
    for (const id of ["opening", "extrapolation", "slopes"]) await stands(tab.view, id);
    await answers(tab.view, "slopes");
  });
}
