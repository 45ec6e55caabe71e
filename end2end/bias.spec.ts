// The bias figure: what it says about a cell, that both forms weigh alike, and that it keeps up with a slider.
import { expect, test } from "@playwright/test";
import { Explainer, type Figure } from "./page";
import { percentile, sliderStep } from "./timing.mjs";

const MINUS = "−";
const number = (text: string) => Number(text.replace(MINUS, "-").replaceAll(",", ""));

async function opened(page: import("@playwright/test").Page, query: string): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  const figure = explainer.figure("bias");
  await figure.near();
  await expect(figure.root.locator("canvas").first()).toBeVisible();
  // A drawing takes its place once it is drawn.
  await explainer.rest();
  return figure;
}

test("the keyboard moves a cell, and the readout tells about it", async ({ page }) => {
  const figure = await opened(page, "?v=1&length=25");
  const [canvas, readout] = [figure.root.locator("canvas").first(), figure.control("readout").first()];
  await canvas.focus();
  for (const key of ["ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowLeft"]) await canvas.press(key);
  await expect(readout).toHaveText("query 12, key 3, distance 9, bias −4.5");
  await canvas.press("ArrowDown");
  await expect(readout).toHaveText("query 13, key 3, distance 10, bias −5");
  await canvas.press("Home");
  await expect(readout).toHaveText("query 13, key 0, distance 13, bias −6.5");
  await canvas.press("End");
  await expect(readout).toContainText("query 13, key 24: masked");
  // The released code adds +m·j.
  await figure.set("form", "code");
  await canvas.press("Home");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight"]) await canvas.press(key);
  await expect(readout).toHaveText("query 13, key 3, distance 10, bias 1.5");
});

test("the pointer tells about the cell below it, and a click pins it", async ({ page }) => {
  const figure = await opened(page, "?v=1&heads=8&head=2&length=40");
  const [canvas, readout] = [figure.root.locator("canvas").first(), figure.control("readout").first()];
  const box = (await canvas.boundingBox())!;
  // Low and to the left: far inside the causal half.
  const place = { x: box.width * 0.25, y: box.height * 0.7 };
  await canvas.hover({ position: place });
  await expect(readout).toHaveText(/^query \d+, key \d+, distance \d+, bias/);
  const [query, key, distance, bias] = (await readout.textContent())!.match(/[−\d.]+/g)!.map(number);
  expect(distance).toBe(query - key);
  // Head 2 of 8 has slope 1/4.
  expect(bias).toBeCloseTo(-distance / 4, 6);
  await canvas.click({ position: place });
  const pinned = await readout.textContent();
  await page.mouse.move(0, 0);
  await expect(readout).toHaveText(pinned!);
});

test("both forms give the same weights, and those of the definition", async ({ page }) => {
  const figure = await opened(page, "?v=1&heads=8&head=3&length=64");
  const rows = await figure.rows("softmax");
  const line = (start: string) => rows.find((row) => row[0].startsWith(start))!.slice(1);
  expect(line("Paper: weight")).toEqual(line("Code: weight"));
  const scores = line("Example score").map(number);
  const raised = scores.map((score, j) => Math.exp(score - (scores.length - 1 - j) / 8));
  const total = raised.reduce((a, b) => a + b, 0);
  line("Paper: weight").forEach((shown, j) => expect(number(shown.replace("%", ""))).toBeCloseTo((100 * raised[j]) / total, 2));
  await expect(figure.control("max-difference")).toHaveText(/^(0|[\d.]+\u00a0×\u00a010⁻[⁵-⁹¹⁰]+)$/);
});

test("the table is the bias by distance, 512 rows at most, and the CSV is whole", async ({ page }) => {
  const figure = await opened(page, "?v=1&heads=12&head=9&length=4096");
  const rows = await figure.rows("bias");
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.length).toBeLessThanOrEqual(512);
  // Head 9 of 12 jumps back to 2^(−1/2).
  for (const row of rows) expect(number(row.at(-1)!)).toBeCloseTo(-Number(row[0].replaceAll(",", "")) * Math.SQRT1_2, 1);
  const csv = await figure.csv();
  expect(csv.length).toBeGreaterThanOrEqual(4096);
});

test("every control redraws the figure", async ({ page }) => {
  const figure = await opened(page, "?v=1");
  await figure.redraws("head", () => figure.set("head", 3));
  await figure.redraws("sequence length", () => figure.set("length", 17));
  await figure.redraws("form", () => figure.set("form", "code"));
  await figure.redraws("view", () => figure.set("view", "all"));
  await figure.redraws("head count", () => figure.set("heads", 12));
  await figure.redraws("length by slider", () => figure.set("length-slider", 40));
});

test("a slider step at 64 heads and 4,096 tokens is drawn within 50 ms @timing", async ({ page }) => {
  const figure = await opened(page, "?v=1&heads=64&length=4096&view=all");
  const times: number[] = [];
  for (let step = 0; step < 20; step++) {
    const before = await figure.drawing();
    times.push(await sliderStep(figure.root, step));
    expect(await figure.drawing(), `step ${step} must redraw`).not.toBe(before);
  }
  const worst = percentile(times, 0.95);
  test.info().annotations.push({ type: "measured", description: `95th percentile ${worst.toFixed(1)} ms` });
  console.log(`      slider step: 95th percentile ${worst.toFixed(1)} ms`);
  expect(worst).toBeLessThan(50);
});

test("every step of the length slider by keyboard moves the length", async ({ page }) => {
  const figure = await opened(page, "?v=1&length=2");
  const slider = figure.control("length-slider");
  await slider.focus();
  for (const length of ["3", "4", "5", "6", "7", "8"]) {
    await slider.press("ArrowRight");
    await expect(figure.control("length")).toHaveValue(length);
  }
  await slider.press("ArrowLeft");
  await expect(figure.control("length")).toHaveValue("7");
});
