// Faults that say nothing of themselves: what never arrives, stops answering, throws where it should reject, or traps. Every wait
// ends: with right numbers by another way, or with a sentence and a way on. end2end/FAULTS.md lists them.
import { expect, test, type Route } from "@playwright/test";
import { FEW, expectPoints, inWorkers, laboratory } from "./faults";
import { idle } from "./open.mjs";
import { Explainer, site } from "./page";

for (const [what, path] of [["script", /worker_loader[^/]*\.js/], ["WASM", /worker_(plain|relaxed)[^/]*\.wasm/]] as const) {
  test(`an engine whose ${what} never arrives is given up, and can be tried again`, async ({ page }) => {
    let there = false;
    await page.route(path, (route) => (there ? route.continue() : undefined));
    await page.clock.install();
    const figure = await laboratory(page, `${FEW}&engine=cpu`);
    await figure.control("run").click();
    await expect(figure.control("status")).toContainText("starting");
    // Stopped and begun again, the same engine is waited for, and not for ever.
    await figure.control("stop").click();
    await figure.control("run").click();
    await page.clock.runFor(31_000);
    await expect(figure.control("failure").first()).toContainText("did not start within 30 seconds");
    there = true;
    await figure.control("retry").first().click();
    await page.clock.resume();
    await figure.reaches("done", 60_000);
    await expectPoints(figure, 3);
  });
}

test("workers that are gone in the midst of a run are replaced, and the run goes on", async ({ page }) => {
  const figure = await laboratory(page, "?v=1&lengths=32,2048&targets=2048&engine=cpu");
  await figure.control("run").click();
  await expect.poll(() => page.workers().length).toBe(2);
  await expect(figure.control("status")).toContainText(/now/);
  const gone = page.workers();
  await Promise.all(gone.map((worker) => worker.evaluate(() => self.close()).catch(() => {})));
  // Others take their place within five seconds, and a slow machine's second.
  await expect.poll(() => page.workers().filter((worker) => !gone.includes(worker)).length, { timeout: 7_000 }).toBe(2);
  await figure.reaches("done", 60_000);
  await expectPoints(figure, 6);
  await expect(figure.control("failure")).toHaveCount(0);
});

test("a task over which workers fall silent again and again is done by the page", async ({ page }) => {
  // Gone as soon as it is given its work.
  await inWorkers(page, `if (typeof document === "undefined") addEventListener("message", (event) => event.data?.body?.Run && self.close())`);
  const figure = await laboratory(page, `${FEW}&engine=cpu&models=alibi-256`);
  await figure.control("run").click();
  await figure.reaches("done", 60_000);
  expect(await expectPoints(figure, 1)).toEqual(["cpu"]);
});

