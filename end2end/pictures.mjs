// Takes a picture of every figure of an already built site, as it stands alone, into assets/pictures: for social previews
// and for readers without JavaScript. Names of figures as arguments take only those.
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "@playwright/test";
import { kilobytes } from "../.ci/dist/files.mjs";
import { PICTURE, figures } from "../.ci/dist/pages.mjs";
import { launchOptions } from "./chrome.mjs";
import { figureOf, open as openAt } from "./open.mjs";
import { listen, stop } from "./server.mjs";

const FOLDER = fileURLToPath(new URL("../assets/pictures", import.meta.url));
// The most enlarged of these that holds the whole drawing: what is written in it can then be read in a preview.
const SCALES = [1.5, 1.25, 1];
// Title, finding and drawing; nothing in a picture can be used.
const STYLE = `
  figure > :not(.figure-head, .finding, .plot, .panel, .shown, :has(> .plot)), .figure-head button, .hint, .embed-link { display: none !important }
  .opening .controls { visibility: hidden }
  .panel { max-height: none }
`;
const view = (scale) => ({ width: PICTURE.width / scale, height: PICTURE.height / scale });

/** Opens a figure alone, as large as `scale` makes it, with something to see. */
async function open(browser, site, id, scale) {
  const page = await browser.newPage({ viewport: view(scale), deviceScaleFactor: scale, colorScheme: "light", reducedMotion: "reduce" });
  await openAt(page, `${site}?v=1&embed=${id}&theme=light`);
  const figure = figureOf(page, id);
  await page.waitForLoadState("networkidle");
  if (!(await figure.locator(".plot, .panel > *").count())) {
    // Nothing is drawn before it has run: its table is what there is.
    await figure.getByTestId("run").click();
    await page.waitForFunction((id) => document.querySelector(`figure[data-figure="${id}"]`).dataset.state === "done", id, { timeout: 120_000 });
    await figure.locator("details").first().evaluate((details) => ((details.open = true), details.classList.add("shown")));
  }
  await page.addStyleTag({ content: STYLE });
  // The drawing follows its box one frame later.
  await page.waitForTimeout(500);
  return page;
}

async function take(browser, site, { id }) {
  for (const scale of SCALES) {
    const page = await open(browser, site, id, scale);
    const fits = await page.evaluate(() => document.querySelector("figure").getBoundingClientRect().bottom <= innerHeight);
    const path = join(FOLDER, `${id}.png`);
    // What does not fit at any scale is shown from its top.
    if (fits || scale === SCALES.at(-1)) await page.screenshot({ path });
    await page.close();
    if (fits || scale === SCALES.at(-1)) return console.log(`${id.padEnd(16)} ${kilobytes(statSync(path).size).padStart(8)} KB, ${scale} : 1`);
  }
}

const wanted = process.argv.slice(2);
mkdirSync(FOLDER, { recursive: true });
const server = await listen();
const browser = await chromium.launch(launchOptions());
try {
  for (const figure of figures()) if (!wanted.length || wanted.includes(figure.id)) await take(browser, server.site(), figure);
} finally {
  await browser.close();
  stop(server);
}
