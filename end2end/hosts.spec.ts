// Figures on other people's pages: plain frames and <alibi-figure>, on hosts of many kinds (end2end/hosts), served from
// another origin than the site's.
import { expect, test, type FrameLocator, type Page } from "@playwright/test";
import { FIGURES, Traffic, site } from "./page";
import { idle } from "./open.mjs";

// What the driver does to block them fails with an error in a frame without an origin; embeds register none anyway.
test.use({ serviceWorkers: "allow" });

interface Height {
  frame: number;
  height: number;
}

declare global {
  interface Window {
    heights: Height[];
  }
}

/** Opens a host page; what must stay empty while it is used. */
async function open(page: Page, name: string): Promise<string[]> {
  const wrong: string[] = [];
  const known = [site(), process.env.HOSTS!].map((url) => new URL(url).origin);
  page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["data:", "blob:"].includes(url.protocol) && !known.includes(url.origin)) wrong.push(`request to ${url}`);
  });
  await page.addInitScript(() => {
    if (window.top !== window) return;
    window.heights = [];
    addEventListener("message", ({ source, data }) => {
      const frame = [...document.querySelectorAll("iframe")].findIndex((f) => f.contentWindow === source);
      if (data?.type === "alibi:height") window.heights.push({ frame, height: data.height });
    });
  });
  await page.goto(`${process.env.HOSTS}${name}.html`);
  return wrong;
}

const frame = (page: Page, index = 0): FrameLocator => page.frameLocator("iframe").nth(index);

/** Waits until the figure in a frame stands: its table has that many rows, or some. */
async function stands(page: Page, id: string, index = 0, rows?: number): Promise<void> {
  await page.locator("iframe").nth(index).scrollIntoViewIfNeeded();
  const table = frame(page, index).locator(`figure[data-figure="${id}"] table[data-series] tbody tr`);
  if (rows === undefined) await expect.poll(() => table.count(), { message: `rows of ${id}` }).toBeGreaterThan(0);
  else await expect(table, `rows of ${id}`).toHaveCount(rows);
}

/** Waits until heights are no longer told while the frame and its host draw, and holds their number to a few. */
async function settles(page: Page, index = 0): Promise<number> {
  const told = async () => (await page.evaluate(() => window.heights)).filter((h) => h.frame === index);
  await expect.poll(async () => (await told()).length).toBeGreaterThan(0);
  const inside = (await (await page.locator("iframe").nth(index).elementHandle())!.contentFrame())!;
  await expect
    .poll(async () => {
      const before = (await told()).length;
      for (const part of [inside, page, inside, page]) await idle(part);
      return (await told()).length - before;
    }, { message: "heights told while nothing else happens" })
    .toBe(0);
  const heights = await told();
  expect(heights.length, `heights told: ${heights.map((h) => h.height)}`).toBeLessThanOrEqual(12);
  return heights.at(-1)!.height;
}

/** The frame of an <alibi-figure> is as high as what it shows, and nothing in it has to be scrolled. */
async function fits(page: Page, index = 0): Promise<void> {
  const height = await settles(page, index);
  const box = page.locator("iframe").nth(index);
  await expect(box).toHaveCSS("height", `${height}px`);
  const scroll = await frame(page, index).locator(":root").evaluate((root) => ({
    x: root.scrollWidth - root.clientWidth,
    y: root.scrollHeight - root.clientHeight,
  }));
  expect(scroll.x, "horizontal scroll in the frame").toBeLessThanOrEqual(0);
  expect(scroll.y, "vertical scroll in the frame").toBeLessThanOrEqual(1);
}

test("a plain frame", async ({ page }) => {
  const wrong = await open(page, "iframe");
  await stands(page, "slopes", 0, 12);
  expect(await settles(page)).toBeGreaterThan(200);
  expect(wrong).toEqual([]);
});

test("two figures of the same kind with settings of their own, which may change", async ({ page }) => {
  const wrong = await open(page, "twice");
  await stands(page, "slopes", 0, 8);
  await stands(page, "slopes", 1, 12);
  await fits(page, 0);
  await fits(page, 1);
  await expect(page.locator("#twelve > *"), "the link was for browsers without the script").toHaveCount(1);
  // Nor is it shown where it is parsed only after the script has run.
  await page.locator("#twelve").evaluate((figure) => figure.append(document.createElement("a"), "late"));
  await expect(page.locator("#twelve")).toHaveText("");
  await expect(frame(page, 1).locator('[data-testid="order"] input[value="sorted"]')).toBeChecked();
  await expect(page.locator("iframe").first()).toHaveAttribute("title", "Slopes of 8 heads");
  await page.locator("#eight").evaluate((figure) => figure.setAttribute("heads", "20"));
  await stands(page, "slopes", 0, 20);
  await stands(page, "slopes", 1, 12);
  // Taken out and put back elsewhere, it still follows the height.
  await page.locator("#eight").evaluate((figure) => document.body.append(figure));
  await stands(page, "slopes", 1, 20);
  await page.evaluate(() => (window.heights = []));
  await frame(page, 1).locator("details summary").first().click();
  await fits(page, 1);
  expect(wrong).toEqual([]);
});