/** A browser's WebGPU, as it should not be. */
const ADAPTERS: [string, string, RegExp][] = [
  ["never answers", "requestAdapter: () => new Promise(() => {})", /does not say whether it has one/],
  ["throws", 'requestAdapter: () => { throw new TypeError("no adapters today") }', /no adapters today/],
  ["rejects", 'requestAdapter: () => Promise.reject(new DOMException("not now", "OperationError"))', /./],
  ["gives no device", 'requestAdapter: async () => ({ features: new Set(), limits: {}, info: {}, requestDevice: () => Promise.reject(new DOMException("busy", "OperationError")) })', /./],
  ["has a device that never comes", "requestAdapter: async () => ({ features: new Set(), limits: {}, info: {}, requestDevice: () => new Promise(() => {}) })", /./],
];
for (const [what, adapter, says] of ADAPTERS) {
  test(`WebGPU that ${what} leaves the work to the CPU, and that is said`, async ({ page }) => {
    await inWorkers(page, `Object.defineProperty(navigator, "gpu", { value: { wgslLanguageFeatures: new Set(), getPreferredCanvasFormat: () => "rgba8unorm", ${adapter} } })`);
    for (const engine of ["auto", "gpu"]) {
      const figure = await laboratory(page, `${FEW}&engine=${engine}&models=alibi-256`);
      await figure.control("run").click();
      await figure.reaches("done", 60_000);
      expect(await expectPoints(figure, 1)).toEqual(["cpu"]);
      await expect(figure.control("notice").first()).toContainText(says);
      for (const said of await figure.control("notice").allTextContents()) expect(said).not.toMatch(/JsValue|undefined|\[object/);
      await expect(figure.control("failure")).toHaveCount(0);
    }
  });
}

test("an engine that breaks within the page of a sandboxed frame is heard of, and can be tried again", async ({ page }) => {
  await page.goto(process.env.BLOG!);
  const src = `${site()}${FEW}&embed=perplexity&engine=cpu&models=alibi-256`;
  await page.evaluate((src) => {
    const frame = Object.assign(document.createElement("iframe"), { src, width: "800", height: "1600" });
    frame.setAttribute("sandbox", "allow-scripts");
    document.body.append(frame);
  }, src);
  const root = page.frameLocator("iframe").locator('figure[data-figure="perplexity"]');
  await root.getByTestId("run").waitFor();
  const frame = page.frames().find((f) => f.url().startsWith(site()))!;
  // Thrown in the midst of the engine's work, as a trap is.
  await frame.evaluate(() => {
    const channel = MessageChannel;
    window.MessageChannel = function () {
      window.MessageChannel = channel;
      throw new Error("broken inside");
    } as never;
  });
  await root.getByTestId("run").click();
  await expect(root.getByTestId("failure")).toContainText("broken inside");
  await root.getByTestId("retry").click();
  await expect(root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
});

test("weights that stop arriving are given up, and the other models go on @long", async ({ page }) => {
  let there = false;
  await page.route(/rotary-256[^/]*\.safetensors/, (route) => (there ? route.continue() : undefined));
  const figure = await laboratory(page, `${FEW}&engine=cpu`);
  await figure.control("run").click();
  await expect(figure.control("failure")).toContainText("nothing arrived for 30 seconds", { timeout: 45_000 });
  await expect.poll(async () => (await figure.csv()).length).toBe(2);
  there = true;
  await figure.control("retry").click();
  await figure.reaches("done", 60_000);
  await expectPoints(figure, 3);
});

test("a text that was stopped is written anew, and the one on record stands meanwhile", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=generate&v=1&engine=cpu&generate-models=alibi-256,rotary-256,sinusoidal-256");
  const figure = explainer.figure("generate");
  await figure.near();
  await expect.poll(async () => (await figure.rows("generate")).length).toBeGreaterThan(0);
  const recorded = await figure.rows("generate");
  // Stopped as soon as anything new is written: from outside the moment could be missed.
  await figure.root.evaluate((root) => {
    const written = () => root.querySelector(".panel")?.textContent;
    const before = written();
    new MutationObserver((_, observer) => {
      if (written() === before) return;
      observer.disconnect();
      root.querySelector<HTMLButtonElement>('[data-testid="stop"]')!.click();
    }).observe(root, { subtree: true, childList: true, characterData: true });
  });
  await figure.control("run").click();
  await expect(figure.control("status")).toHaveText(/^Stopped/);
  await expect.poll(() => figure.rows("generate"), "on record, or whole").toEqual(recorded);
  await figure.control("run").click();
  await figure.reaches("done", 90_000);
  // What was whole stays, what was not is written again: every row ends as it is on record.
  await expect(figure.control("status")).toHaveText(/^([1-3]) of \1 points computed/);
  await expect.poll(() => figure.rows("generate")).toEqual(recorded);
});

test("what the reader typed outlives a reload: texts too long for an address, and the laboratory's own", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&text=own");
  const long = "A text of the reader's own, with – dashes & signs. ".repeat(12).trim();
  const typed = explainer.figure("attention");
  await typed.near();
  await typed.control("attention-text").fill(long);
  const laboratory = explainer.figure("perplexity");
  await laboratory.near();
  await laboratory.control("own-text").fill(`${long}\nand more`);
  await expect.poll(() => page.evaluate(() => Object.keys(sessionStorage).length)).toBe(3);
  await explainer.reload();
  await laboratory.near();
  await expect(laboratory.control("own-text")).toHaveValue(`${long}\nand more`);
  await typed.near();
  await expect(typed.control("attention-text")).toHaveValue(long);
  // Another address is another wish.
  await explainer.open("?v=1&attention-head=2&text=own");
  await typed.near();
  await expect(typed.control("attention-text")).not.toHaveValue(long);
});

