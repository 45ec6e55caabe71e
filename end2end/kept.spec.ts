// What was computed outlives a reload, and what is wrong with what was kept is never shown. end2end/FAULTS.md lists the faults.
import { expect, test, type Page } from "@playwright/test";
import { FEW, expectPoints, laboratory } from "./faults";
import { Explainer, site, type Figure } from "./page";

const ONE = `${FEW}&engine=cpu&models=alibi-256`;

/** Names and contents of the answers that are kept with the tab. */
const answers = (page: Page) => page.evaluate(() => Object.entries(sessionStorage).filter(([name]) => name.includes(" answer ")) as [string, string][]);

/** Waits until so many answers are kept. */
const kept = (page: Page, n: number) => expect.poll(async () => (await answers(page)).length, { message: "answers kept" }).toBe(n);

/** The laboratory as it is after a reload. */
async function again(page: Page): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.reload();
  return explainer.figure("perplexity");
}

/** A laboratory that has computed nothing, and can. */
async function expectNothing(figure: Figure): Promise<void> {
  // What is not taken is not kept.
  await expect.poll(() => answers(figure.page)).toEqual([]);
  await figure.approach();
  await expect(figure.control("ran")).toHaveCount(0);
  await expect(figure.page.getByTestId("broken")).toHaveCount(0);
  await figure.runs();
  await expect(figure.control("ran")).toHaveCount(1);
}

test("what was computed outlives a reload, number by number, and not a page opened anew", async ({ page }) => {
  const before = await laboratory(page, `${FEW}&engine=cpu`);
  await before.runs();
  await expectPoints(before, 3);
  const points = await before.csv();
  await kept(page, 3);
  const figure = await again(page);
  await expect(figure.control("ran")).toContainText("3 points computed on the CPU");
  expect(await figure.csv()).toEqual(points);
  // Run again, they are computed again, and that is what is kept.
  await figure.runs();
  const later = await figure.csv();
  await expectPoints(figure, 3);
  await expect.poll(async () => (await again(page)).csv()).toEqual(later);
  // A page that is opened anew begins anew.
  await page.goto("about:blank");
  await expectNothing(await laboratory(page, `${FEW}&engine=cpu&targets=1024`));
});

test("answers about the reader's own texts outlive a reload, with what was said of them", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&text=own&engine=cpu&lengths=32&models=alibi-256");
  const text = "A text of the reader's own, with – dashes & signs, told at some length. ".repeat(30).trim();
  const laboratory = explainer.figure("perplexity");
  await laboratory.near();
  await laboratory.control("own-text").fill(text);
  await laboratory.control("take-text").click();
  await expect(laboratory.control("own-status")).toContainText("tokens");
  await laboratory.runs();
  const points = await laboratory.csv();
  const typed = explainer.figure("attention");
  await typed.near();
  await typed.control("attention-text").fill(text);
  await typed.runs();
  await expect(typed.control("source")).toContainText("computed in this page");
  await expect(typed.control("notice").first()).toContainText("first 256");
  const notice = await typed.control("notice").first().textContent();
  const drawn = await typed.rows("attention");
  // What was counted and one point of one text, a map of what the figure takes of it.
  await expect.poll(async () => (await answers(page)).length).toBeGreaterThanOrEqual(3);
  const texts = await page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.includes(" text ")).length);
  expect(texts).toBe(2);
  await explainer.reload();
  await laboratory.near();
  await expect(laboratory.control("ran")).toContainText("1 point computed");
  expect(await laboratory.csv()).toEqual(points);
  await typed.near();
  await expect(typed.control("source")).toContainText("computed in this page");
  await expect(typed.control("notice").first()).toHaveText(notice!);
  expect(await typed.rows("attention")).toEqual(drawn);
});

