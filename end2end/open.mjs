// @ts-check
// Opening the page and its figures, for the browser tests, the pictures and the benchmark.
import { readFileSync } from "node:fs";

/**
 * Ids of the figures in the page's order, as the registry lists them.
 * @type {string[]}
 */
export const FIGURES = JSON.parse(readFileSync(new URL("../assets/figures.json", import.meta.url), "utf8")).map((/** @type {{ id: string }} */ f) => f.id);

/** Figures that draw nothing before they are run. */
export const EMPTY = new Set(["verify"]);

/** @typedef {import("@playwright/test").Page} Page */
/** @typedef {import("@playwright/test").Frame} Frame */

/** A figure of the page. @param {Pick<Page, "locator">} page @param {string} id */
export const figureOf = (page, id) => page.locator(`figure[data-figure="${id}"]`);

/**
 * Waits until the figures of the page stand: the one that it is opened for, or all of them, which come one by one.
 * @param {Page | Frame} page
 */
export async function stand(page) {
  await page.locator("figure[data-figure]").first().waitFor({ timeout: 30_000 });
  if (await page.locator("main.embed").count()) return;
  // What is far away waits until the reader moves.
  await page.evaluate(() => window.dispatchEvent(new Event("pointermove")));
  await page.locator(`figure[data-figure] >> nth=${FIGURES.length - 1}`).waitFor({ state: "attached", timeout: 30_000 });
}

/** Opens an address and waits for its figures. @param {Page} page @param {string} url */
export async function open(page, url) {
  await page.goto(url);
  await stand(page);
}

/**
 * Waits until what has come is drawn and what that leads to is done: two frames, and a task. Not until the browser calls
 * itself idle, which after a change of its window's size it may never do.
 * @param {Page | Frame} page
 */
export async function idle(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(undefined))))));
}
