// Measures this project's engine against onnxruntime-web in the same browser, on the same weights and tokens, and the
// page's own workers. Usage: node benches/browser/run.mjs [DIST_FOLDER] [--only kernel|cpu|webgpu|train|page|soak] [--quick]
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { fileNames } from "../../.ci/dist/names.mjs";
import { SOFTWARE_GPU, launchOptions } from "../../end2end/chrome.mjs";
import { kernelRows } from "./kernel_rows.mjs";
import { heading, tableLine } from "./measure.mjs";
import { pageRows, soakRows } from "./page_rows.mjs";
import { modelRows } from "./rows.mjs";
import { serve } from "./server.mjs";
import { trainRows } from "./train_rows.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const RESULTS = join(HERE, "..", "..", "target", "bench");
const ROUNDS = 5;

/** Kinds of rows, in the order measured: what gives them, and what the browser must be started with. */
const KINDS = {
  kernel: { rows: kernelRows, args: [] },
  cpu: { rows: (context) => modelRows(context, "cpu"), args: [] },
  webgpu: { rows: (context) => modelRows(context, "webgpu"), args: SOFTWARE_GPU },
  train: { rows: trainRows, args: [] },
  page: { rows: pageRows, args: [] },
  soak: { rows: soakRows, args: SOFTWARE_GPU },
};

/** Something that whoever started this can put right. */
class Mistake extends Error {}

function readArguments() {
  const options = { only: { type: "string" }, quick: { type: "boolean", default: false } };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.only && !(values.only in KINDS)) throw new Error(`--only takes ${Object.keys(KINDS).join(", ")}, not ${values.only}`);
    return { dist: resolve(positionals[0] ?? "dist"), kinds: values.only ? [values.only] : Object.keys(KINDS), rounds: values.quick ? 1 : ROUNDS };
  } catch (error) {
    throw new Mistake(`${error.message}. Usage: node benches/browser/run.mjs [DIST_FOLDER] [--only KIND] [--quick]`);
  }
}

/** What the built site says of its models and tokens. */
function readSite(dist) {
  if (!existsSync(join(dist, "index.html"))) throw new Mistake(`There is no ${join(dist, "index.html")}: run 'make dist' first.`);
  const names = fileNames(dist);
  const json = (file) => JSON.parse(readFileSync(join(dist, names[`assets/${file}`]), "utf8"));
  return {
    manifest: json("models/manifest.json"),
    recorded: json("models/recorded.json"),
    separator: json("data/tokenizer.json").separator,
  };
}

async function loadPlaywright() {
  for (const peer of ["onnxruntime-web", "@jax-js/jax"]) {
    if (!existsSync(join(HERE, "node_modules", peer, "package.json"))) throw new Mistake(`${peer} is missing: run 'npm ci' in benches/browser.`);
  }
  const peer = join(HERE, "node_modules", "onnxruntime-web", "package.json");
  const { chromium } = await import("playwright-core");
  return { chromium, peerVersion: JSON.parse(readFileSync(peer, "utf8")).version };
}

function saySetting(peerVersion, browserVersion, rounds) {
  const cores = cpus();
  const load = loadavg()[0];
  console.log(`Chromium ${browserVersion}; peer: onnxruntime-web ${peerVersion}, one thread, SIMD; medians of ${rounds} alternating rounds`);
  console.log(`${cores.length} × ${cores[0].model}; load before: ${load.toFixed(1)}`);
  // Both parties suffer from other work, but not in every round alike.
  if (load > 0.5) console.log("This machine is busy with other work: take these numbers with care, and measure again when it is not.");
}

/** Measures one kind in a browser of its own; its rows. */
async function measure(kind, chromium, context, announce) {
  const browser = await chromium.launch(launchOptions(KINDS[kind].args));
  try {
    announce(browser.version());
    const page = await browser.newPage();
    const crashed = new Promise((_, reject) => page.on("crash", () => reject(new Error(`the browser's page crashed in a ${kind} row`))));
    await page.goto(`${context.origin}/bench/page.html`);
    await page.waitForFunction(() => window.bench?.openTrainer);
    const all = [];
    const work = (async () => {
      for await (const row of KINDS[kind].rows({ ...context, page })) {
        all.push(row);
        console.log(tableLine(row));
      }
    })();
    await Promise.race([work, crashed]);
    return all;
  } finally {
    await browser.close();
  }
}

async function main() {
  const { dist, kinds, rounds } = readArguments();
  const site = readSite(dist);
  const { chromium, peerVersion } = await loadPlaywright();
  const server = await serve(dist, site.manifest);
  const failures = [];
  let said = false;
  const announce = (version) => {
    if (said) return;
    said = true;
    saySetting(peerVersion, version, rounds);
    console.log(heading());
  };
  try {
    mkdirSync(RESULTS, { recursive: true });
    for (const kind of kinds) {
      const rows = await measure(kind, chromium, { ...site, dist, origin: server.origin, rounds }, announce);
      failures.push(...rows.flatMap((row) => row.failure ?? []));
      const setting = { date: new Date().toISOString(), machine: `${cpus().length} × ${cpus()[0].model}`, load: loadavg()[0] };
      const told = rows.map((row) => ({ ...row, ...setting }));
      writeFileSync(join(RESULTS, `browser-${kind}.json`), `${JSON.stringify(told, null, 2)}\n`);
    }
  } finally {
    server.close();
  }
  console.log("ratio above 1: ours is better; all runs stand in target/bench/browser-*.json");
  if (failures.length) throw new Mistake(failures.join("\n"));
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Mistake ? error.message : `The benchmark failed: ${error.message}`);
  process.exit(1);
}
