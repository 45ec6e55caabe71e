// @ts-check
// Finds the installed Chrome or Chromium that the browser tests drive, and says how it is started. Run by itself, prints
// its path.
//
// The functional lane drives Chromium's headless shell where it is there: the same engine without the browser around it, which
// takes half of the processor. The other lanes drive the browser that readers have.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
/** As Debian and as Chrome for Testing call it. */
const SHELLS = ["chromium-headless-shell", "chrome-headless-shell"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];
/** What lets the browser run as root, as in containers, and keeps it from calling home. */
const ARGS = ["--no-sandbox", "--disable-background-networking"];
/** The browser's software adapter: slow, and the same WGSL compiler as on a real one. Without it most readers on Linux are met: navigator.gpu is there, an adapter is not. */
export const SOFTWARE_GPU = ["--enable-unsafe-webgpu"];

/** @param {string[]} names of programs, of which any in an earlier folder of the PATH comes first */
const onPath = (names) => (process.env.PATH ?? "").split(delimiter).flatMap((dir) => names.map((name) => join(dir, name)));

/** Path of the browser; throws with a sentence that says what to do. */
export function findChrome() {
  const named = process.env.CHROME;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`CHROME names ${named}, which does not exist: correct it or unset it.`);
  }
  const found = [...onPath(NAMES), ...PLACES].find((path) => existsSync(path));
  if (found) return found;
  throw new Error("No Chrome or Chromium was found: install one, or set CHROME to its path, then try again.");
}

/** Path of the headless shell; of the browser where there is none or CHROME names one. */
const findShell = () => (process.env.CHROME ? undefined : onPath(SHELLS).find((path) => existsSync(path))) ?? findChrome();

/** What Playwright starts the browser with. @param {string[]} more further arguments */
export const launchOptions = (more = []) => ({ executablePath: findChrome(), args: [...ARGS, ...more] });
/** The same for the headless shell. @param {string[]} more further arguments */
export const shellOptions = (more = []) => ({ executablePath: findShell(), args: [...ARGS, ...more] });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(findChrome());
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  }
}
