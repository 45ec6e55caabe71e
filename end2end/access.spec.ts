// What a machine can check of accessibility, with every table open.
import { expect, test } from "@playwright/test";
import { Explainer } from "./page";

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const explainer = new Explainer(page);
    await explainer.open();
    await expect.poll(async () => (await explainer.figure("extrapolation").rows("extrapolation")).length).toBeGreaterThan(0);
    expect(await explainer.violations()).toEqual([]);
  });
}

test("every control can be reached and named", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const unnamed = await page.locator("input, select, button, canvas[tabindex]").evaluateAll((all) =>
    all
      .filter((e) => (e as HTMLElement).offsetParent !== null)
      .filter((e) => !((e as HTMLInputElement).labels?.length || e.getAttribute("aria-label") || e.textContent?.trim()))
      .map((e) => e.outerHTML),
  );
  expect(unnamed).toEqual([]);
});