test("what breaks within the page is said, with a way to go on", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open(`${FEW}&engine=cpu&models=alibi-256`);
  const figure = explainer.figure("perplexity");
  const now = await page.evaluateHandle(() => Date.now);
  await figure.runs();
  const points = await figure.csv();
  await page.waitForFunction(() => Object.keys(sessionStorage).some((name) => name.includes(" answer ")));
  // Thrown within the page's WASM, which expects no such thing.
  await page.evaluate(() => void (Date.now = () => { throw new Error("broken inside"); }));
  await figure.control("run").click();
  const broken = page.getByTestId("broken");
  await expect(broken).toContainText("Part of this page has broken down (broken inside).");
  await expect(broken).toContainText("what you typed and what was computed are kept");
  // The others are alive.
  await page.evaluate((now) => void (Date.now = now), now);
  await explainer.figure("slopes").set("heads", 12);
  await expect.poll(async () => (await explainer.figure("slopes").rows("slopes")).length).toBe(12);
  await Promise.all([page.waitForEvent("load"), page.getByTestId("broken").getByRole("button").click()]);
  await expect(broken).toHaveCount(0);
  // Nothing is lost.
  await expect(figure.control("ran")).toContainText("1 point computed");
  expect(await figure.csv()).toEqual(points);
  await figure.runs();
});

/** Lets what the page calls at its boundaries end in a trap, as a panic does, while that is wanted. */
const TRAP = () => {
  const module = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, 5, 1, 3, 0, 0, 11));
  const trap = new WebAssembly.Instance(module).exports.f as () => void;
  const calls = window.alibiAttempt;
  window.alibiAttempt = (what) => calls(() => {
    what();
    trap();
  });
  return () => void (window.alibiAttempt = calls);
};

test("a figure that breaks down over its settings leaves the others alive, and can be tried again", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=cpu");
  const figure = explainer.figure("early-tokens");
  await figure.near();
  const found = await figure.finding();
  const mend = await page.evaluateHandle(TRAP);
  await figure.set("early-length", 1024);
  await expect(figure.control("failure")).toContainText(/This figure has broken down \(.+\). The others go on./);
  await expect(figure.control("finding")).toBeEmpty();
  await page.evaluate((mend) => mend(), mend);
  // Asked for again at once: results of others would bring it back, too.
  await figure.control("retry").click();
  await expect(figure.control("failure")).toHaveCount(0);
  await expect(figure.control("finding")).not.toBeEmpty();
  // One that waits for results computes and shows them; one that computes nothing answers.
  const other = explainer.figure("reach");
  await other.near();
  await other.runs();
  await expect(other.control("source")).toContainText("computed in this page");
  await explainer.figure("slopes").set("heads", 12);
  await expect.poll(async () => (await explainer.figure("slopes").rows("slopes")).length).toBe(12);
  await expect(page.getByTestId("broken")).toHaveCount(0);
  await figure.set("early-length", 512);
  await expect.poll(() => figure.finding()).toBe(found);
});

