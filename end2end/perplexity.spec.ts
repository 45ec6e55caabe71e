// The laboratory on the CPU: the numbers are those of the native reference, and stopping stops.
import { expect, test, type Page } from "@playwright/test";
import { expectReference, reference } from "./golden";
import { job, stretch } from "./jobs.mjs";
import { Explainer, site, stop } from "./page";

const MODELS = ["sinusoidal-256", "rotary-256", "alibi-256"];

test("the three default models to 512 tokens equal the native reference", async ({ page }) => {
  await expectDefaults(page, "&lengths=32,128,512&targets=2048", 3, 2048, 60_000);
});

test("the three default models to 4,096 tokens equal the native reference @long", async ({ page }) => {
  test.setTimeout(20 * 60_000);
  // What a slow engine scores unless the reader asks for more.
  await expectDefaults(page, "", 8, 8192, 19 * 60_000);
});

/** Runs the laboratory and holds every point of its CSV file and its table to the native reference. */
async function expectDefaults(page: Page, query: string, lengths: number, targets: number, timeout: number): Promise<void> {
  const explainer = new Explainer(page);
  await explainer.open(`?v=1&engine=cpu${query}`);
  const figure = explainer.figure("perplexity");
  await figure.control("run").click();
  await figure.reaches("running");
  await figure.reaches("done", timeout);
  const points = await figure.csv();
  expect(points.length).toBe(MODELS.length * lengths);
  for (const point of points) {
    expectReference(point, targets);
    expect(point.source).toBe("cpu");
  }
  // What the reader sees is the same, to the figures shown.
  const rows = await figure.rows("perplexity");
  expect(rows.length).toBe(points.length);
  rows.forEach((row, i) => {
    expect(row[0]).toBe(points[i].model);
    expect(Math.abs(Number(row[2].replaceAll(",", "")) / Number(points[i].perplexity) - 1)).toBeLessThan(1e-3);
  });
  await expect(figure.root.locator('[data-engine="cpu"]').first()).toBeVisible();
  expect(explainer.watch.errors).toEqual([]);
  expect(explainer.watch.foreign).toEqual([]);
}

test("stop keeps what was computed, within 200 ms @timing", async ({ page }) => {
  test.setTimeout(5 * 60_000);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=cpu&lengths=32,4096");
  const figure = explainer.figure("perplexity");
  await figure.control("run").click();
  // Before the first point the table holds what was recorded.
  const measured = async () => (await figure.rows("perplexity")).filter((row) => row[7] === "cpu");
  await expect.poll(async () => (await measured()).length, { timeout: 4 * 60_000 }).toBeGreaterThan(0);
  const took = await stop(figure.root);
  test.info().annotations.push({ type: "measured", description: `stopped after ${took.toFixed(0)} ms` });
  expect(took).toBeLessThan(200);
  const kept = await measured();
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.length).toBeLessThan(6);
  await expect(figure.control("stop")).toBeDisabled();
  await expect(figure.control("run")).toBeEnabled();
});

for (const [id, change, back] of [
  ["perplexity", ["length-64", true], ["length-64", false]],
  ["extrapolation", ["trained", "512"], ["trained", "256"]],
  ["what-if", ["what-if-change", "one-slope"], ["what-if-change", "window"]],
] as const) {
  test(`${id} says when a run in progress is for other choices`, async ({ page }) => {
    const explainer = new Explainer(page);
    await explainer.open(`?embed=${id}&engine=cpu&lengths=32,4096`);
    const figure = explainer.figure(id);
    const set = ([control, value]: readonly [string, string | boolean]) =>
      typeof value === "boolean" ? figure.tick(control, value) : figure.set(control, value);
    await set(change);
    await set(back);
    await figure.control("run").click();
    await figure.reaches("running");
    await expect(figure.control("changed")).toHaveCount(0);
    await set(change);
    await expect(figure.control("changed")).toContainText("Run it again when it is done");
    await set(back);
    await expect(figure.control("changed")).toHaveCount(0);
    await set(change);
    await figure.control("stop").click();
    await expect(figure.control("changed")).toHaveCount(0);
  });
}

