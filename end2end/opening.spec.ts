// What the page opens with: seen whole without scrolling, and at every length what was recorded.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { reference } from "./golden";
import { Explainer, type Figure } from "./page";

const MODELS = ["sinusoidal-256", "rotary-256", "t5-256", "alibi-256"];
const LENGTHS = [32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384];
const TARGETS = 32768;

interface Lines {
  before: string;
  lines: { model: string; length: number; text: string }[];
}
const written: Lines = JSON.parse(readFileSync("assets/models/lines.json", "utf8"));

/** A text with single spaces, as it is shown. */
const plain = (text: string) => text.replace(/\s+/g, " ").trim();
const shown = (perplexity: number) => perplexity.toFixed(perplexity < 100 ? 2 : 1);

/** What a model's row says: its perplexity and its line. */
async function row(figure: Figure, model: string): Promise<string[]> {
  const item = figure.root.locator(`[data-model="${model}"]`);
  const number = await item.getByTestId("opening-perplexity").locator("span").nth(1).textContent();
  return [number ?? "", plain((await item.getByTestId("opening-line").textContent()) ?? "")];
}

const rowsOf = async (figure: Figure) => Object.fromEntries(await Promise.all(MODELS.map(async (model) => [model, await row(figure, model)])));

/** What the rows must say at a length. */
const recorded = (length: number) =>
  Object.fromEntries(MODELS.map((model) => {
    const { text } = written.lines.find((l) => l.model === model && l.length === length)!;
    return [model, [shown(reference(model, length, TARGETS).perplexity), `“… ${plain(text)}”`]];
  }));

async function opened(page: Page, query = ""): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  const figure = explainer.figure("opening");
  await figure.reaches("idle");
  return { explainer, figure };
}

for (const [width, height] of [[1280, 800], [390, 844]]) {
  for (const theme of ["light", "dark"] as const) {
    test(`heading, sentences, chart and slider are seen without scrolling, ${width} × ${height}, ${theme}`, async ({ page }) => {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme: theme });
      const { explainer, figure } = await opened(page);
      await explainer.rest();
      await expect(page.locator("h1")).toHaveText("Train short, test long");
      const parts = { heading: page.locator("h1"), sentences: page.locator(".lead"), chart: figure.root.locator("canvas"), slider: figure.control("opening-length") };
      const rows = { ...parts, rows: figure.root.locator(".opening-rows") };
      const all = width > 1000 ? { ...rows, finding: figure.control("finding") } : rows;
      expect(await page.evaluate(() => scrollY)).toBe(0);
      for (const [what, part] of Object.entries(all)) {
        const box = (await part.boundingBox())!;
        expect(box.y, `${what} begins`).toBeGreaterThanOrEqual(0);
        expect(box.y + box.height, `${what} ends`).toBeLessThanOrEqual(height);
      }
      expect(await explainer.excess()).toBeLessThanOrEqual(0);
      expect(explainer.watch).toEqual({ errors: [], foreign: [] });
    });
  }
}

test("every row says what was recorded, at every length", async ({ page }) => {
  const { figure } = await opened(page);
  await expect.poll(() => rowsOf(figure)).toEqual(recorded(4096));
  await expect(figure.root.locator(".opening-rows > p")).toContainText(written.before);
  for (const [place, length] of LENGTHS.entries()) {
    await figure.set("opening-length", place);
    await expect.poll(() => rowsOf(figure), { message: `at ${length}` }).toEqual(recorded(length));
    await expect(figure.control("finding")).toContainText(`At ${length.toLocaleString("en")} tokens`);
  }
  // The table has a row for each model and length.
  const rows = await figure.rows("opening");
  const wanted = MODELS.flatMap((model) => LENGTHS.map((length) => [model, length.toLocaleString("en"), shown(reference(model, length, TARGETS).perplexity)]));
  expect(rows.map((row) => row.slice(0, 3))).toEqual(wanted);
  await figure.root.locator("details.folded > summary").click();
  const csv = await figure.csv();
  expect(csv.map((line) => `${line.model} ${line.length}`)).toEqual(wanted.map(([model, length]) => `${model} ${length.replace(",", "")}`));
});

