// Names that change with their contents, so that browsers may keep a file for ever and never show an old one. Every file
// but the stable ones moves to assets/NAME-HASH.EXT; what refers to it is rewritten, and what asks for files by name at
// run time (`alibiFile`) gets a list of them.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { checkStyles } from "./document.mjs";
import { digest, fail, files, text } from "./files.mjs";

/** What other sites link to by name, and what must be asked for anew each time. */
export const STABLE = /^(?:index\.html|404\.html|embed\.js|sw\.js|_headers|embed\/.*|pictures\/.*)$/;
/** Documentation of the sources. */
const LEFT_OUT = /(?:^|\/)README\.md$/;

const CODE = /\.(?:js|wasm)$/;
const START = "assets/start.js";
const LOADER = "assets/worker_loader.js";
// Files that name one another share a hash; a group may name files of the groups before it.
const GROUPS = [
  (path) => /^worker_plain/.test(path),
  (path) => /^worker_relaxed/.test(path),
  (path) => path === "worker.js",
  (path) => /^trainer_plain/.test(path),
  (path) => /^trainer_relaxed/.test(path),
  (path) => path === "trainer.js",
  (path) => ![START, LOADER].includes(path),
];
/** The line of assets/worker_loader.js that the list takes the place of. */
const LIST = "const names = {};";
/** The line of it that the digests take the place of. */
const DIGESTS = "const digests = {};";

/** A file's name without the hash that trunk gives it, which is of its contents before they were optimised. */
export const logicalName = (path) => path.replace(/-[0-9a-f]{16}(?=[^/]*$)/, "");

/** `a/b.c` → `a/b-HASH.c`, below assets/. */
function hashedName(path, hash) {
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  const folder = dirname(path) === "." ? "assets" : dirname(path);
  return `${folder}/${name.slice(0, dot)}-${hash}${name.slice(dot)}`;
}

const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Replaces file names where they stand alone. */
function replaceNames(code, pairs) {
  for (const [from, to] of pairs) {
    code = code.replace(new RegExp(`(?<![\\w.-])${escaped(basename(from))}(?![\\w-])`, "g"), () => basename(to));
  }
  return code;
}

function move(dir, from, to, contents) {
  mkdirSync(join(dir, dirname(to)), { recursive: true });
  if (contents === undefined) return renameSync(join(dir, from), join(dir, to));
  writeFileSync(join(dir, to), contents);
  rmSync(join(dir, from));
}

/** Moves the files of one group; pairs of old and new paths. */
function moveGroup(dir, group, before) {
  const known = group.map((path) => [path, logicalName(path)]);
  // Trunk's names in here do not count for the hash.
  const contents = group.map((path) =>
    path.endsWith(".js") ? replaceNames(replaceNames(text(dir, path), before), known) : readFileSync(join(dir, path)));
  const hash = digest(...group.flatMap((path, i) => [logicalName(path), contents[i]]));
  const moved = group.map((path) => [path, hashedName(logicalName(path), hash)]);
  const renamed = moved.map(([from, to]) => [logicalName(from), to]);
  moved.forEach(([from, to], i) => move(dir, from, to, from.endsWith(".js") ? replaceNames(contents[i], renamed) : undefined));
  return moved;
}

/** Rewrites the page's tags; every local file that they name must be there. */
export function rewritePage(html, moved, exists) {
  for (const [from, to] of moved) html = html.replaceAll(`"./${from}"`, `"./${to}"`);
  const inStyles = html.matchAll(/url\("\.\/([^"]+)"\)/g);
  for (const [, target] of [...inStyles, ...html.matchAll(/<(?:link|script|img)\b[^>]*?\b(?:href|src|data-js|data-wasm)="(?!data:|https?:)([^"]+)"/g)]) {
    if (!exists(target)) fail(`index.html names ${target}, which is not in the built site.`);
  }
  return html;
}

function removeEmptyFolders(dir, below = "") {
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    if (entry.isDirectory()) removeEmptyFolders(dir, `${below}${entry.name}/`);
  }
  if (below && readdirSync(join(dir, below)).length === 0) rmdirSync(join(dir, below));
}