const DAMAGE: [string, (value: string) => string][] = [
  ["cut in half", (value) => value.slice(0, value.length / 2)],
  ["changed by one digit", (value) => value.replace(/\d(?=\D*$)/, (digit) => String((Number(digit) + 1) % 10))],
  ["something else", () => '{"numbers": 1}'],
  ["empty", () => ""],
];
test("a kept answer that is damaged is dropped, and the others stand", async ({ page }) => {
  for (const [how, damage] of DAMAGE) {
    const before = await laboratory(page, `${FEW}&engine=cpu`);
    if (await before.control("ran").count() === 0) await before.runs();
    await kept(page, 3);
    const [[name, value]] = await answers(page);
    await page.evaluate(([name, value]) => sessionStorage.setItem(name, value), [name, damage(value)]);
    const explainer = new Explainer(page);
    await explainer.reload();
    const figure = explainer.figure("perplexity");
    await expect(figure.control("ran"), how).toContainText("2 points computed");
    await expectPoints(figure, 2);
    expect(explainer.watch.errors).toEqual([]);
    await expect.poll(async () => (await answers(page)).map(([name]) => name), how).not.toContain(name);
    // What is missing is computed, and nothing else.
    await figure.runs();
    await expect(figure.control("status")).toContainText("1 of 1 points");
    await expectPoints(figure, 3);
  }
});

test("what another build has computed is not taken", async ({ page }) => {
  const before = await laboratory(page, ONE);
  await before.runs();
  await kept(page, 1);
  await page.route((url) => url.href.startsWith(site()) && url.pathname.endsWith("/"), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace('"assets/data/held-out.bin"', '"of-another-build": "x", "assets/data/held-out.bin"') });
  });
  await expectNothing(await again(page));
});

/** A browser that keeps at most so many characters. */
const SMALL = (room: number) => {
  const set = Storage.prototype.setItem;
  Storage.prototype.setItem = function (name: string, value: string) {
    const others = Object.entries(this).reduce((sum, [n, v]) => sum + (n === name ? 0 : String(v).length), 0);
    if (others + value.length > room) throw new DOMException("full", "QuotaExceededError");
    set.call(this, name, value);
  };
};

test("where there is no room the oldest answers go, and all of them before what the reader typed", async ({ page }) => {
  await page.addInitScript(SMALL, 1_500);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&lengths=32,64,128&targets=2048&engine=cpu");
  const figure = explainer.figure("perplexity");
  await figure.runs();
  await expectPoints(figure, 9);
  await page.waitForFunction(() => Object.keys(sessionStorage).some((name) => name.includes(" answer ")));
  expect((await answers(page)).length).toBeLessThan(9);
  await figure.set("text", "own");
  const typed = "What the reader typed comes first. ".repeat(40);
  await figure.control("own-text").fill(typed);
  await expect.poll(() => page.evaluate(() => Object.entries(sessionStorage).find(([name]) => name.endsWith("own-text"))?.[1])).toBe(typed);
  expect(await answers(page)).toEqual([]);
  expect(explainer.watch.errors).toEqual([]);
});

test("where nothing can be kept all works, and the reader is asked before leaving a text", async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, "sessionStorage", { get: () => { throw new DOMException("not here", "SecurityError"); } });
  });
  const explainer = new Explainer(page);
  await explainer.open(ONE);
  const figure = explainer.figure("perplexity");
  await figure.runs();
  await expectPoints(figure, 1);
  const asked: string[] = [];
  page.on("dialog", (dialog) => {
    asked.push(dialog.type());
    void dialog.accept();
  });
  await explainer.reload();
  expect(asked).toEqual([]);
  await figure.near();
  await figure.set("text", "own");
  const tried = page.evaluate(() => new Promise<void>((tried) => {
    const store = window.alibiStore;
    window.alibiStore = (name, text) => {
      setTimeout(tried);
      return store(name, text);
    };
  }));
  await figure.control("own-text").pressSequentially("Mine alone.");
  await tried;
  await explainer.reload();
  expect(asked).toEqual(["beforeunload"]);
  expect(explainer.watch.errors).toEqual([]);
});
