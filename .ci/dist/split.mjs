// The page's WASM in parts: what the first figure needs, the rest, which is fetched after it, and what a reader must come near to
// (src/ui/page/lazy.rs). The cut
// follows the call graph, which only the linker's relocations tell: build.rs leaves them in what trunk has built.
import { copyFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fail, files, run, targetFolder, text } from "./files.mjs";

const TARGET = "wasm32-unknown-unknown";

const LOADER = "__wasm_split.js";

/**
 * Compiling while the file streams in wants a host that names its type; this way any host will do. And what comes is checked
 * (`alibiCode`, assets/start.js).
 */
function checked(loader) {
  const streaming = "WebAssembly.instantiateStreaming(src, imports)";
  const fetching = "const src = fetch(";
  for (const way of [streaming, fetching]) if (!loader.includes(way)) fail(`${LOADER} loads its files in a new way: see checked() in .ci/dist/split.mjs.`);
  return loader.replaceAll(streaming, "WebAssembly.instantiate(await (await src).arrayBuffer(), imports)").replaceAll(fetching, "const src = alibiCode(");
}

/** Cuts the page that trunk has built, and takes its place. */
export async function cutInTwo(dir) {
  const cut = mkdtempSync(join(tmpdir(), "alibi-split-"));
  try {
    await run("wasm-split-cli", ["--out-name", "app", join(targetFolder(), TARGET, "page", "app.wasm"), cut]);
    await run("wasm-bindgen", ["--target", "web", "--no-typescript", "--keep-lld-exports", "--out-name", "app", "--out-dir", cut, join(cut, "app.wasm")]);
    rmSync(join(cut, "app.wasm"));
    // The name under which the WASM asks for the loader stays; that of its file may change with its contents.
    const glue = text(cut, "app.js");
    if (!glue.includes(`from "./${LOADER}"`)) fail(`app.js imports ${LOADER} in a new way: see cutInTwo() in .ci/dist/split.mjs.`);
    writeFileSync(join(cut, "app.js"), glue.replaceAll(`from "./${LOADER}"`, 'from "./split_loader.js"'));
    writeFileSync(join(cut, "split_loader.js"), checked(text(cut, LOADER)));
    rmSync(join(cut, LOADER));
  } catch (error) {
    fail(`The page could not be cut in two: ${error.message}`);
  }
  // Trunk's names carry a hash of what is thrown away here.
  const old = files(dir).filter((path) => /^app-[0-9a-f]+(?:_bg)?\.(?:js|wasm)$/.test(path));
  if (old.length !== 2) fail(`Expected trunk's app-*.js and app-*_bg.wasm in ${dir}, found ${old.join(", ") || "neither"}.`);
  let html = text(dir, "index.html");
  for (const path of old) {
    rmSync(join(dir, path));
    html = html.replaceAll(path, path.replace(/-[0-9a-f]+/, ""));
  }
  // What the page's script imports, which a cache may keep wrongly as well (assets/head.js).
  writeFileSync(join(dir, "index.html"), html.replace(' data-js="', ' data-modules="./split_loader.js" data-js="'));
  for (const name of readdirSync(cut)) copyFileSync(join(cut, name), join(dir, name));
  rmSync(cut, { recursive: true });
}
