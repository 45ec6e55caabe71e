// The slopes of the page are the authors' slopes, and every control redraws.
import { expect, test } from "@playwright/test";
import { SLOPES } from "./golden";
import { Explainer } from "./page";

test("the table holds the authors' slopes", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("slopes");
  for (const [heads, slopes] of Object.entries(SLOPES)) {
    await figure.set("heads", heads);
    await expect.poll(async () => (await figure.rows("slopes")).map((row) => row[1]), { message: `${heads} heads` }).toEqual(slopes);
  }
});

test("sorted means steepest first, with the same slopes", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&heads=12&order=sorted");
  const figure = explainer.figure("slopes");
  const sorted = [...SLOPES[12]].sort((a, b) => Number(b) - Number(a));
  await expect.poll(async () => (await figure.rows("slopes")).map((row) => row[1])).toEqual(sorted);
});

test("every control redraws the figure", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("slopes");
  await figure.root.scrollIntoViewIfNeeded();
  await figure.redraws("head count", () => figure.set("heads", 12));
  await figure.redraws("order", () => figure.set("order", "sorted"));
  await figure.redraws("head count by slider", () => figure.set("heads-slider", 40));
  const finding = await figure.finding();
  await figure.set("heads", 8);
  await expect.poll(() => figure.finding()).not.toBe(finding);
});

test("head counts outside 1 to 64 are clamped", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("slopes");
  for (const [typed, shown] of [["0", "1"], ["999", "64"], ["-5", "1"]]) {
    await figure.set("heads", typed);
    await figure.control("heads").blur();
    await expect(figure.control("heads")).toHaveValue(shown);
    await expect.poll(async () => (await figure.rows("slopes")).length).toBe(Number(shown));
  }
});
