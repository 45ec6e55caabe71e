// A lesson of a figure: a question above it, something hidden, and all of it in an address or a text to paste.
import { expect, test, type Page } from "@playwright/test";
import { Explainer, Figure, site } from "./page";

/** Opens the lesson builder of a figure. */
async function build(figure: Figure): Promise<void> {
  await figure.approach();
  await figure.control("embed").click();
  await figure.control("lesson").locator("summary").click();
  await expect(figure.control("lesson-text")).toBeVisible();
}

/** What the builder gives to copy. */
const handedOn = (figure: Figure) => figure.control("lesson-text").inputValue();

/** What asks, as its reader sees it. */
const question = (page: Page) => page.getByTestId("question");

const ASKED = "Which is the sixth?";

test("a lesson opened elsewhere asks its question and hides what was chosen", async ({ page, context }) => {
  const explainer = new Explainer(page);
  await explainer.open("?heads=6&theme=dark");
  const slopes = explainer.figure("slopes");
  await build(slopes);
  await expect(slopes.control("lesson-note")).toHaveText(/nothing is asked or hidden/);
  await slopes.control("lesson-question").fill(`  ${ASKED}\n`);
  await expect(slopes.control("lesson-length")).toHaveText("19 of 300 characters");
  for (const name of ["table", "order", "finding", "embed"]) await slopes.tick(`lesson-hide-${name}`, true);
  await slopes.tick("lesson-hide-embed", false);
  await expect(slopes.control("lesson-note")).toBeEmpty();
  // What is made here is not done here.
  await expect(question(page)).toHaveCount(0);
  await expect(slopes.control("order")).toBeVisible();
  const pageLink = await handedOn(slopes);
  expect(pageLink).toBe(`${site()}?v=1&heads=6&hide=table,order,finding&ask=Which+is+the+sixth%3F&lesson=slopes#slopes`);
  await expect(slopes.control("lesson-open")).toHaveAttribute("href", pageLink);
  await slopes.set("lesson-kind", "alone");
  const aloneLink = await handedOn(slopes);
  expect(aloneLink).toContain("embed/slopes/?v=1&heads=6&theme=dark&hide=table,order,finding&ask=");
  await expect(slopes.control("lesson-open")).toHaveAttribute("href", aloneLink);
  for (const link of [pageLink, aloneLink]) {
    const tab = await context.newPage();
    const student = new Explainer(tab);
    await tab.goto(link);
    const figure = student.figure("slopes");
    await expect(figure.root.getByTestId("question")).toHaveText(ASKED);
    await expect(question(tab), "of this figure only").toHaveCount(1);
    await expect(figure.control("heads")).toHaveValue("6");
    for (const gone of ["order", "finding", "spoken"]) await expect(figure.control(gone), gone).toBeHidden();
    await expect(figure.root.locator(".data")).toBeHidden();
    await expect(figure.root).toBeInViewport();
    expect(student.watch).toEqual({ errors: [], foreign: [] });
    // It stays, whatever is set.
    await figure.set("heads", 7);
    await expect.poll(() => student.query.get("ask")).toBe(ASKED);
    if (link === pageLink) {
      await student.reload();
      await expect(figure.root.getByTestId("question")).toHaveText(ASKED);
      await expect(student.figure("bias").root.locator(".data"), "hidden in the lesson's figure only").toBeVisible();
      expect(await student.violations()).toEqual([]);
    } else {
      expect(await tab.getByTestId("full-page").getAttribute("href"), "the question is this frame's").not.toMatch(/ask=|hide=|lesson=/);
    }
    await tab.close();
  }
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a finding that is hidden is not told with the drawing either", async ({ page }) => {
  const explainer = new Explainer(page);
  for (const id of ["opening", "extrapolation", "early-tokens"]) {
    await explainer.open(`?embed=${id}`);
    const chart = explainer.figure(id).root.locator("canvas").first();
    const finding = (await explainer.figure(id).finding()).trim();
    expect(finding.length, id).toBeGreaterThan(20);
    await expect(chart, id).toHaveAttribute("aria-label", new RegExp(finding.slice(0, 30).replace(/[().]/g, "\\$&")));
    await explainer.open(`?embed=${id}&hide=finding`);
    const told = await chart.getAttribute("aria-label");
    expect(told, id).toMatch(/\w+/);
    expect(told, id).not.toContain(finding.slice(0, 30));
  }
});

test("a question is text, whatever it holds", async ({ page, context }) => {
  const odd = ["<script>alert(1)</script><img src=x onerror=alert(2)>", "\"quoted\" & 'so' %41 + #1 ?a=b&hide=heads", "Was sieht 😀 von Kopf 3? 何が見えますか", "מה רואים כאן?", "😀".repeat(300)];
  const explainer = new Explainer(page);
  await explainer.open("?embed=slopes");
  const slopes = explainer.figure("slopes");
  await build(slopes);
  page.on("dialog", (dialog) => expect(dialog.message()).toBe("no dialog"));
  for (const text of odd) {
    await slopes.control("lesson-question").fill(text);
    const tab = await context.newPage();
    for (const kind of ["page", "alone"]) {
      await slopes.set("lesson-kind", kind);
      const student = new Explainer(tab);
      await tab.goto(await handedOn(slopes));
      await expect(question(tab)).toHaveText(text);
      await expect(question(tab).locator("*")).toHaveCount(0);
      await expect(student.figure("slopes").control("heads")).toBeVisible();
      await expect(tab.getByTestId("notices")).toHaveCount(0);
      expect(student.watch.errors).toEqual([]);
    }
    await tab.close();
  }
  await expect(slopes.control("lesson-note")).toHaveText(/longer than 2,000 characters/);
});

