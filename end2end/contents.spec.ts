// The contents: beside the text where there is room, a menu within reach where there is not; they say where the reader is.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, FIGURES, site } from "./page";

const here = (page: Page) => page.locator('nav.contents a[aria-current="location"]');
const list = (page: Page) => page.locator("#contents");
const button = (page: Page) => page.getByRole("button", { name: "Contents" });
const chosen = (page: Page, href: string) => page.locator(`nav.contents a[href="${href}"]`);

async function opened(page: Page, width: number): Promise<Explainer> {
  await page.setViewportSize({ width, height: 800 });
  const explainer = new Explainer(page);
  await explainer.open();
  return explainer;
}

test("they name parts, figures and texts, in the order of the page", async ({ page }) => {
  await opened(page, 1280);
  const titles = JSON.parse(readFileSync("assets/figures.json", "utf8")).map((f: { title: string }) => f.title);
  const named = await page.locator("nav.contents a[href^='#section-']").allTextContents();
  expect(named).toEqual(titles);
  const parts = await page.locator("h2.part").allTextContents();
  expect(parts.length).toBeGreaterThanOrEqual(5);
  expect(await page.locator("#contents > ol > li > a").allTextContents()).toEqual(expect.arrayContaining(parts));
  // Parts, questions, titles: no level is left out.
  const levels = await page.locator("h1, h2, h3, h4, h5").evaluateAll((all) => all.map((h) => Number(h.tagName[1])));
  const jumps = levels.filter((level, at) => at > 0 && level > levels[at - 1] + 1);
  expect(jumps).toEqual([]);
});

for (const width of [1200, 1280, 1440, 1920]) {
  test(`beside the text at ${width} px, and over nothing`, async ({ page }) => {
    const explainer = await opened(page, width);
    await expect(list(page)).toBeVisible();
    await expect(button(page)).toBeHidden();
    const rail = (await list(page).boundingBox())!;
    for (const id of ["idea", "extrapolation", "reach"]) {
      await explainer.figure(id).root.scrollIntoViewIfNeeded();
      const figure = (await explainer.figure(id).root.boundingBox())!;
      expect(figure.x, id).toBeGreaterThanOrEqual(rail.x + rail.width);
      expect(figure.width, id).toBeGreaterThan(880);
      expect(figure.x + figure.width, id).toBeLessThanOrEqual(width);
    }
    // It stays while the page is scrolled.
    expect(await list(page).boundingBox()).toEqual(rail);
    expect(await explainer.excess()).toBeLessThanOrEqual(0);
  });
}

test("the place of the reader is marked, scrolled to or chosen, and in sight", async ({ page }) => {
  const explainer = await opened(page, 1280);
  await expect(here(page)).toHaveAttribute("href", "#section-opening");
  for (const id of ["bias", "cost", "paper"]) {
    await page.locator(`#section-${id}`).evaluate((section) => section.scrollIntoView());
    await explainer.rest();
    await expect(here(page)).toHaveAttribute("href", `#section-${id}`);
    await expect(here(page)).toHaveCount(1);
    await expect(here(page)).toBeInViewport({ ratio: 1 });
  }
  // The last ones cannot come to the top of the window.
  for (const href of ["#cite", "#sources", "#section-methods"]) {
    await chosen(page, href).click();
    await expect(here(page)).toHaveAttribute("href", href);
    await expect(page.locator(href)).toBeInViewport();
  }
  // The page keeps to the place chosen until the reader moves.
  await page.mouse.wheel(0, 400);
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
  await page.mouse.wheel(0, 400);
  await expect(here(page)).toHaveAttribute("href", "#cite");
  await page.keyboard.press("Home");
  await page.evaluate(() => scrollTo(0, 0));
  await expect(here(page)).toHaveAttribute("href", "#section-opening");
});

for (const width of [360, 1024]) {
  test(`a menu at ${width} px: it opens, and closes on Escape, on pressing outside and on choosing`, async ({ page }) => {
    const explainer = await opened(page, width);
    await expect(list(page)).toBeHidden();
    await expect(button(page)).toBeInViewport({ ratio: 1 });
    await page.locator("#section-slopes").evaluate((section) => section.scrollIntoView());
    await explainer.rest();
    await expect(button(page)).toBeInViewport({ ratio: 1 });

    await button(page).focus();
    await page.keyboard.press("Enter");
    await expect(list(page)).toBeVisible();
    const box = (await list(page).boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.y).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    await expect(here(page)).toHaveAttribute("href", "#section-slopes");
    await expect(here(page)).toBeInViewport({ ratio: 1 });
    expect(await explainer.excess()).toBeLessThanOrEqual(0);
    await page.keyboard.press("Escape");
    await expect(list(page)).toBeHidden();
    await expect(button(page)).toBeFocused();

    await button(page).click();
    await expect(list(page)).toBeVisible();
    await page.mouse.click(8, 8);
    await expect(list(page)).toBeHidden();

    await button(page).click();
    await chosen(page, "#section-reach").click();
    await expect(list(page)).toBeHidden();
    await expect(page).toHaveURL(/#section-reach$/);
    const top = () => page.locator("#section-reach").evaluate((section) => Math.abs(section.getBoundingClientRect().top));
    await expect.poll(top).toBeLessThan(100);

    // By keyboard: the first Tab leads into the list, and from the place chosen the next leads on within its section.
    await button(page).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await expect(page.locator("#contents a").first()).toBeFocused();
    await chosen(page, "#section-cost").focus();
    await page.keyboard.press("Enter");
    await expect(list(page)).toBeHidden();
    await explainer.rest();
    await page.keyboard.press("Tab");
    const within = () => page.evaluate(() => document.activeElement?.closest("section")?.id);
    expect(await within()).toBe("section-cost");
    expect(explainer.watch).toEqual({ errors: [], foreign: [] });
  });
}

test("axe finds nothing in the menu", async ({ page }) => {
  const explainer = await opened(page, 360);
  await button(page).click();
  await expect(list(page)).toBeVisible();
  const wrong = (await explainer.violations()).filter((line) => /contents|popover/.test(line));
  expect(wrong).toEqual([]);
});

test("they are links without scripts, and the menu still opens", async ({ browser }) => {
  const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 800 } });
  const page = await context.newPage();
  await page.goto(site());
  await button(page).click();
  await expect(list(page)).toBeVisible();
  await chosen(page, "#section-methods").click();
  await expect(page.locator("#section-methods")).toBeInViewport();
  await page.setViewportSize({ width: 1280, height: 800 });
  await chosen(page, "#questions").click();
  await expect(page.locator("#questions")).toBeInViewport();
  await context.close();
});

test("a figure alone has none", async ({ page }) => {
  for (const address of [`?embed=${FIGURES[0]}`, `embed/${FIGURES[0]}/`]) {
    await new Explainer(page).open(address);
    await expect(page.locator("nav.contents")).toHaveCount(0);
  }
});
