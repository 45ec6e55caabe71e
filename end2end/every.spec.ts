// The registry, figure by figure, each alone in its embed: both themes, a telephone's width and a desk's. And each in the
// article: what its chart says is what its table says, and what stands in the address comes back.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { EMPTY, Explainer, FIGURES } from "./page";

/** The narrowest screen that the page promises to fit. */
const NARROWEST = 320;

for (const id of FIGURES) {
  for (const width of [360, 1280]) {
    test(`${id} embedded at ${width} px, light and dark`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      const explainer = new Explainer(page);
      await page.emulateMedia({ colorScheme: "light" });
      await explainer.open(`?embed=${id}`);
      const figure = explainer.figure(id);
      expect(await explainer.figureIds()).toEqual([id]);
      if (!EMPTY.has(id)) await expect(figure.root.locator("canvas, img, .passage, .idea, .flow").first(), "drawn before it is run, or in EMPTY of open.mjs").toBeVisible();
      await figure.near();
      await explainer.rest();
      await expect(page.getByTestId("notices")).toHaveCount(0);
      for (const narrow of [width, Math.min(width, NARROWEST)]) {
        await page.setViewportSize({ width: narrow, height: 800 });
        // Drawings follow the width a frame later.
        await explainer.rest();
        expect(await explainer.excess(), `pixels of horizontal scroll at ${narrow}`).toBeLessThanOrEqual(0);
      }
      expect(await explainer.violations(), "light").toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      await expect.poll(() => page.evaluate(() => getComputedStyle(document.body).backgroundColor)).not.toBe("rgb(255, 255, 255)");
      expect(await explainer.violations(), "dark").toEqual([]);
      expect(explainer.watch).toEqual({ errors: [], foreign: [] });
    });
  }
}

test("a frame as high as the registry says shows a figure as it opens", async ({ page }) => {
  test.setTimeout(120_000);
  const listed: { id: string; height: number }[] = JSON.parse(readFileSync("assets/figures.json", "utf8"));
  // The width that the pages made for oEmbed name.
  await page.setViewportSize({ width: 760, height: 800 });
  const wrong: string[] = [];
  const explainer = new Explainer(page);
  for (const { id, height } of listed) {
    await explainer.open(`?embed=${id}`);
    await explainer.figure(id).near();
    await explainer.rest();
    const shown = await page.evaluate(() => document.querySelector("main")!.getBoundingClientRect().bottom + scrollY);
    // Fonts differ from machine to machine.
    if (Math.abs(height - shown) > 0.08 * shown) wrong.push(`${id}: ${height} listed, ${Math.ceil(shown)} shown`);
  }
  expect(wrong).toEqual([]);
});

/** Settings that are not their defaults, of figures with more than lists and rows of buttons; as an address has them. */
const STATES: Record<string, string> = {
  opening: "opening-length=512&opening-guess=on",
  idea: "idea-slope=0.015625&idea-score-1=-2&idea-score-2=0.5&idea-score-3=4&idea-score-4=0",
  extrapolation: "without=none-256&guess=alibi-256_14_15_16_17",
  methods: "methods-method=rotary",
  slopes: "heads=12&order=sorted",
  bias: "heads=4&length=32&head=2&form=code&view=all&scores=equal",
  reach: "reach-method=rotary",
  perplexity: "models=alibi-256&lengths=64,256&protocol=sliding&stride=16&targets=2048&engine=cpu",
  "early-tokens": "early-length=2048",
  cost: "cost-longest=1024&cost-models=alibi-256",
  recall: "recall-methods=rotary,none",
  train: "train-methods=rotary,none&train-seed=7",
  "what-if": "what-if-change=half&what-if-method=alibi",
};

for (const id of FIGURES) {
  test(`the address of ${id} comes back as it was sent`, async ({ page }) => {
    const explainer = new Explainer(page);
    await explainer.open(`?embed=${id}`);
    const { root } = explainer.figure(id);
    // Lists of models are filled when it is known which there are. And leaving while a file is on its way would count as
    // an error.
    await explainer.figure(id).near();
    await explainer.rest();
    // Besides the states above, whatever can be chosen: of every list and every row of buttons the last value that is not chosen.
    const state = STATES[id] ?? "";
    let query = state;
    for (const control of await root.locator(".controls select[data-testid], .controls fieldset.segmented[data-testid]").all()) {
      const key = (await control.getAttribute("data-testid"))!;
      if (query.includes(`${key}=`)) continue;
      const values = await control.locator("option:not(:checked), input:not(:checked)").evaluateAll((all) => all.map((o) => (o as HTMLInputElement).value));
      if (!["targets", "engine", "stride", "guess-model"].includes(key)) query += `&${key}=${values[values.length - 1]}`;
    }
    query = query.replace(/^&/, "");
    await explainer.open(`?v=1&embed=${id}&${query}`);
    await expect(page.getByTestId("notices")).toHaveCount(0);
    await explainer.rest();
    const link = await page.getByTestId("full-page").getAttribute("href");
    const sent = new URLSearchParams(query);
    const written = new URL(link!).searchParams;
    for (const [key, value] of sent) {
      expect(written.get(key), key).toBe(value);
    }
    expect(explainer.watch.errors).toEqual([]);
  });
}

test("a chart's readout says what the table says", async ({ page }) => {
  test.setTimeout(120_000);
  const explainer = new Explainer(page);
  for (const id of FIGURES.filter((f) => !["bias", "slopes"].includes(f))) {
    await explainer.open(`?embed=${id}`);
    const figure = explainer.figure(id);
    const canvases = figure.root.locator('canvas[aria-roledescription="chart"]:visible');
    await figure.near();
    await explainer.rest();
    if ((await canvases.count()) === 0) continue;
    const canvas = canvases.first();
    await expect.poll(async () => (await figure.root.locator("table[data-series] tbody tr").count()) > 0).toBe(true);
    await canvas.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await expect(figure.control("readout").first(), id).toHaveText(/: .*\d/);
    await explainer.rest();
    const readout = (await figure.control("readout").first().textContent())!;
    // One series after another, each its name and its value, which stands last; bands in brackets aside.
    const parts = readout.split(": ")[1].replace(/ \([^)]*\)/g, "").split(", ");
    const values = parts.map((part) => Number(part.split(" ").at(-1))).filter(Number.isFinite);
    const cells = (await figure.root.locator("table[data-series] td").allTextContents()).map((c) => Number(c.replace(/,/g, "").replace("−", "-").replace(/ %$/, "")));
    expect(values.length, readout).toBeGreaterThan(0);
    for (const value of values) {
      const near = cells.some((c) => Number.isFinite(c) && Math.abs(c - value) <= Math.max(0.006, 0.006 * Math.abs(value)));
      expect(near, `${id}: ${value} of "${readout}" is in no table`).toBe(true);
    }
  }
});
