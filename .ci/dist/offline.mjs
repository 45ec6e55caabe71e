// Writes the service worker: sw.js beside this file, with what it keeps.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, digest, text } from "./files.mjs";
import { RELAXED_PROBE } from "./wasm.mjs";

// What the page asks for before anything is clicked, by logical name.
export const SHELL = /\.(?:js|css|wasm|woff2)$|^assets\/models\/(?:manifest|recorded|precomputed|lines|trained|healed)\.json$|^assets\/models\/recall\.csv$|^assets\/(?:paper|stills)\//;
const ENGINE = /^worker_(plain|relaxed)/;
// What is kept when it is first used, as models are.
const LATER = /^trainer/;

/** `names`: paths by logical path. */
export function build(names, html, digests = {}) {
  // The page itself, by its folder.
  const shell = [""];
  const engines = { plain: [], relaxed: [] };
  for (const [name, path] of Object.entries(names)) {
    const engine = ENGINE.exec(name)?.[1];
    if (engine) engines[engine].push(path);
    else if (SHELL.test(name) && !LATER.test(name)) shell.push(path);
  }
  const files = Object.values(names);
  return { version: digest(html, JSON.stringify(files)), shell, engines, probe: RELAXED_PROBE, files, digests };
}

export function writeServiceWorker(dir, names) {
  const of = (path) => createHash("sha256").update(readFileSync(join(dir, path))).digest("base64");
  const digests = Object.fromEntries(Object.values(names).map((path) => [path, of(path)]));
  const list = build(names, text(dir, "index.html"), digests);
  writeFileSync(join(dir, "sw.js"), `const BUILD = ${JSON.stringify(list)};\n${text(ROOT, ".ci/dist/sw.js")}`);
}

/** Tells the page that there is one; its start script, which checks all other files, is checked by the browser. */
export function mark(html, contents) {
  return html.replace(/<script type="module" src="\.\/([^"]*start-[^"]*)"/, (tag, path) =>
    `${tag} integrity="sha256-${createHash("sha256").update(contents(path)).digest("base64")}" data-offline="./sw.js"`);
}