test("what others post does not move a figure", async ({ page }) => {
  const wrong = await open(page, "twice");
  await stands(page, "slopes", 0, 8);
  await fits(page, 0);
  const heights = () => page.locator("iframe").evaluateAll((all) => all.map((f) => f.clientHeight));
  await stands(page, "slopes", 1, 12);
  await fits(page, 1);
  const before = await heights();
  const post = (message: object) => page.evaluate((message) => {
    // Heard after whoever else listens.
    const heard = new Promise((done) => addEventListener("message", done, { once: true }));
    postMessage(message, "*");
    return heard.then(() => undefined);
  }, message);
  await post({ type: "alibi:height", v: 1, id: "slopes", height: 5000 });
  expect(await heights()).toEqual(before);
  // Its own frame is believed, within bounds.
  for (const [height, shown] of [[1e9, 20_000], [-5, 50], [Number.NaN, 50]]) {
    await frame(page, 0).locator(":root").evaluate((_, height) => parent.postMessage({ type: "alibi:height", v: 1, height }, "*"), height);
    await expect.poll(async () => (await heights())[0]).toBe(shown);
  }
  expect(wrong).toEqual([]);
});

test("frames without an origin of their own", async ({ page }) => {
  const wrong = await open(page, "sandbox");
  for (const index of [0, 1]) {
    await stands(page, "slopes", index, 8);
    await settles(page, index);
    await expect(frame(page, index).locator("figure[data-figure]")).toHaveCount(1);
  }
  expect(wrong).toEqual([]);
});

test("a host with a strict content policy", async ({ page }) => {
  const wrong = await open(page, "strict");
  await stands(page, "bias");
  await fits(page);
  await expect(frame(page).getByTestId("heads").first()).toHaveValue("4");
  expect(wrong).toEqual([]);
});

test("a host isolated from other origins", async ({ page }) => {
  const wrong = await open(page, "isolated");
  expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
  await stands(page, "slopes", 0, 8);
  await fits(page);
  expect(wrong).toEqual([]);
});

test("a column of 320 px", async ({ page }) => {
  await page.setViewportSize({ width: 400, height: 800 });
  const wrong = await open(page, "narrow");
  for (const [index, id] of ["extrapolation", "bias"].entries()) {
    await stands(page, id, index);
    expect(await page.locator("iframe").nth(index).evaluate((f) => f.clientWidth)).toBe(320);
    await fits(page, index);
  }
  expect(wrong).toEqual([]);
});

test("a dark host", async ({ page }) => {
  const wrong = await open(page, "dark");
  await stands(page, "extrapolation");
  await fits(page);
  const background = await frame(page).locator("body").evaluate((body) => getComputedStyle(body).backgroundColor);
  const luminance = background.match(/\d+/g)!.slice(0, 3).reduce((sum, c) => sum + Number(c), 0) / 3;
  expect(luminance, background).toBeLessThan(128);
  expect(wrong).toEqual([]);
});

test.describe("without JavaScript", () => {
  test.use({ javaScriptEnabled: false });

  test("a figure's page shows its picture and a link", async ({ page }) => {
    await page.goto(`${process.env.HOSTS}still.html`);
    const shown = frame(page).getByRole("img");
    await expect(shown).toBeVisible();
    await expect(shown).toHaveAttribute("alt", /heads/);
    const drawn = () => shown.evaluate((image: HTMLImageElement) => image.naturalWidth);
    await expect.poll(drawn, { message: "the picture is there" }).toBe(924);
    expect(await shown.evaluate((image: HTMLImageElement) => image.clientWidth), "and fits").toBeLessThanOrEqual(760);
    const link = frame(page).getByRole("link");
    expect(await link.evaluate((a: HTMLAnchorElement) => a.href)).toBe(`${site()}#slopes`);
    await expect(frame(page).getByText("Loading")).toBeHidden();
  });

  test("the full page shows every figure's picture and names the paper", async ({ page }) => {
    await page.goto(site());
    const pictures = page.getByRole("img");
    await expect(pictures).toHaveCount(FIGURES.length);
    for (const picture of await pictures.all()) {
      await picture.scrollIntoViewIfNeeded();
      await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(924);
    }
    await expect(page.getByRole("link", { name: "Press, Smith and Lewis" })).toHaveAttribute("href", /arxiv\.org/);
    await expect(page.getByText("Loading")).toBeHidden();
  });
});