test("a manifest that no model has is refused by name in a sandboxed frame, too", async ({ page }) => {
  // As if it had been published: the browser is told nothing of what it should be.
  await page.addInitScript(() => {
    const get = fetch;
    window.fetch = (what, how) => get(what, { ...how, integrity: "" });
  });
  await page.route(/models\/manifest-\w+\.json/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(/"n_head":\s*\d+/g, '"n_head": 0') });
  });
  await page.goto(process.env.BLOG!);
  await page.evaluate((src) => {
    const frame = Object.assign(document.createElement("iframe"), { src, width: "800", height: "1600" });
    frame.setAttribute("sandbox", "allow-scripts");
    document.body.append(frame);
  }, `${site()}${FEW}&embed=perplexity&engine=cpu&models=alibi-256`);
  const root = page.frameLocator("iframe").locator('figure[data-figure="perplexity"]');
  await root.getByTestId("run").click();
  await expect(root.getByTestId("failure")).toContainText(/no model.*shape|shape.*no model/);
  await expect(root).not.toHaveAttribute("data-state", "running");
});

test("a canvas that throws is said by its figure, the others draw, and Retry draws it", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&length=32");
  const figure = explainer.figure("bias");
  await figure.near();
  await explainer.rest();
  const mend = await page.evaluateHandle(() => {
    const put = CanvasRenderingContext2D.prototype.putImageData;
    CanvasRenderingContext2D.prototype.putImageData = () => {
      throw new TypeError("no pixels today");
    };
    return () => void (CanvasRenderingContext2D.prototype.putImageData = put);
  });
  await figure.set("length", 40);
  await expect(figure.control("drawing-failure")).toContainText("This drawing has broken down (no pixels today).");
  const slopes = explainer.figure("slopes");
  await slopes.redraws("another number of heads", () => slopes.set("heads", 12));
  await page.evaluate((mend) => mend(), mend);
  await figure.redraws("Retry", () => figure.control("redraw").click());
  await expect(figure.control("drawing-failure")).toHaveCount(0);
  await expect(page.getByTestId("broken")).toHaveCount(0);
});

test("of a file that is asked for twice what came stays, whatever becomes of the other request", async ({ page }) => {
  const held: Route[] = [];
  let refused = true;
  await page.route(/manifest-\w+\.json/, (route) => (refused ? route.fulfill({ status: 500 }) : void held.push(route)));
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("reach");
  await expect(figure.control("failure")).toContainText("manifest");
  refused = false;
  const failed = await page.evaluateHandle(() => {
    const get = window.alibiFetch;
    const failures: string[] = [];
    window.alibiFetch = (base, path) => {
      const file = get(base, path);
      file.catch(() => failures.push(path));
      return file;
    };
    return failures;
  });
  // Two figures' buttons in one task: neither knows of the other yet.
  await page.evaluate(() => document.querySelectorAll<HTMLElement>(':is([data-figure="reach"], [data-figure="cost"]) [data-testid="retry"]').forEach((button) => button.click()));
  await expect.poll(() => held.length).toBe(2);
  await held[0].continue();
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  await held[1].fulfill({ status: 500 });
  // Asked for once more, past every cache.
  await expect.poll(() => held.length).toBe(3);
  await held[2].fulfill({ status: 500 });
  await expect.poll(() => page.evaluate((failed) => failed.length, failed)).toBe(1);
  await idle(page);
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  await expect(figure.control("failure")).toHaveCount(0);
});

