// The figure `train` on keys and values: what the site ships of it, and a training of the reader's own.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { Explainer } from "./page";

const golden = JSON.parse(readFileSync("end2end/trainer/golden.json", "utf8")) as { recall: Record<string, number[]> };
const METHODS = ["rotary", "alibi"];
const counted = readFileSync("assets/models/recall.csv", "utf8").trim().split("\n").slice(2).map((line) => line.split(","));

test("keys and values are learned here by the recipe of the site's models, and right answers counted", async ({ page }) => {
  test.setTimeout(180_000);
  const explainer = new Explainer(page);
  await explainer.open(`?embed=train&train-text=recall&train-methods=${METHODS}`);
  const figure = explainer.figure("train");
  await figure.near();
  // What is shipped comes first.
  await expect(figure.control("source")).toContainText("the models that this page ships");
  await expect(figure.control("train-task")).toContainText("windows of 64 tokens");
  await expect(figure.control("train-from")).toHaveCount(0);
  await expect(figure.control("status")).toContainText("Each model will read 5,120,000 tokens.");
  const shipped = await figure.rows("train-curve");
  METHODS.forEach((method, i) => {
    const rows = counted.filter((row) => row[0] === method);
    expect(shipped.map((row) => Number(row[0].replace(",", "")))).toEqual(rows.map((row) => Number(row[1])));
    rows.forEach((row, at) => expect(Math.abs(Number.parseFloat(shipped[at][i + 1]) * 12 - Number(row[2]))).toBeLessThan(0.61));
  });
  await expect(page.locator("#train-loss-plot")).toBeHidden();

  await figure.control("run").click();
  const losses = () => figure.rows("train-loss");
  // Of both: each has a worker of its own, and Stop ends the one that is behind, too.
  await expect.poll(async () => (await losses())[0]?.slice(1).map(Number).every(Number.isFinite), { timeout: 120_000 }).toBe(true);
  await figure.control("stop").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  const [first] = await losses();
  // Steps of 2,048 tokens.
  const n = Number(first[0].replaceAll(",", "")) / 2048;
  expect(n).toBe(32);
  METHODS.forEach((method, i) => {
    const mean = golden.recall[method].slice(0, n).reduce((sum, loss) => sum + loss, 0) / n;
    // The table rounds to three decimals.
    expect(Math.abs(Number(first[i + 1]) - mean), method).toBeLessThan(1e-3);
  });
  await expect(figure.control("source")).toContainText("at the end for 1,200");
  const rows = await figure.rows("train-curve");
  expect(rows.length).toBe(15);
  // So early they know no more than that a value follows.
  for (const row of rows) for (const cell of [row[1], row[2]]) expect(Number.parseFloat(cell)).toBeLessThan(40);
  await expect(figure.control("finding")).toContainText("did not learn the task");
  await expect(page.getByTestId("train-line"), "there is no text to go on with").toHaveCount(0);
  await expect(page.locator("#train-curve-plot")).toHaveAttribute("aria-label", /^Right answers against distance/);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("from the figure of the task a link leads to a training of it", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("");
  const link = page.locator('a[href*="train-text=recall"]');
  await link.scrollIntoViewIfNeeded();
  await link.click();
  const figure = explainer.figure("train");
  await expect(figure.control("train-task")).toBeVisible();
  await expect(figure.control("train-methods-rotary")).toBeChecked();
});
