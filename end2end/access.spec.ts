// What a machine can check of accessibility, with every table open.
import { expect, test } from "@playwright/test";
import axe from "axe-core";
import { Explainer } from "./page";

for (const theme of ["light", "dark"] as const) {
  test(`axe finds nothing, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    const explainer = new Explainer(page);
    await explainer.open();
    await page.locator("details").evaluateAll((all) => all.forEach((d) => ((d as HTMLDetailsElement).open = true)));
    await expect.poll(async () => (await explainer.figure("extrapolation").rows("extrapolation")).length).toBeGreaterThan(0);
    // Evaluated by the driver, hence not subject to the page's content policy.
    await page.evaluate(axe.source);
    const violations = await page.evaluate(async () => {
      const found = await (window as unknown as { axe: typeof import("axe-core") }).axe.run();
      return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 5).map((n) => n.html).join(" | ")}`);
    });
    expect(violations).toEqual([]);
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