test("a question that is too long is refused in words until it fits", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=slopes");
  const slopes = explainer.figure("slopes");
  await build(slopes);
  await slopes.control("lesson-question").fill("é".repeat(312));
  await expect(slopes.control("lesson-problem")).toHaveText("The question has 312 characters, and 300 fit. Take out 12.");
  await expect(slopes.control("lesson-question")).toHaveAttribute("aria-invalid", "true");
  await expect(slopes.control("lesson-text")).toBeHidden();
  await slopes.control("lesson-question").fill("é".repeat(300));
  await expect(slopes.control("lesson-problem")).toBeHidden();
  await expect(slopes.control("lesson-text")).toBeVisible();
  // One that comes too long in an address is cut, and that is said.
  await explainer.open(`?embed=slopes&ask=${"x".repeat(400)}`);
  await expect(question(page)).toHaveText("x".repeat(300));
  await expect(page.getByTestId("address-notice")).toContainText("ask: the text has 400 bytes and 300 fit");
  // One without anything in it is none.
  await explainer.open("?embed=slopes&ask=%20%0A");
  await expect(slopes.control("heads")).toBeVisible();
  await expect(page.getByTestId("asked")).toHaveCount(0);
});

test("the texts to paste work in a frame without an origin, where nothing can be copied but by hand", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=slopes");
  const slopes = explainer.figure("slopes");
  await build(slopes);
  await slopes.control("lesson-question").fill(`“${ASKED}” & "why"?`);
  await slopes.tick("lesson-hide-table", true);
  await slopes.set("lesson-kind", "script");
  expect(await handedOn(slopes)).toContain(` hide="table" ask="“${ASKED}” &amp; &quot;why&quot;?"`);
  await slopes.set("lesson-kind", "frame");
  const text = await handedOn(slopes);
  await page.goto(process.env.BLOG!);
  await page.evaluate((text) => document.body.insertAdjacentHTML("beforeend", text.replace("<iframe ", '<iframe sandbox="allow-scripts" ').replace(' allow="clipboard-write"', "")), text);
  const frame = page.frameLocator("iframe").last();
  await page.locator("iframe").last().scrollIntoViewIfNeeded();
  await expect(frame.getByTestId("question")).toHaveText(`“${ASKED}” & "why"?`);
  await expect(frame.locator(".data")).toBeHidden();
  const scroll = await frame.locator(":root").evaluate((root) => root.scrollHeight - root.clientHeight);
  expect(scroll, "the question has its room").toBeLessThanOrEqual(0);
  // A builder in there gives its text to be copied by hand.
  await frame.getByTestId("embed").click();
  await frame.getByTestId("lesson").locator("summary").click();
  await expect(frame.getByTestId("lesson-question")).toHaveValue(`“${ASKED}” & "why"?`);
  await frame.getByTestId("lesson-copy").click();
  await expect(frame.getByTestId("lesson-said")).toHaveText(/^Selected\./);
  const selected = await frame.getByTestId("lesson-text").evaluate((area: HTMLTextAreaElement) => [area.selectionStart, area.selectionEnd, area.value.length]);
  expect(selected).toEqual([0, selected[2], selected[2]]);
});

test("the steps of the lesson plan ask their question at their figure, one after the other", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const links = page.locator(".lesson-plan a[href*='ask=']");
  expect(await links.count()).toBeGreaterThanOrEqual(5);
  for (const link of await links.all()) {
    const href = new URL((await link.getAttribute("href"))!, site());
    await link.click();
    const figure = explainer.figure(href.hash.slice(1));
    await expect(figure.root.getByTestId("question")).toHaveText(href.searchParams.get("ask")!);
    await expect(question(page)).toHaveCount(1);
    await expect(figure.root).toBeInViewport();
    await expect.poll(() => explainer.query.get("lesson")).toBe(href.hash.slice(1));
    expect(explainer.query.get("hide")).toBe(href.searchParams.get("hide"));
    await expect(figure.control("finding").first()).toBeVisible({ visible: !href.searchParams.get("hide")?.includes("finding") });
  }
  expect(explainer.watch.errors).toEqual([]);
});

for (const width of [1280, 360]) {
  test(`the builder has room, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const explainer = new Explainer(page);
    await explainer.open(`?ask=${"W".repeat(300)}&lesson=slopes`);
    await build(explainer.figure("slopes"));
    expect(await explainer.excess()).toBeLessThanOrEqual(0);
    expect(await explainer.violations()).toEqual([]);
  });
}
