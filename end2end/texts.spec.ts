// What stands between the figures and moves: programs to copy, words that the glossary explains, the typeface.
import { expect, test, type Locator, type Page } from "@playwright/test";
import { Explainer } from "./page";

/** Opens what an element is folded into. */
async function unfold(element: Locator): Promise<void> {
  await element.evaluate((e) => {
    for (let at = e.closest("details"); at; at = at.parentElement!.closest("details")) at.open = true;
  });
  await element.scrollIntoViewIfNeeded();
}

/** The first word of the page that is marked, in sight, and what it opens. */
async function marked(page: Page): Promise<{ term: Locator; pop: Locator; id: string }> {
  const term = page.locator("button.term").first();
  await unfold(term);
  const id = (await term.getAttribute("popovertarget"))!.replace("pop-", "");
  return { term, pop: page.locator(`#pop-${id}`), id };
}

for (const width of [1280, 360]) {
  test(`a marked word says what it means, by mouse and by keyboard, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const explainer = new Explainer(page);
    await explainer.open();
    const { term, pop, id } = await marked(page);
    await expect(pop).toBeHidden();
    await term.click();
    await expect(pop).toBeVisible();
    await expect(pop).toBeInViewport({ ratio: 1 });
    await expect(pop).toContainText((await page.locator(`#term-${id} + dd`).textContent())!);
    // It does not lie over its word.
    const [word, box] = [(await term.boundingBox())!, (await pop.boundingBox())!];
    expect(box.y >= word.y + word.height || box.y + box.height <= word.y).toBe(true);
    await page.keyboard.press("Escape");
    await expect(pop).toBeHidden();
    await expect(term).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(pop).toBeVisible();
    // Its link is the next stop, and leads to the glossary with nothing over it.
    await page.keyboard.press("Tab");
    await expect(pop.getByRole("link")).toBeFocused();
    await page.keyboard.press("Enter");
    await expect(pop).toBeHidden();
    await expect(page.locator(`#term-${id}`)).toBeInViewport();
    expect(new URL(page.url()).hash).toBe(`#term-${id}`);
    expect(explainer.watch).toEqual({ errors: [], foreign: [] });
  });
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("words are explained, and no button is shown that does nothing", async ({ page }) => {
    await page.goto(process.env.SITE!);
    const term = page.locator("button.term").first();
    const fold = term.locator("xpath=ancestor::details");
    if (await fold.count()) await fold.locator("summary").click();
    await term.click();
    await expect(page.locator(`#${await term.getAttribute("popovertarget")}`)).toBeVisible();
    await expect(page.locator("#cite ~ pre").first()).toBeVisible();
    await expect(page.locator("[data-copy]:visible")).toHaveCount(0);
  });
});

test("every program and every reference is copied as it stands", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const explainer = new Explainer(page);
  await explainer.open();
  const blocks = page.locator("pre:has(> code)");
  expect(await blocks.count()).toBeGreaterThanOrEqual(12);
  for (const block of await blocks.all()) {
    const row = block.locator("+ .copying");
    await unfold(row);
    await row.getByRole("button", { name: "Copy" }).click();
    await expect(row.getByRole("status")).toHaveText("Copied.");
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(await block.textContent());
    expect(copied).toMatch(/^(?:import|@)[\s\S]*[)}]\n$/);
  }
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("where the clipboard is refused, a program is selected for the reader's own copying", async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, "clipboard", { get: () => undefined }));
  const explainer = new Explainer(page);
  await explainer.open();
  const block = page.locator("pre:has(> [data-snippet='slopes'])");
  const row = block.locator("+ .copying");
  await unfold(row);
  await row.getByRole("button", { name: "Copy" }).click();
  await expect(row.getByRole("status")).toContainText("Selected");
  expect((await page.evaluate(() => getSelection()!.toString())).trim()).toBe((await block.textContent())!.trim());
  expect(explainer.watch.errors).toEqual([]);
});
