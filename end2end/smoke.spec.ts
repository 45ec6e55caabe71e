// What `make check` sees of the page, as trunk builds it while it is edited: it opens, its first figure says something, and
// nothing goes wrong. This runs on the built site as well.
import { expect, test } from "@playwright/test";
import { Explainer } from "./page";

test("the page opens, and its first figure is drawn with rows @smoke", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("opening");
  await expect.poll(async () => (await figure.rows("opening")).length).toBeGreaterThan(0);
  await expect.poll(() => figure.root.locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).width)).toBeGreaterThan(300);
  await explainer.rest();
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a control answers @smoke", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("slopes");
  await figure.redraws("head count", () => figure.set("heads", 12));
  await expect.poll(async () => (await figure.rows("slopes")).length).toBe(12);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});
