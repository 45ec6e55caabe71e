// The figure of the idea: its numbers, that sliders move them at once by pointer and by key, that the address keeps them, and
// that nothing moves for who wants no motion.
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

async function opened(page: Page, query = ""): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  const figure = explainer.figure("idea");
  await figure.near();
  return figure;
}

/** What stands under the bars, whole per cent. */
const shares = (figure: Figure) =>
  Promise.all([1, 2, 3, 4].map(async (key) => (await figure.control(`idea-share-${key}`).textContent())!.replace(" %", "")));

/** Shares by the definition, whole per cent. */
function softmax(scores: number[], slope: number): string[] {
  const raised = scores.map((score, key) => Math.exp(score - slope * (scores.length - 1 - key)));
  const total = raised.reduce((a, b) => a + b, 0);
  return raised.map((r) => (100 * r / total < 0.5 ? "<1" : (100 * r / total).toFixed(0)));
}

test("at first: the bias halves what is three back and doubles what is here", async ({ page }) => {
  const figure = await opened(page);
  expect(await shares(figure)).toEqual(["26", "6", "26", "43"]);
  await expect(figure.root.locator(".idea small").filter({ hasText: "was" })).toHaveText(["was 53 %", "was 7 %", "was 20 %", "was 20 %"]);
  expect(await figure.finding()).toBe(
    "With a slope of 1/2, the key 3 back falls from 53 % to 26 % of the attention, and the query’s own rises from 20 % to 43 %.",
  );
  expect(await figure.rows("idea")).toEqual([
    ["1", "3", "2", "−1.5", "0.5", "53.4 %", "25.8 %"],
    ["2", "2", "0", "−1", "−1", "7.2 %", "5.8 %"],
    ["3", "1", "1", "−0.5", "0.5", "19.7 %", "25.8 %"],
    ["4", "0", "1", "0", "1", "19.7 %", "42.6 %"],
  ]);
});

test("bars are as high as their shares, and follow a slider that is dragged", async ({ page }) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  const figure = await opened(page);
  const heights = () => figure.root.locator(".idea-bars").evaluateAll((all) =>
    all.map((bars) => [...bars.children].map((bar) => (100 * bar.getBoundingClientRect().height) / bars.clientHeight)));
  const close = async (bare: string[], weights: string[]) => {
    for (const [key, [a, b]] of (await heights()).entries()) {
      expect(Math.abs(a - Number(bare[key])), `key ${key + 1} without`).toBeLessThan(1);
      expect(Math.abs(b - Number(weights[key])), `key ${key + 1} with`).toBeLessThan(1);
    }
  };
  await close(["53", "7", "20", "20"], ["26", "6", "26", "43"]);
  // From 1/2, the last place but one, to the left end.
  const slider = figure.control("idea-slope");
  await slider.scrollIntoViewIfNeeded();
  const box = (await slider.boundingBox())!;
  await page.mouse.move(box.x + (box.width - 16) * (8 / 9) + 8, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 4 });
  await expect(figure.control("finding")).toContainText(/slope of 1\/(16|32)/);
  await page.mouse.move(box.x + 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  await expect(figure.control("finding")).toContainText("With a slope of 0 nothing is taken off");
  await close(["53", "7", "20", "20"], ["53", "7", "20", "20"]);
});

test("every step of every slider gives the softmax's shares, by keyboard", async ({ page }) => {
  const figure = await opened(page);
  const scores = [2, 0, 1, 1];
  const slope = figure.control("idea-slope");
  await slope.focus();
  await slope.press("Home");
  for (const denominator of [0, 256, 128, 64, 32, 16, 8, 4, 2, 1]) {
    await expect.poll(() => shares(figure), { message: `1/${denominator}` }).toEqual(softmax(scores, denominator && 1 / denominator));
    await expect(slope).toHaveAttribute("aria-valuetext", denominator > 1 ? `1/${denominator}` : `${denominator}`);
    await slope.press("ArrowRight");
  }
  for (const key of [1, 2, 3, 4]) {
    const slider = figure.control(`idea-score-${key}`);
    await slider.focus();
    await slider.press("ArrowRight");
    scores[key - 1] += 0.5;
    await expect.poll(() => shares(figure), { message: `score ${key}` }).toEqual(softmax(scores, 1));
    await slider.press(key % 2 ? "End" : "Home");
    scores[key - 1] = key % 2 ? 4 : -2;
    await expect.poll(() => shares(figure), { message: `the end of score ${key}` }).toEqual(softmax(scores, 1));
  }
  await figure.control("idea-reset").click();
  await expect.poll(() => shares(figure)).toEqual(["26", "6", "26", "43"]);
});

test("the address keeps slope and scores, and refuses what is none", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("idea");
  await figure.set("idea-slope", 3);
  await figure.set("idea-score-1", 0);
  await figure.set("idea-score-4", 12);
  await expect.poll(() => Object.fromEntries(explainer.query)).toEqual({ v: "1", "idea-slope": "0.015625", "idea-score-1": "-2", "idea-score-4": "4" });
  const before = await shares(figure);
  expect(before).toEqual(softmax([-2, 0, 1, 4], 1 / 64));
  await explainer.reload();
  await figure.near();
  expect(await shares(figure)).toEqual(before);
  await explainer.open("?v=1&idea-slope=NaN&idea-score-1=1e9&idea-score-2=-0.25");
  expect(await shares(figure)).toEqual(["26", "6", "26", "43"]);
  await expect(page.getByTestId("address-notice")).toHaveCount(3);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("bars glide, but not for who wants no motion", async ({ page }) => {
  const figure = await opened(page);
  const glide = () => figure.root.locator(".idea-bars i").first().evaluate((bar) => getComputedStyle(bar).transitionDuration);
  expect(await glide()).not.toBe("0s");
  await page.emulateMedia({ reducedMotion: "reduce" });
  expect(await glide()).toBe("0s");
});
