// The page as it comes: quiet, alone, within the window, figures drawn without a click.
import { expect, test } from "@playwright/test";
import { EMPTY, Explainer, FIGURES } from "./page";

for (const width of [360, 1280]) {
  for (const theme of ["light", "dark"] as const) {
    test(`loads at ${width} px, ${theme}`, async ({ page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme: theme });
      const explainer = new Explainer(page);
      await explainer.open();
      const ids = await explainer.figureIds();
      expect(ids).toEqual(FIGURES);
      for (const id of ids) {
        const { root } = explainer.figure(id);
        await root.scrollIntoViewIfNeeded();
        if (!EMPTY.has(id)) await expect(root.locator("canvas, img, .passage, .idea, .flow").first()).toBeVisible();
        await expect(explainer.figure(id).control("finding").first(), `finding of ${id}`).not.toBeEmpty();
      }
      await explainer.rest();
      expect(await explainer.excess(), "pixels of horizontal scroll").toBeLessThanOrEqual(0);
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const luminance = (background.match(/\d+/g) ?? []).slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 3;
      expect(luminance < 128, `background ${background} in ${theme}`).toBe(theme === "dark");
      expect(explainer.watch.errors).toEqual([]);
      expect(explainer.watch.foreign).toEqual([]);
    });
  }
}

test("the first figures show recorded results of the default models at once", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  for (const id of ["opening", "extrapolation"]) {
    const figure = explainer.figure(id);
    await expect.poll(async () => (await figure.rows(id)).length).toBeGreaterThan(0);
    const models = new Set((await figure.rows(id)).map((row) => row[0]));
    for (const model of ["sinusoidal-256", "rotary-256", "alibi-256"]) expect(models).toContain(model);
  }
});

test("the strict content policy is in force", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const ran = await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.inlineScriptRan = true";
    document.head.append(script);
    return "inlineScriptRan" in window;
  });
  expect(ran, "an inline script must be refused").toBe(false);
});

test("the wheel scrolls the page, over a chart too", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const canvas = explainer.figure("slopes").root.locator("canvas").first();
  await canvas.scrollIntoViewIfNeeded();
  await canvas.hover();
  await explainer.rest();
  const before = await page.evaluate(() => scrollY);
  await page.mouse.wheel(0, 200);
  await expect.poll(() => page.evaluate(() => scrollY)).not.toBe(before);
});
