// Rows about what a reader waits for: the files, the first figure, a slider. Measured on the site as a static host
// serves it, compressed, with the functions of the browser tests.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { files } from "../../.ci/dist/files.mjs";
import { figureOf, open } from "../../end2end/open.mjs";
import { listen, stop } from "../../end2end/server.mjs";
import { firstFigure, percentile, sliderStep, slowDown } from "../../end2end/timing.mjs";
import { median, row } from "./measure.mjs";

const VIEWPORT = { width: 1280, height: 900 };

/** Something done in a page of a fresh profile: nothing is in its cache. */
async function fresh(browser, act) {
  const profile = await browser.newContext({ viewport: VIEWPORT });
  try {
    return await act(await profile.newPage(), profile);
  } finally {
    await profile.close();
  }
}

async function repeat(rounds, run) {
  const runs = [];
  for (let round = 0; round < rounds; round++) runs.push(await run());
  return runs;
}

/** WASM files, as .ci/dist/sizes.mjs holds them to their budgets. */
const WASM = [
  ["page", /^assets\/app_bg.*\.wasm$/],
  ["page after the first figure", /^assets\/split_parts.*\.wasm$/],
  ["page with that and the next", /^assets\/chunk_.*\.wasm$/],
  ["figures that stand apart", /^assets\/split_apart.*\.wasm$/],
  ["worker", /^assets\/worker_relaxed.*\.wasm$/],
  ["plain worker", /^assets\/worker_plain.*\.wasm$/],
  ["trainer", /^assets\/trainer_relaxed.*\.wasm$/],
  ["plain trainer", /^assets\/trainer_plain.*\.wasm$/],
];

/** Sizes of the WASM files, KB of 1000 bytes. */
function* sizeRows(dist) {
  for (const [name, pattern] of WASM) {
    const bytes = readFileSync(join(dist, files(dist).find((file) => pattern.test(file))));
    const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    yield row({ name: `page size ${name} raw`, unit: "KB", ours: [bytes.length / 1000] });
    yield row({ name: `page size ${name} brotli`, unit: "KB", ours: [brotli.length / 1000] });
  }
}

async function* firstFigureRows(browser, site, rounds) {
  // Fills the server's cache of compressed files, as a host's is filled.
  await fresh(browser, (page) => firstFigure(page, site));
  const plain = await repeat(rounds, () => fresh(browser, (page) => firstFigure(page, site)));
  yield row({ name: "page first figure", unit: "ms", ours: plain, note: "cold" });
  const slow = await repeat(rounds, () =>
    fresh(browser, async (page, profile) => {
      await slowDown(await profile.newCDPSession(page));
      return firstFigure(page, site);
    }));
  const note = "cold, 4× slower processor, 1.6 Mbit/s, 150 ms latency";
  yield row({ name: "page first figure throttled", unit: "ms", ours: slow, note });
}

const STEPS = 20;
const HEADS = 64;
const LENGTH = 4096;

/** The bias figure at its largest; a median and a 95th percentile per round. */
async function* sliderRows(browser, site, rounds) {
  const times = await fresh(browser, async (page) => {
    await open(page, `${site}?v=1&heads=${HEADS}&length=${LENGTH}&view=all`);
    const figure = figureOf(page, "bias");
    await figure.scrollIntoViewIfNeeded();
    await figure.locator("canvas").first().waitFor();
    return repeat(rounds, () => {
      let step = 0;
      return repeat(STEPS, () => sliderStep(figure, step++));
    });
  });
  const note = `${HEADS} heads, ${STEPS} steps a round`;
  yield row({ name: "page slider step median", length: LENGTH, unit: "ms", ours: times.map(median), note });
  yield row({ name: "page slider step p95", length: LENGTH, unit: "ms", ours: times.map((all) => percentile(all, 0.95)), note });
}

export async function* readerRows({ page, dist, rounds }) {
  yield* sizeRows(dist);
  const browser = page.context().browser();
  const server = await listen(0, dist);
  try {
    yield* firstFigureRows(browser, server.site(), rounds);
    yield* sliderRows(browser, server.site(), rounds);
  } finally {
    stop(server);
  }
}
