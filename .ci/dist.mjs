// The step after `trunk build --release`: builds the worker again with relaxed SIMD, optimises the WASM files, moves
// inline scripts into files so that the page can forbid them, writes the content policy, and holds the sizes to their
// budgets. Usage: node .ci/dist.mjs dist
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const root = process.argv[2];
const WASM_OPT = join(dirname(fileURLToPath(import.meta.url)), "..", "node_modules", "binaryen", "bin", "wasm-opt");

// What rustc emits for this target; anything it emits beyond this makes wasm-opt fail, not the browser. Files without
// relaxed SIMD have none of its instructions.
const FEATURES = [
  "relaxed-simd",
  "simd", "bulk-memory", "bulk-memory-opt", "nontrapping-float-to-int", "sign-ext", "mutable-globals",
  "reference-types", "multivalue", "call-indirect-overlong",
].map((feature) => `--enable-${feature}`);

// Functions of like names side by side and nothing inlined into its only caller: both suit the compressor.
const SMALL = ["--flatten", "--rereloop", "-Oz", "-ocimfs=0", "--reorder-functions-by-name"];
const FAST = ["-O3", "-ocimfs=0", "--reorder-functions-by-name"];

// Kilobytes of 1000 bytes.
const WASM = [
  { name: "page", match: /^app.*\.wasm$/, options: SMALL, brotli: 265, gzip: 335 },
  { name: "plain worker", match: /^worker_plain.*\.wasm$/, options: FAST, brotli: 220, gzip: 290 },
  { name: "relaxed SIMD worker", match: /^worker_relaxed.*\.wasm$/, options: FAST, brotli: 220, gzip: 290 },
];
const MODEL_BUDGET = 2000;

const POLICY = [
  "default-src 'self'", "script-src 'self' 'wasm-unsafe-eval'", "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:", "object-src 'none'", "base-uri 'self'", "form-action 'none'",
].join("; ");

function fail(message) {
  console.error(message);
  process.exit(1);
}

function files(dir) {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const path = join(dir, entry.name);
    return entry.isDirectory() ? files(path) : [path];
  });
}

function optimise(path, options) {
  const out = `${path}.optimised`;
  try {
    execFileSync(process.execPath, [WASM_OPT, ...options, "--strip-debug", "--strip-producers", ...FEATURES, path, "-o", out], { stdio: ["ignore", "inherit", "inherit"] });
  } catch (error) {
    rmSync(out, { force: true });
    fail(`wasm-opt could not optimise ${path} (${error.message}). If it names a feature, add it to FEATURES in .ci/dist.mjs.`);
  }
  renameSync(out, path);
}

// Trunk's hashes were of the files before optimisation.
function refreshIntegrity(html, dir) {
  return html.replace(/<(?:link|script)\b[^>]*\bintegrity="sha384-[^"]*"[^>]*>/g, (tag) => {
    const target = /\b(?:href|src)="([^"]+)"/.exec(tag)?.[1];
    const path = target && join(dir, target);
    if (!path || !existsSync(path)) return tag.replace(/\s*integrity="[^"]*"/, "");
    const digest = createHash("sha384").update(readFileSync(path)).digest("base64");
    return tag.replace(/integrity="[^"]*"/, `integrity="sha384-${digest}"`);
  });
}

// `<script>…</script>` with a body becomes a file beside the page; its relative imports keep their meaning there.
function moveInlineScripts(html, dir) {
  return html.replace(/<script\b([^>]*)>([\s\S]*?)<\/script>/g, (tag, attributes, body) => {
    if (/\bsrc=/.test(attributes) || body.trim() === "" || /type="application\/(?:ld\+)?json"/.test(attributes)) return tag;
    const name = `boot-${createHash("sha256").update(body).digest("hex").slice(0, 16)}.js`;
    writeFileSync(join(dir, name), `${body.trim()}\n`);
    return `<script${attributes} src="./${name}"></script>`;
  });
}