/** The list as the built page carries it. */
export function fileNames(dir) {
  const [, list] = /<script type="application\/json" id="file-names">([^<]*)</.exec(text(dir, "index.html")) ?? [];
  return JSON.parse(list ?? "{}");
}

const json = (id, value) => `<script type="application/json" id="${id}">${JSON.stringify(value)}</script>`;

/**
 * What page and worker read (src/ui/runs/assets.rs, src/worker/load.rs): a browser refuses it where it is not what was
 * published. Digests of weights and texts are in the manifest.
 */
export const READ = /^assets\/(?:models\/(?:manifest|recorded|precomputed|lines|reference|trained|healed)\.json|data\/(?:tokenizer\.json|words\.txt)|models\/recall\.csv|paper\/.*\.csv)$/;

const integrity = (dir, name) => `sha256-${createHash("sha256").update(readFileSync(join(dir, name))).digest("base64")}`;

/** Digests as `integrity` takes them, by logical path. */
function digests(dir, names) {
  return Object.fromEntries(Object.entries(names).filter(([path]) => READ.test(path)).map(([path, name]) => [path, integrity(dir, name)]));
}

/** Moves everything; the list by logical path. */
export function nameFiles(dir) {
  for (const path of files(dir).filter((p) => LEFT_OUT.test(p))) rmSync(join(dir, path));
  const all = files(dir).filter((path) => !STABLE.test(path));
  for (const path of [START, LOADER, "worker.js", "trainer.js"]) if (!all.includes(path)) fail(`There is no ${path} in the built site: delete it and run 'make dist' again.`);
  const moved = [];
  for (const path of all.filter((p) => !CODE.test(p))) {
    if (path.endsWith(".css")) checkStyles(path, text(dir, path));
    const name = logicalName(path);
    const to = hashedName(name, digest(readFileSync(join(dir, path))));
    move(dir, path, to);
    moved.push([path, to]);
  }
  let rest = all.filter((path) => CODE.test(path));
  for (const belongs of GROUPS) {
    const group = rest.filter(belongs);
    rest = rest.filter((path) => !group.includes(path));
    moved.push(...moveGroup(dir, group, moved.filter(([from]) => CODE.test(from))));
  }
  // The worker asks for files by name as the page does.
  const asked = ([path]) => /^(?:worker|trainer)/.test(path) || (/^assets\/(?!stills\/|fonts\/)/.test(path) && !CODE.test(path));
  const names = Object.fromEntries(moved.filter(asked));
  const loader = text(dir, LOADER);
  for (const line of [LIST, DIGESTS]) if (loader.split(line).length !== 2) fail(`${LOADER} has no line '${line}' for what it fetches.`);
  const checked = digests(dir, names);
  const filled = loader.replace(LIST, () => `const names = ${JSON.stringify(names)};`)
    .replace(DIGESTS, () => `const digests = ${JSON.stringify(checked)};`);
  for (const [path, contents] of [[LOADER, filled], [START, text(dir, START)]]) {
    const to = hashedName(path, digest(contents));
    move(dir, path, to, contents);
    moved.push([path, to]);
  }
  names[LOADER] = moved.find(([from]) => from === LOADER)[1];
  removeEmptyFolders(dir);
  const html = rewritePage(text(dir, "index.html"), moved, (target) => existsSync(join(dir, target)));
  // By address: the script that joins the page's WASM files knows no others.
  const apart = moved.map(([, to]) => to).filter((to) => /^assets\/(?:split|chunk)_.*\.wasm$/.test(to));
  const code = Object.fromEntries(apart.map((to) => [to, integrity(dir, to)]));
  const list = json("file-names", names) + json("file-digests", { ...checked, ...code });
  if (!html.includes("<script ")) fail("index.html has no script tag.");
  // Before the script that reads it.
  writeFileSync(join(dir, "index.html"), html.replace("<script ", () => `${list}<script `));
  return Object.fromEntries(moved.map(([from, to]) => [logicalName(from), to]));
}
