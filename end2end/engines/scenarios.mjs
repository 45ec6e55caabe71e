// What the page promises, asked of a browser in the same words whichever it is. Each engine's file (chromium.mjs,
// firefox.mjs, webkit.mjs) calls `scenarios` once, so that the runner can try two browsers at a time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { reference } from "../recorded.mjs";
import { ENGINES } from "./drivers.mjs";
import { RUNS, answering } from "./figures.mjs";
import { job, stretch } from "../jobs.mjs";
import { EMPTY, FIGURES } from "../open.mjs";
import { Window } from "./handle.mjs";
import { serveHosts, serveSite, stop } from "./site.mjs";

const MODELS = ["sinusoidal-256", "rotary-256", "alibi-256"];

/** Waits until the article or the embed has all its figures. */
async function ready(view, count = FIGURES.length) {
  await view.until("the first figure", () => Boolean(document.querySelector("figure[data-figure]")));
  // What is far away waits until the reader moves.
  await view.evaluate(() => window.dispatchEvent(new Event("pointermove")));
  return view.until(`${count} figures`, (count) => document.querySelectorAll("figure[data-figure]").length === count, [count], 60_000);
}

/** Brings a figure to where it can be seen and waits until it stands: a finding, and something drawn. */
async function stands(view, id) {
  const figure = `figure[data-figure="${id}"]`;
  await view.evaluate((figure) => document.querySelector(figure).scrollIntoView({ block: "center", behavior: "instant" }), figure);
  await view.until(`${id} says what it shows`, (figure) => document.querySelector(`${figure} [data-testid="finding"]`)?.textContent.trim(), [figure]);
  if (EMPTY.has(id)) return;
  await view.until(`${id} is drawn (if it draws nothing before it is run, say so in EMPTY, end2end/open.mjs)`, (figure) => {
    const visible = [...document.querySelectorAll(`${figure} :is(canvas, img, .passage, .sentence, .idea)`)].filter((e) => e.offsetParent && e.offsetHeight);
    const blank = (canvas) => {
      if (!canvas.width) return true;
      const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      return new Set(pixels).size < 4;
    };
    const missing = (e) => (e.tagName === "IMG" ? !e.complete || !e.naturalWidth : e.tagName === "CANVAS" ? blank(e) : !e.textContent.trim());
    return visible.length > 0 && !visible.some(missing);
  }, [figure]);
}