test("a sliding window with the stride of the input equals nonoverlapping evaluation", async ({ page }) => {
  test.setTimeout(3 * 60_000);
  const explainer = new Explainer(page);
  const values: string[] = [];
  for (const query of ["", "&protocol=sliding&stride=256"]) {
    await explainer.open(`?v=1&engine=cpu&models=alibi-256&lengths=256&targets=2048${query}`);
    const figure = explainer.figure("perplexity");
    await figure.runs();
    values.push((await figure.csv())[0].perplexity);
    await expect.poll(() => figure.finding()).not.toContain("Nothing has been measured");
  }
  expect(Math.abs(Number(values[1]) / Number(values[0]) - 1)).toBeLessThan(1e-6);
});

for (const build of ["plain", "relaxed"]) {
  test(`the engine's ${build} build gives the native reference, and is the one fetched`, async ({ page }) => {
    test.setTimeout(2 * 60_000);
    const fetched: string[] = [];
    page.context().on("request", (request) => fetched.push(/(worker_\w+)-\w+\.wasm$/.exec(request.url())?.[1] ?? ""));
    // This browser has relaxed SIMD; one without it refuses the module that asks.
    if (build === "plain") {
      await page.route(/\/worker-\w+\.js$/, async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, body: (await response.text()).replace("WebAssembly.validate", "(() => false)") });
      });
    }
    const explainer = new Explainer(page);
    await explainer.open("?v=1&engine=cpu&models=alibi-256&lengths=256,1024&targets=2048");
    const figure = explainer.figure("perplexity");
    await figure.runs();
    for (const point of await figure.csv()) expectReference(point, 2048);
    expect(new Set(fetched.filter(Boolean))).toEqual(new Set([`worker_${build}_bg`]));
  });
}

for (const model of MODELS) {
  // The others read every key at every step: minutes on a slow machine.
  const mark = model === "alibi-256" ? "" : " @long";
  test(`${model} at 16,384 tokens equals the native reference and stays under 128 MB${mark}`, async ({ page }) => {
    test.setTimeout(10 * 60_000);
    await new Explainer(page).open("?embed=slopes");
    // The engine in the page itself, as in a frame without workers: here its memory can be read.
    const { scored, megabytes } = await page.evaluate(async ([base, asked]) => {
      // What fetches the engine's files.
      await import(base + alibiFile("assets/worker_loader.js"));
      const { default: init, servePage } = await import(base + alibiFile("worker.js"));
      const { memory } = await init();
      const answer = (request: unknown) =>
        new Promise<any>((resolve, reject) => {
          let listener: (event: unknown) => void;
          servePage({
            addEventListener: (_: string, l: typeof listener) => (listener = l),
            postMessage: ({ body }: any) => {
              if (body === "Ready") listener({ data: { id: 2, body: { Run: request } } });
              else if (body.Scored) resolve(body.Scored);
              else if (body.Failed) reject(new Error(JSON.stringify(body.Failed)));
            },
          });
          listener!({ data: { id: 1, body: { Configure: { base } } } });
        });
      const scored = await answer(asked);
      return { scored, megabytes: memory.buffer.byteLength / 1e6 };
    }, [site(), job(model, { Score: stretch(16384, 16384) })] as const);
    const sum = (key: string) => scored.blocks.reduce((total: number, block: any) => total + block[key], 0);
    const expected = reference(model, 16384, 16384);
    expect(sum("n_targets")).toBe(expected.targets);
    expect(Math.abs(Math.exp(sum("nll") / sum("n_targets")) / expected.perplexity - 1)).toBeLessThan(1e-3);
    const speed = (16384 / scored.seconds).toFixed(0);
    console.log(`      ${model} at 16,384: ${speed} tokens/s, ${megabytes.toFixed(0)} MB of WASM memory`);
    expect(megabytes).toBeLessThan(128);
  });
}
