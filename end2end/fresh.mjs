// The proof that a fresh clone works: what is committed goes into an empty folder, `make serve` builds and serves the page
// there, a browser draws its first figure, and a changed line of a source changes the page.
// Only compiled dependencies are shared with this checkout. The page and its worker are compiled by clippy's driver, which does
// what the compiler does and complains of more: what either leaves unused, too, is an error here.
// Usage: node end2end/fresh.mjs
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "@playwright/test";
import { ROOT, targetFolder } from "../.ci/dist/files.mjs";
import { launchOptions } from "./chrome.mjs";

/** The first build, the one after a change, and the browser, ms: an end to waiting, not a measure. `make test` leaves them little. */
const BUILD = 40 * 60_000;
const REBUILD = 20 * 60_000;
const BROWSER = 5 * 60_000;
/** The compiler of the project's own code. */
const CLIPPY = { RUSTC_WORKSPACE_WRAPPER: "clippy-driver", CLIPPY_ARGS: "-Dwarnings__CLIPPY_HACKERY__" };
/** The line of a source that is changed, and what shows it. */
const SOURCE = "src/ui/settings/state.rs";
const LINE = '("auto", "Auto")';
const CHANGED = '("auto", "As the system")';

const say = (words) => console.log(`    ${words}`);
const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(0)} s`;

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts `make serve`; its output is shown when something fails. */
function serve(folder, port) {
  const lines = [];
  const child = spawn("make", ["serve", `PORT=${port}`], {
    cwd: folder, detached: true, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...CLIPPY, CARGO_TARGET_DIR: targetFolder(), MAKEFLAGS: "", MAKELEVEL: "" },
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => lines.push(text));
  const ended = new Promise((resolve) => child.on("exit", (code) => resolve(code)));
  return { child, ended, output: () => lines.join("") };
}

/** Waits until the page is served, or `make serve` has ended, which is an error. */
async function served(url, { ended }) {
  const until = performance.now() + BUILD;
  let over = false;
  ended.then(() => (over = true));
  while (performance.now() < until) {
    if (over) throw new Error("'make serve' ended by itself.");
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok && (await answer.text()).includes("data-wasm")) return;
    await new Promise((done) => setTimeout(done, 500));
  }
  throw new Error(`'make serve' did not serve the page within ${BUILD / 60_000} minutes.`);
}

async function prove(folder, server, url) {
  const begin = performance.now();
  await served(url, server);
  say(`served after ${seconds(begin)}`);
  const browser = await chromium.launch({ ...launchOptions(), timeout: BROWSER });
  try {
    const page = await browser.newPage();
    const errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(url, { timeout: BROWSER });
    const figure = page.locator('figure[data-figure="opening"]');
    await figure.locator("canvas").first().waitFor({ timeout: BROWSER });
    await figure.locator('table[data-series="opening"] tbody tr').first().waitFor({ state: "attached", timeout: BROWSER });
    say(`first figure drawn after ${seconds(begin)}`);

    const label = page.getByTestId("theme").getByText("As the system", { exact: true });
    if (await label.count()) throw new Error(`The page already shows what the change of ${SOURCE} is to show.`);
    const path = join(folder, SOURCE);
    const source = readFileSync(path, "utf8");
    if (source.split(LINE).length !== 2) throw new Error(`${SOURCE} does not hold ${LINE} once: change end2end/fresh.mjs with it.`);
    const change = performance.now();
    writeFileSync(path, source.replace(LINE, CHANGED));
    // The page loads itself again when it is built.
    await label.waitFor({ timeout: REBUILD });
    say(`a changed line on the page after ${seconds(change)}`);
    if (errors.length) throw new Error(`The page had errors: ${errors.join("; ")}`);
  } finally {
    await browser.close();
  }
}

const parent = mkdtempSync(join(tmpdir(), "alibi-fresh-"));
const folder = join(parent, "clone");
let server;
const stop = () => {
  try {
    // make, trunk and what they started.
    if (server) process.kill(-server.child.pid, "SIGTERM");
  } catch {
    // Already gone.
  }
  rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
};
process.on("SIGINT", () => (stop(), process.exit(1)));
try {
  execFileSync("git", ["clone", "--quiet", "--no-hardlinks", ROOT, folder]);
  for (const lacking of ["target", "dist", "node_modules"]) if (existsSync(join(folder, lacking))) throw new Error(`git carries ${lacking}/.`);
  const port = await freePort();
  server = serve(folder, port);
  await prove(folder, server, `http://127.0.0.1:${port}/`);
} catch (error) {
  console.error(server?.output().split("\n").slice(-40).join("\n") ?? "");
  console.error(`A fresh clone does not work: ${error.message}`);
  process.exitCode = 1;
} finally {
  stop();
}
