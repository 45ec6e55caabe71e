// The WASM files: worker and trainer a second time, with relaxed SIMD, and everything through wasm-opt.
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ROOT, fail, files, run, targetFolder } from "./files.mjs";

/** The compiler with relaxed SIMD. */
const RELAXED = join(ROOT, ".ci", "dist", "rustc-relaxed");
const WASM_OPT = join(ROOT, "node_modules", "binaryen", "bin", "wasm-opt");

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

/** Size for what the reader waits for, speed for the engine. */
const optionsFor = (path) => (/^(?:worker|trainer)/.test(basename(path)) ? FAST : SMALL);

/**
 * A module of one function, with i8x16.relaxed_swizzle. A multiplication and an addition in one instruction make the
 * engine a quarter faster; but a module that has the instruction is refused as a whole where it is not known. So there
 * are two, and `worker.js` chooses, as `trainer.js` does for the trainer.
 */
export const RELAXED_PROBE = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
];
const chooser = (bin) => `// The engine's WASM: with relaxed SIMD where the browser has it (a module of one function, with i8x16.relaxed_swizzle).
const probe = ${JSON.stringify(RELAXED_PROBE)};
const build = WebAssembly.validate(Uint8Array.from(probe)) ? "./${bin}_relaxed.js" : "./${bin}_plain.js";
// What is fetched anew has an address of its own, and so has what it loads.
const { default: init, servePage } = await import(build + new URL(import.meta.url).search);
export { init as default, servePage };
`;

/** Builds worker and trainer with relaxed SIMD beside trunk's, which become the plain ones. */
export async function buildRelaxed(dir) {
  // One after the other: cargo lets only one build.
  for (const bin of ["worker", "trainer"]) await buildOne(dir, bin);
}

async function buildOne(dir, bin) {
  const target = "wasm32-unknown-unknown";
  const features = ["--no-default-features", "--features", bin, "--bin", bin];
  try {
    // As trunk has built the plain one (index.html), of the same dependencies: only the project's own code asks for the
    // instructions, so only that is compiled again.
    const built = join(targetFolder(), target, "worker", `${bin}.wasm`);
    await run("cargo", ["build", "--locked", "--quiet", "--target", target, "--profile", "worker", ...features], { RUSTC_WORKSPACE_WRAPPER: RELAXED });
    await run("wasm-bindgen", ["--target", "web", "--no-typescript", "--out-name", `${bin}_relaxed`, "--out-dir", dir, built]);
  } catch (error) {
    fail(`The ${bin} with relaxed SIMD could not be built: ${error.message}`);
  }
  renameSync(join(dir, `${bin}_bg.wasm`), join(dir, `${bin}_plain_bg.wasm`));
  const glue = readFileSync(join(dir, `${bin}.js`), "utf8");
  writeFileSync(join(dir, `${bin}_plain.js`), glue.replaceAll(`${bin}_bg.wasm`, `${bin}_plain_bg.wasm`));
  writeFileSync(join(dir, `${bin}.js`), chooser(bin));
}

async function optimise(path) {
  const out = `${path}.optimised`;
  try {
    await run(process.execPath, [WASM_OPT, ...optionsFor(path), "--strip-debug", "--strip-producers", ...FEATURES, path, "-o", out]);
  } catch (error) {
    rmSync(out, { force: true });
    fail(`wasm-opt could not optimise ${path} (${error.message}). If it names a feature, add it to FEATURES in .ci/dist/wasm.mjs.`);
  }
  renameSync(out, path);
}

/** Runs wasm-opt over every WASM file, two at a time: it uses several cores for a part of its work only. */
export async function optimiseAll(dir) {
  const waiting = files(dir).filter((path) => path.endsWith(".wasm"));
  const next = async () => {
    for (let path = waiting.pop(); path; path = waiting.pop()) await optimise(join(dir, path));
  };
  await Promise.all([next(), next()]);
}