/** A figure answers to the pointer and to keys. */
const answers = (view, id) => answering(view, id, async (canvas) => {
  const readout = () => view.evaluate((canvas) => document.querySelector(canvas).parentElement.nextElementSibling.textContent.trim(), canvas);
  const changes = async (what, before, act) => {
    await act();
    await view.until(`${id} answers to ${what}`, (canvas, before) => document.querySelector(canvas).parentElement.nextElementSibling.textContent.trim() !== before, [canvas, before], 10_000);
    return readout();
  };
  const hint = await readout();
  const pointed = await changes("the pointer", hint, () => view.point(canvas, [0.4, 0.5]));
  assert.match(pointed, /\d/, `${id} tells a number`);
  // Off the chart again: what the keyboard chooses is what is told from now on.
  await changes("the pointer's leaving", pointed, () => view.point(`figure[data-figure="${id}"] [data-testid="finding"]`));
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

  /** The laboratory of a site whose host does something wrong; what browsers write to their consoles of that is no fault. */
  const faulty = (what, faults, body, before = () => {}) =>
    scenario(what, async () => {
      const own = await serveSite();
      own.faults.push(...faults);
      try {
        const view = await tab.open(`${own.site}?v=1&embed=perplexity&engine=cpu&lengths=32&targets=2048&models=alibi-256,rotary-256`);
        await ready(view, 1);
        await view.evaluate(() => {
          // What a service worker keeps would hide what the host does next.
          Object.defineProperty(Navigator.prototype, "serviceWorker", { get: () => ({ register: () => new Promise(() => {}) }) });
        });
        await view.evaluate(before);
        await view.until("the run's button", () => document.querySelector('[data-testid="run"]')?.getAttribute("aria-disabled") === "false");
        await view.click('[data-testid="run"]');
        await body(view, own);
        await tab.wrongs();
      } finally {
        stop(own);
      }
    });
  const ends = (view) => view.until("the run's end", () => document.querySelector("figure").dataset.state === "done" && !document.querySelector('[data-testid="failure"]'), [], 120_000);
  const says = (view, words) => view.until(words, (words) => document.querySelector('[data-testid="failure"]')?.textContent.includes(words), [words], 60_000);
  /** The laboratory's rows, once there are as many and the table follows the figure, which it does when that stands still. */
  const settled = async (view, n) => {
    await view.until(`${n} rows`, (n) => {
      const table = document.querySelector('table[data-series="perplexity"]');
      return table && table.getAttribute("aria-busy") !== "true" && table.tBodies[0].rows.length === n;
    }, [n]);
    return view.rows("perplexity");
  };
  /** Each model's perplexity is the reference's. */
  const right = async (view) => {
    const rows = await settled(view, 2);
    for (const model of ["alibi-256", "rotary-256"]) {
      const expected = Math.exp(reference(model, 32, 2048).loss).toFixed(2);
      assert.ok(rows.some((row) => row.some((cell) => cell.includes(expected))), `${expected} of ${model} in ${rows}`);
    }
  };

  faulty("an engine that never arrives is given up, and can be tried again", [{ path: /worker_loader/, does: "stalls" }], async (view, own) => {
    await says(view, "did not start within 30 seconds");
    own.faults.length = 0;
    await view.evaluate(() => void (window.setInterval = window.every));
    await view.click('[data-testid="retry"]');
    await ends(view);
    await right(view);
  }, () => {
    // Time goes by ten times as fast for whoever waits for the first engine.
    window.every = window.setInterval;
    window.setInterval = (what, time) => window.every(what, time / 10);
  });

  faulty("workers that die at work are replaced by the page", [{
    path: /worker_loader/, does: (text) => `if (typeof document === "undefined") addEventListener("message", (event) => event.data?.body?.Run && self.close());\n${text}`,
  }], async (view) => {
    await ends(view);
    await right(view);
  });

  faulty("weights that are cut are refused by name, and can be asked for again", [{ path: /rotary-256[^/]*\.safetensors/, does: "cuts" }], async (view, own) => {
    await says(view, "rotary-256.safetensors");
    // The other model goes on.
    await settled(view, 1);
    own.faults.length = 0;
    await view.click('[data-testid="retry"]');
    await ends(view);
    await right(view);
  });

  faulty("an engine in whose place a page is sent is said to be broken, and can be tried again", [{ path: /worker_(?:plain|relaxed)[^/]*\.wasm/, does: () => "<!doctype html><title>Not here</title>" }], async (view, own) => {
    await says(view, "background worker failed");
    own.faults.length = 0;
    await view.click('[data-testid="retry"]');
    await ends(view);
    await right(view);
  });

  scenario("what was computed outlives a reload, and a crash of the tab", async () => {
    const view = await tab.open(`${site.site}?v=1&embed=perplexity&engine=cpu&lengths=32&targets=2048&models=alibi-256`);
    await ready(view, 1);
    await stands(view, "perplexity");
    await view.click('[data-testid="run"]');
    await view.until("the run's end", () => document.querySelector("figure").dataset.state === "done", [], 120_000);
    const measured = () => view.until("a measured row", () => [...document.querySelectorAll('table[data-series="perplexity"] tbody tr')].some((row) => /cpu/.test(row.textContent)));
    await measured();
    const rows = await settled(view, 1);
    await view.until("an answer that is kept", () => Object.keys(sessionStorage).some((name) => name.includes(" answer ")));
    await view.evaluate(() => {
      window.before = true;
      setTimeout(() => location.reload());
    });
    await view.until("the answer again", () => !window.before && Boolean(document.querySelector('[data-testid="ran"]')));
    await measured();
    assert.deepEqual(await settled(view, 1), rows);
    // Only Chromium can be told to crash.
    if (name !== "chromium") return;
    await driver.crash();
    await view.until("the answer after a crash", () => Boolean(document.querySelector('[data-testid="ran"]')));
    await measured();
    assert.deepEqual(await settled(view, 1), rows);
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
    await figure.click('[data-testid="run"]');
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