const OWN: [string, RegExp][] = [["script", /\/app-[^/]*\.js/], ["script of its parts", /\/split_loader-[^/]*\.js/], ["WASM", /\/app_bg-[^/]*\.wasm/], ["start script", /\/start-[^/]*\.js/]];
for (const [what, path] of OWN) {
  test(`the page's own ${what}, answered wrongly and kept by the browser, comes right by pressing Try again`, async ({ page }) => {
    let wrong = true;
    await page.route(path, async (route) => {
      if (!wrong) return route.continue();
      await route.fulfill({ contentType: "text/html", headers: { "cache-control": "public, max-age=31536000, immutable" }, body: "<!doctype html><p>Welcome</p>" });
    });
    await page.goto(`${site()}?embed=slopes`);
    const said = page.locator("#boot.said");
    await expect(said).toContainText("could not start");
    await expect(said).toContainText("did not arrive as it was published");
    await expect(said).not.toContainText("SIMD");
    wrong = false;
    await Promise.all([page.waitForEvent("load"), page.getByTestId("start-again").click()]);
    await idle(page);
    await expect(new Explainer(page).figure("slopes").root.locator("table tbody tr").first()).toBeAttached();
    await expect(said).toHaveCount(0);
  });

  test(`the page's own ${what} that never arrives is said to be late`, async ({ page }) => {
    await page.route(path, () => undefined);
    await page.clock.install();
    await page.goto(`${site()}?embed=slopes`, { waitUntil: "commit" });
    await page.locator("#boot").waitFor();
    await page.clock.runFor(31_000);
    await expect(page.locator("#boot.said")).toContainText("have not started after 30 seconds");
    await expect(page.getByTestId("start-again")).toBeVisible();
  });
}

for (const [what, path] of [["further figures", /split_parts-[^/]*\.wasm/], ["figures that stand apart", /split_apart-[^/]*\.wasm/], ["both", /chunk_\w+-[^/]*\.wasm/]] as const) {
  test(`the file of ${what}, answered wrongly once, is asked for past every cache`, async ({ page }) => {
    // Requests that a test answers pass no cache: how the page asks is what tells.
    await page.addInitScript(() => {
      const asked: [string, string | undefined][] = [];
      const get = globalThis.fetch;
      globalThis.fetch = (...given) => {
        asked.push([String(given[0]), given[1]?.cache]);
        return get(...given);
      };
      Object.assign(globalThis, { asked });
    });
    let n = 0;
    await page.route(path, async (route) => {
      n += 1;
      if (n > 1) return route.continue();
      await route.fulfill({ contentType: "text/html", headers: { "cache-control": "public, max-age=31536000, immutable" }, body: "<!doctype html><p>Welcome</p>" });
    });
    const explainer = new Explainer(page);
    await explainer.open("?v=1");
    for (const id of ["bias", "train"]) await explainer.figure(id).near();
    const asked = await page.evaluate(() => (globalThis as unknown as { asked: [string, string | undefined][] }).asked);
    expect(asked.filter(([url]) => path.test(url)).map(([, cache]) => cache)).toEqual(["default", "reload"]);
    await expect(page.getByTestId("failure")).toHaveCount(0);
  });
}

test("a page whose site has been updated says so when a file of it is gone, and one whose has not does not", async ({ page }) => {
  let updated = false;
  await page.route(/worker_loader[^/]*\.js/, (route) => route.fulfill({ status: 404 }));
  await page.route((url) => url.pathname.endsWith("/"), async (route) => {
    const response = await route.fetch();
    const body = await response.text();
    await route.fulfill({ response, body: updated && !route.request().isNavigationRequest() ? body.replace(/(data-js="[^"]*)-\w+\.js"/, '$1-0123456789ab.js"') : body });
  });
  const figure = await laboratory(page, `${FEW}&engine=cpu`);
  await page.clock.install();
  await figure.control("run").click();
  await expect(figure.control("failure").first()).toBeVisible();
  await page.waitForLoadState("networkidle");
  await expect(page.getByTestId("changed")).toHaveCount(0);
  updated = true;
  await page.clock.runFor(11_000);
  await figure.control("retry").first().click();
  await expect(page.getByTestId("changed")).toContainText("This page has been updated since you opened it. Reload it to go on; what you typed and what was computed are kept.");
  await Promise.all([page.waitForEvent("load"), page.getByTestId("changed").getByRole("button", { name: "Reload" }).click()]);
});
