// Takes the picture that stands in each figure's place of the article until the figure is drawn there, from an already
// built site, into assets/stills, and writes down how high each figure is in the article, on a wide and on a narrow screen.
// Names of figures as arguments take only those.
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { kilobytes } from "../.ci/dist/files.mjs";
import { findChrome } from "./chrome.mjs";
import { figureOf, idle, open as openPage } from "./open.mjs";
import { listen, stop } from "./server.mjs";

const FOLDER = fileURLToPath(new URL("../assets/stills", import.meta.url));
const LIST = fileURLToPath(new URL("../assets/figures.json", import.meta.url));
const ARGS = ["--no-sandbox", "--disable-background-networking"];
/** As wide as the article's figures, CSS pixels; as high as the drawing, within these bounds. */
const PICTURE = { width: 924, height: 520 };
const LOWEST = 200;
const HIGHEST = 900;
/** Windows that the room of a figure is measured in: the common one of a desk, and of a telephone. */
const WINDOWS = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };
const QUALITY = 60;
// The drawing alone: title and text stand in the article.
const STYLE = `
  .embed { padding: 0 !important }
  figure > :not(.plot, .panel, .shown, :has(> .plot)), .hint { display: none !important }
  .opening > :is(.controls, .opening-said) { visibility: hidden }
  .panel { max-height: none }
  .embed-link { display: none !important }
`;

/** Opens a figure alone in a window that wide, with something to see. */
async function open(browser, site, id, width) {
  const page = await browser.newPage({ viewport: { width, height: PICTURE.height }, colorScheme: "light", reducedMotion: "reduce" });
  await page.goto(`${site}?v=1&embed=${id}&theme=light`);
  const figure = page.locator(`figure[data-figure="${id}"]`);
  await figure.waitFor();
  await page.waitForLoadState("networkidle");
  await page.locator(`figure[data-figure="${id}"]:not([data-state="loading"])`).waitFor();
  return { page, figure };
}

async function take(browser, site, { id }) {
  const { page, figure } = await open(browser, site, id, PICTURE.width);
  if (!(await figure.locator(".plot, .panel > *").count())) {
    // Nothing is drawn before it has run: its table is what there is.
    await figure.getByTestId("run").click();
    await page.waitForFunction((id) => document.querySelector(`figure[data-figure="${id}"]`).dataset.state === "done", id, { timeout: 120_000 });
    await figure.locator("details").first().evaluate((details) => ((details.open = true), details.classList.add("shown")));
  }
  await page.addStyleTag({ content: STYLE });
  const bottom = await page.locator(".embed").evaluate((embed) => embed.getBoundingClientRect().bottom);
  const still = Math.min(Math.max(Math.ceil(bottom / 10) * 10, LOWEST), HIGHEST);
  await page.setViewportSize({ width: PICTURE.width, height: still });
  // The drawing follows its box one frame later.
  await page.waitForTimeout(500);
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", { format: "webp", quality: QUALITY });
  const path = join(FOLDER, `${id}.webp`);
  writeFileSync(path, Buffer.from(data, "base64"));
  await page.close();

  console.log(`${id.padEnd(16)} ${kilobytes(statSync(path).size).padStart(8)} KB, ${still} px high`);
  return still;
}

/** How high each figure is in the article, CSS pixels by id. */
async function heights(browser, site, viewport, list) {
  const page = await browser.newPage({ viewport, reducedMotion: "reduce" });
  await openPage(page, site);
  const found = {};
  for (const { id } of list) {
    await page.locator(`#section-${id}`).scrollIntoViewIfNeeded();
    await figureOf(page, id).scrollIntoViewIfNeeded();
    await page.waitForLoadState("networkidle");
    await page.locator(`figure[data-figure="${id}"]:not([data-state="loading"])`).waitFor();
    await idle(page);
    found[id] = await page.locator(`[data-place="${id}"]`).evaluate((place) => {
      // Not the room that was left for it.
      place.style.minHeight = "0";
      return Math.ceil(place.getBoundingClientRect().height / 10) * 10;
    });
  }
  await page.close();
  return found;
}

const wanted = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const server = await listen();
const browser = await chromium.launch({ executablePath: findChrome(), args: ARGS });
try {
  const list = JSON.parse(readFileSync(LIST, "utf8"));
  const chosen = list.filter(({ id }) => !wanted.length || wanted.includes(id));
  for (const figure of chosen) figure.still = await take(browser, server.site(), figure);
  for (const [name, viewport] of Object.entries(WINDOWS)) {
    const found = await heights(browser, server.site(), viewport, chosen);
    for (const figure of chosen) figure[name] = found[figure.id];
    console.log(name, found);
  }
  writeFileSync(LIST, `${JSON.stringify(list, null, 2)}\n`);
} finally {
  await browser.close();
  stop(server);
}