function strict(path) {
  const dir = dirname(path);
  let html = moveInlineScripts(refreshIntegrity(readFileSync(path, "utf8"), dir), dir);
  if (/\son[a-z]+\s*=\s*"/.test(html.replace(/>[^<]*/g, ">"))) fail(`${path} has an inline event handler, which the content policy refuses: move it into Rust.`);
  const meta = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  // After the character set, before anything that loads.
  html = /<meta\s+charset[^>]*>/i.test(html)
    ? html.replace(/<meta\s+charset[^>]*>/i, (charset) => `${charset}${meta}`)
    : html.replace(/<head>/i, (head) => `${head}${meta}`);
  if (!html.includes(meta)) fail(`${path} has no <head> to put the content policy in.`);
  writeFileSync(path, html);
}

// A multiplication and an addition in one instruction make the engine a quarter faster. A module that has the
// instruction is refused as a whole where it is not known, so there are two, and `worker.js` chooses.
const CHOOSER = `// The engine's WASM: with relaxed SIMD where the browser has it (a module of one function, with i8x16.relaxed_swizzle).
const probe = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11];
const build = WebAssembly.validate(Uint8Array.from(probe)) ? "./worker_relaxed.js" : "./worker_plain.js";
const { default: init, servePage } = await import(build);
export { init as default, servePage };
`;

function buildRelaxed(dir) {
  const rustflags = 'target.wasm32-unknown-unknown.rustflags=["-C", "target-feature=+relaxed-simd"]';
  const target = "wasm32-unknown-unknown";
  const features = ["--no-default-features", "--features", "worker", "--bin", "worker"];
  const run = (command, args) => execFileSync(command, args, { stdio: ["ignore", "inherit", "inherit"] });
  try {
    // As trunk has built the plain one (index.html); the flags are added to those of .cargo/config.toml.
    run("cargo", ["build", "--locked", "--quiet", "--config", rustflags, "--target", target, "--profile", "worker", ...features]);
    const { target_directory: built } = JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps"]));
    run("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-name", "worker_relaxed", "--out-dir", dir, join(built, target, "worker", "worker.wasm")]);
  } catch (error) {
    fail(`The worker with relaxed SIMD could not be built: ${error.message}`);
  }
  renameSync(join(dir, "worker_bg.wasm"), join(dir, "worker_plain_bg.wasm"));
  const glue = readFileSync(join(dir, "worker.js"), "utf8");
  writeFileSync(join(dir, "worker_plain.js"), glue.replaceAll("worker_bg.wasm", "worker_plain_bg.wasm"));
  writeFileSync(join(dir, "worker.js"), CHOOSER);
}

const kilobytes = (bytes) => (bytes / 1000).toFixed(1);

function measure(label, path, budget) {
  const bytes = readFileSync(path);
  const gzip = gzipSync(bytes, { level: 9 }).length;
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  console.log(`${label.padEnd(30)} ${kilobytes(bytes.length).padStart(9)} ${kilobytes(gzip).padStart(9)} ${kilobytes(brotli).padStart(9)}`);
  const over = [];
  if (budget.raw && bytes.length > budget.raw * 1000) over.push(`${kilobytes(bytes.length)} KB (budget ${budget.raw})`);
  if (budget.gzip && gzip > budget.gzip * 1000) over.push(`${kilobytes(gzip)} KB gzip (budget ${budget.gzip})`);
  if (budget.brotli && brotli > budget.brotli * 1000) over.push(`${kilobytes(brotli)} KB brotli (budget ${budget.brotli})`);
  return over.map((text) => `${label}: ${text}`);
}

if (!root || !existsSync(join(root, "index.html"))) fail(`There is no ${root ?? "dist"}/index.html: run 'make dist', which builds it first.`);
for (const path of files(root).filter((p) => p.endsWith(".html"))) {
  if (readFileSync(path, "utf8").includes("http-equiv=\"Content-Security-Policy\"")) fail(`${path} is already finished: run 'make dist', which builds it anew.`);
}
console.log("==> The worker again, with relaxed SIMD");
buildRelaxed(root);
const all = files(root);

const over = [];
const sizes = [];
for (const kind of WASM) {
  const found = all.filter((path) => kind.match.test(basename(path)));
  if (found.length !== 1) fail(`Expected one ${kind.name} WASM file in ${root}, found ${found.length}: delete ${root} and run 'make dist' again.`);
  optimise(found[0], kind.options);
  sizes.push([`${kind.name} WASM`, found[0], kind]);
}
for (const path of all.filter((p) => p.endsWith(".html"))) strict(path);

console.log(`${"KB".padEnd(30)} ${"raw".padStart(9)} ${"gzip".padStart(9)} ${"brotli".padStart(9)}`);
for (const [label, path, budget] of sizes) over.push(...measure(label, path, budget));
for (const path of all.filter((p) => p.endsWith(".safetensors"))) {
  over.push(...measure(basename(path), path, { raw: MODEL_BUDGET }));
}
for (const path of all.filter((p) => /\.(?:js|css|html)$/.test(p))) measure(relative(root, path), path, {});
const total = files(root).reduce((sum, path) => sum + statSync(path).size, 0);
console.log(`${"everything".padEnd(30)} ${kilobytes(total).padStart(9)}`);
if (over.length) fail(`Over budget:\n  ${over.join("\n  ")}`);
