// What every scenario begins with: a page that has its figures, and a figure that stands.
import { EMPTY, FIGURES } from "../open.mjs";

/** Waits until the article or the embed has all its figures. */
export async function ready(view, count = FIGURES.length) {
  await view.until("the first figure", () => Boolean(document.querySelector("figure[data-figure]")));
  // What is far away waits until the reader moves.
  await view.evaluate(() => window.dispatchEvent(new Event("pointermove")));
  return view.until(`${count} figures`, (count) => document.querySelectorAll("figure[data-figure]").length === count, [count], 60_000);
}

/** Brings a figure to where it can be seen and waits until it stands: a finding, and something drawn. */
export async function stands(view, id) {
  const figure = `figure[data-figure="${id}"]`;
  // Where the browser does not keep to the reader's place, what stands above and takes its room late moves it away again.
  const near = () => view.evaluate((figure) => {
    const { top, bottom } = document.querySelector(figure).getBoundingClientRect();
    if (bottom < 0 || top > innerHeight) document.querySelector(figure).scrollIntoView({ block: "center", behavior: "instant" });
  }, figure);
  await view.evaluate((figure) => document.querySelector(figure).scrollIntoView({ block: "center", behavior: "instant" }), figure);
  await view.until(`${id} says what it shows`, (figure) => document.querySelector(`${figure} [data-testid="finding"]`)?.textContent.trim(), [figure], 30_000, near);
  if (EMPTY.has(id)) return;
  await view.until(`${id} is drawn (if it draws nothing before it is run, say so in EMPTY, end2end/open.mjs)`, (figure) => {
    const visible = [...document.querySelectorAll(`${figure} :is(canvas, img, .passage, .sentence, .idea, .flow)`)].filter((e) => e.offsetParent && e.offsetHeight);
    const blank = (canvas) => {
      if (!canvas.width) return true;
      const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.buffer);
      return new Set(pixels).size < 4;
    };
    const missing = (e) => (e.tagName === "IMG" ? !e.complete || !e.naturalWidth : e.tagName === "CANVAS" ? blank(e) : !e.textContent.trim());
    return visible.length > 0 && !visible.some(missing);
  }, [figure], 30_000, near);
}

/** The rows of a figure's table, once there are as many and the table follows the figure, which it does when that stands still. */
export async function settled(view, series, n) {
  await view.until(`${n} rows`, (series, n) => {
    const table = document.querySelector(`table[data-series="${series}"]`);
    return table && table.getAttribute("aria-busy") !== "true" && table.tBodies[0].rows.length === n;
  }, [series, n]);
  return view.rows(series);
}
