// The page as a document: nothing has to arrive after it before it can be read.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fail, text } from "./files.mjs";

const SHEET = /<link rel="stylesheet" href="\.\/([^"]+\.css)"[^>]*>/g;
/** What the WASM would be fetched by; the text's typeface is wanted at once. */
const PRELOAD = /<link rel="(?:modulepreload|preload)"(?![^>]*\bas="font")[^>]*>/g;

/** A style sheet's own addresses would be wrong within the page, but for those that are written as the page's are. */
export function checkStyles(path, css) {
  if (/url\((?!"\.\/assets\/|\s*["']?(?:data:|#))/.test(css)) fail(`${path} names another file with url(): write it as url("./assets/…"), or use a data: address.`);
}

/**
 * Puts the style sheets into the page, and leaves it to the start script when the WASM is fetched: not before the article
 * is on the screen.
 */
export function standAlone(dir, html) {
  const page = html.replace(PRELOAD, "").replace(SHEET, (_, path) => {
    const css = text(dir, path);
    checkStyles(path, css);
    rmSync(join(dir, path));
    return `<style>${css.replace(/\s*\n\s*/g, "\n").trim()}</style>`;
  });
  if (!page.includes("<style>")) fail("index.html has no style sheet of the form that .ci/dist/document.mjs knows.");
  return page;
}