test("keys and the chart choose the length, and the address keeps it", async ({ page }) => {
  // The line would still be on its way when its place is read.
  await page.emulateMedia({ reducedMotion: "reduce" });
  const { explainer, figure } = await opened(page);
  const slider = figure.control("opening-length");
  await slider.focus();
  await page.keyboard.press("ArrowRight");
  await expect(slider).toHaveAttribute("aria-valuetext", "8,192 tokens, 32 times the training length");
  await expect.poll(() => explainer.query.get("opening-length")).toBe("8192");
  await page.keyboard.press("Home");
  await expect(slider).toHaveAttribute("aria-valuetext", "32 tokens, an eighth of the training length");
  // By pointer: where the line stands at a length, that length is chosen, and a drag goes on.
  const canvas = figure.root.locator("canvas");
  const cursor = figure.root.locator(".opening-cursor");
  const places: number[] = [];
  for (const place of [2, 9]) {
    await figure.set("opening-length", place);
    await explainer.rest();
    const [line, chart] = [(await cursor.boundingBox())!, (await canvas.boundingBox())!];
    places.push(line.x + line.width / 2 - chart.x);
  }
  await canvas.click({ position: { x: places[0], y: 100 } });
  await expect(slider).toHaveValue("2");
  const box = (await canvas.boundingBox())!;
  await page.mouse.move(box.x + places[0], box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + places[1], box.y + 100, { steps: 4 });
  await page.mouse.up();
  await expect(slider).toHaveValue("9");
  await page.mouse.move(box.x + places[0], box.y + 100);
  await expect(slider, "a pointer that only passes").toHaveValue("9");
  await expect.poll(() => explainer.query.get("opening-length")).toBe("16384");
  await explainer.reload();
  await expect(figure.control("opening-length")).toHaveValue("9");
  await expect.poll(() => rowsOf(figure)).toEqual(recorded(16384));
});

test("a length that was not recorded is moved to the nearest, and that is said", async ({ page }) => {
  const { figure } = await opened(page, "?opening-length=5000");
  await expect(figure.control("opening-length")).toHaveValue("7");
  await expect(page.getByTestId("address-notice")).toContainText("opening-length");
});

test("guess first: nothing past the training length tells, then all of it does", async ({ page }) => {
  const { explainer, figure } = await opened(page);
  const guess = figure.control("opening-guess");
  await expect(guess).toHaveText("Guess first");
  const blank = await figure.drawing();
  await guess.focus();
  await figure.redraws("hiding", () => page.keyboard.press("Enter"));
  await expect(guess).toHaveText("Show results");
  await expect(figure.control("finding")).toContainText("Where do you expect each model to go");
  expect(await rowsOf(figure)).toEqual(Object.fromEntries(MODELS.map((model) => [model, ["?", ""]])));
  const lengths = async () => new Set((await figure.rows("opening")).map((row) => row[1]));
  await expect.poll(lengths).toEqual(new Set(["32", "64", "128", "256"]));
  // Not in what is read aloud either: numbers past the training length stand nowhere in the figure.
  const text = await figure.root.evaluate((root) => root.textContent! + root.querySelector("canvas")!.getAttribute("aria-label"));
  for (const model of MODELS) expect(text).not.toContain(shown(reference(model, 4096, TARGETS).perplexity));
  // What was trained for is no secret.
  await figure.set("opening-length", 3);
  await expect.poll(() => rowsOf(figure)).toEqual(recorded(256));
  await figure.set("opening-length", 7);
  await expect.poll(() => explainer.query.get("opening-guess")).toBe("on");
  await explainer.reload();
  await expect(guess).toHaveText("Show results");
  await guess.focus();
  await page.keyboard.press("Enter");
  await expect.poll(() => rowsOf(figure)).toEqual(recorded(4096));
  await expect(guess).toHaveText("Guess first");
  // The keyboard stays where it was.
  await expect(guess).toBeFocused();
  await expect.poll(() => figure.drawing()).toBe(blank);
  await expect.poll(() => explainer.query.get("opening-guess")).toBeNull();
});

test("without what the models wrote the chart works, and it can be asked for again", async ({ page }) => {
  await page.route(/lines-\w+\.json/, (route) => route.fulfill({ status: 404 }));
  const { figure } = await opened(page);
  await expect(figure.control("failure")).toContainText("What the models wrote could not be loaded.");
  await figure.set("opening-length", 9);
  await expect(figure.control("finding")).toContainText("64 times the training length");
  expect(await row(figure, "alibi-256")).toEqual([shown(reference("alibi-256", 16384, TARGETS).perplexity), ""]);
  await page.unroute(/lines-\w+\.json/);
  await figure.control("retry").click();
  await expect.poll(() => rowsOf(figure)).toEqual(recorded(16384));
  await expect(figure.control("failure")).toHaveCount(0);
});

for (const width of [360, 1280]) {
  test(`nothing moves while the figure comes or its length changes, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.addInitScript(() => {
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) window.shifted = (window.shifted ?? 0) + entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
    const { explainer, figure } = await opened(page);
    const shifted = () => page.evaluate(() => window.shifted ?? 0);
    await explainer.rest();
    expect(await shifted(), "while it comes").toBeLessThan(0.05);
    const before = await shifted();
    const rows = figure.root.locator(".opening-rows");
    const box = await rows.boundingBox();
    for (const place of [0, 3, 9, 7]) {
      await figure.set("opening-length", place);
      await explainer.rest();
      expect(await rows.boundingBox()).toEqual(box);
    }
    expect((await shifted()) - before, "while it changes").toBeLessThan(0.05);
  });
}

declare global {
  interface Window {
    /** Sum of the layout's shifts. */
    shifted?: number;
  }
}
