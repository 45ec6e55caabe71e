// A small site goes through the step that names files.
import { createHash } from "node:crypto";
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { ROOT, digest, files, text } from "./files.mjs";
import { READ, logicalName, nameFiles } from "./names.mjs";
import { SHELL, build, mark } from "./offline.mjs";

const T = "0123456789abcdef";
const SITE = {
  "index.html": `<html><head><link rel="stylesheet" href="./style-${T}.css"/><script type="module" src="./assets/start.js" data-js="./app-${T}.js" data-wasm="./app-${T}_bg.wasm"></script></head><body></body></html>`,
  [`style-${T}.css`]: "body { color: red }",
  [`app-${T}.js`]: `import "./__wasm_split.js"; new URL('app_bg.wasm', import.meta.url)`,
  [`app-${T}_bg.wasm`]: "page",
  "__wasm_split.js": `import * as main from "./app-${T}.js"; fetch(new URL("./chunk.wasm", import.meta.url))`,
  "chunk.wasm": "later",
  "worker.js": `import("./worker_plain.js"); import("./worker_relaxed.js")`,
  "worker_plain.js": `new URL('worker_plain_bg.wasm', import.meta.url); "my_worker_plain.js"`,
  "worker_plain_bg.wasm": "plain",
  "worker_relaxed.js": `new URL('worker_relaxed_bg.wasm', import.meta.url)`,
  "worker_relaxed_bg.wasm": "relaxed",
  "trainer.js": `import("./trainer_plain.js"); import("./trainer_relaxed.js")`,
  "trainer_plain.js": `new URL('trainer_plain_bg.wasm', import.meta.url)`,
  "trainer_plain_bg.wasm": "plain trainer",
  "trainer_relaxed.js": `new URL('trainer_relaxed_bg.wasm', import.meta.url)`,
  "trainer_relaxed_bg.wasm": "relaxed trainer",
  "assets/start.js": "start",
  "assets/worker_loader.js": "const names = {};\nconst digests = {};\nload",
  "assets/models/manifest.json": "{}",
  "assets/paper/README.md": "about the sources",
  "embed.js": "embed",
};

function named(changes = {}, site = SITE) {
  const dir = mkdtempSync(join(tmpdir(), "alibi-names-"));
  for (const [path, contents] of Object.entries({ ...site, ...changes })) {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), contents);
  }
  const names = nameFiles(dir);
  const all = Object.fromEntries(files(dir).map((path) => [path, readFileSync(join(dir, path), "utf8")]));
  rmSync(dir, { recursive: true });
  return { names, all, of: (name) => all[names[name]] };
}

test("trunk's hashes are no part of a name", () => {
  assert.equal(logicalName(`app-${T}_bg.wasm`), "app_bg.wasm");
  assert.equal(logicalName("assets/models/alibi-256.csv"), "assets/models/alibi-256.csv");
});

test("every file moves below assets/ with a hash, and what names it follows", () => {
  const { names, all, of } = named();
  const changing = Object.keys(all).filter((path) => !["index.html", "embed.js"].includes(path));
  for (const path of changing) assert.match(path, /^assets\/.*-[0-9a-f]{12}\.\w+$/);
  assert.equal(names["assets/models/manifest.json"], `assets/models/manifest-${digest("{}")}.json`);
  const file = (name) => names[name].split("/").pop();
  assert.equal(of("app.js"), `import "./${file("__wasm_split.js")}"; new URL('${file("app_bg.wasm")}', import.meta.url)`);
  assert.equal(of("__wasm_split.js"), `import * as main from "./${file("app.js")}"; fetch(new URL("./${file("chunk.wasm")}", import.meta.url))`);
  assert.equal(of("worker.js"), `import("./${file("worker_plain.js")}"); import("./${file("worker_relaxed.js")}")`);
  assert.equal(of("trainer.js"), `import("./${file("trainer_plain.js")}"); import("./${file("trainer_relaxed.js")}")`);
  assert.match(of("worker_plain.js"), /"my_worker_plain\.js"$/);
  for (const name of ["style.css", "assets/start.js", "app.js", "app_bg.wasm"]) assert.ok(all["index.html"].includes(`"./${names[name]}"`), name);
});

test("a style sheet within the page names its fonts as they are called", () => {
  const head = SITE["index.html"].replace("</head>", '<link rel="preload" href="./assets/fonts/a.woff2" as="font"><style>url("./assets/fonts/a.woff2")</style></head>');
  const { all, names } = named({ "index.html": head, "assets/fonts/a.woff2": "font" });
  const name = `assets/fonts/a-${digest("font")}.woff2`;
  assert.ok(name in all);
  assert.equal(all["index.html"].split(`"./${name}"`).length, 3);
  // It is asked for by the page's own text, not by name at run time.
  assert.equal(all["index.html"].match(/id="file-names">([^<]*)</)[1].includes("fonts"), false);
  assert.deepEqual(build(names, "").shell.includes(name), true);
});

test("page and worker get the list of what is asked for by name", () => {
  const { names, all, of } = named();
  const list = JSON.parse(/id="file-names">([^<]*)</.exec(all["index.html"])[1]);
  const parts = (bin) => [`${bin}.js`, `${bin}_plain.js`, `${bin}_plain_bg.wasm`, `${bin}_relaxed.js`, `${bin}_relaxed_bg.wasm`];
  const engine = [...parts("worker"), ...parts("trainer")];
  const asked = ["assets/models/manifest.json", ...engine];
  assert.deepEqual(list, Object.fromEntries([...asked, "assets/worker_loader.js"].map((name) => [name, names[name]])));
  const inWorker = JSON.parse(/const names = (.*);/.exec(of("assets/worker_loader.js"))[1]);
  assert.deepEqual(inWorker, Object.fromEntries(asked.map((name) => [name, names[name]])));
  // SHA-256 of "{}", by another program.
  const checked = JSON.parse(/const digests = (.*);/.exec(of("assets/worker_loader.js"))[1]);
  assert.deepEqual(checked, { "assets/models/manifest.json": "sha256-RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=" });
});

test("a change renames what it changes and what leads there, and nothing else", () => {
  const before = named().names;
  const renamed = (changes) => {
    const after = named(changes).names;
    return Object.keys(before).filter((name) => after[name] !== before[name]).sort();
  };
  assert.deepEqual(renamed({}), []);
  assert.deepEqual(renamed({ "worker_plain_bg.wasm": "other" }), ["assets/worker_loader.js", "worker.js", "worker_plain.js", "worker_plain_bg.wasm"]);
  assert.deepEqual(renamed({ "trainer_relaxed_bg.wasm": "other" }), ["assets/worker_loader.js", "trainer.js", "trainer_relaxed.js", "trainer_relaxed_bg.wasm"]);
  assert.deepEqual(renamed({ "chunk.wasm": "other" }), ["__wasm_split.js", "app.js", "app_bg.wasm", "chunk.wasm"]);
  assert.deepEqual(renamed({ "assets/models/manifest.json": "[]" }), ["assets/models/manifest.json", "assets/worker_loader.js"]);
});

test("trunk's hash alone changes no name", () => {
  const other = Object.fromEntries(Object.entries(SITE).map((entry) => entry.map((part) => part.replaceAll(T, "fedcba9876543210"))));
  assert.deepEqual(named({}, other).names, named().names);
});

test("the service worker keeps the shell, one engine of two, and names every file", () => {
  const { names, all } = named();
  const { shell, engines, files: listed, version } = build(names, all["index.html"]);
  assert.ok(shell.includes("") && shell.includes(names["app_bg.wasm"]) && shell.includes(names["chunk.wasm"]));
  assert.deepEqual(engines.plain, [names["worker_plain.js"], names["worker_plain_bg.wasm"]]);
  assert.ok(!shell.some((path) => /worker_(plain|relaxed)|trainer/.test(path)), "the trainer is kept when it is first used");
  assert.deepEqual([...listed].sort(), Object.keys(all).filter((path) => path.startsWith("assets/")).sort());
  assert.notEqual(build(names, `${all["index.html"]} `).version, version, "another page is another version");
  const digest = createHash("sha256").update(all[names["assets/start.js"]]).digest("base64");
  const marked = mark(all["index.html"], (path) => all[path]);
  assert.ok(marked.includes(`src="./${names["assets/start.js"]}" integrity="sha256-${digest}" data-offline="./sw.js"`), marked);
});

test("what the page and its workers read is refused where it is not what was published, and what every visit reads is kept", () => {
  const read = files(join(ROOT, "src")).filter((path) => /^(?:ui|browser)\/.*\.rs$/.test(path) && !path.includes("tests"));
  const named = new Set(read.flatMap((path) => [...text(ROOT, join("src", path)).matchAll(/= "(assets\/[\w./-]+\.(?:json|csv|txt))"/g)].map(([, file]) => file)));
  assert.ok(named.size >= 9, [...named].join());
  assert.deepEqual([...named].filter((path) => !READ.test(path)), []);
  // Asked for by a button alone, or by a worker.
  const later = ["assets/models/reference.json", "assets/data/tokenizer.json", "assets/data/words.txt"];
  assert.deepEqual([...named].filter((path) => !SHELL.test(path)).sort(), later.sort());
});

test("notes on the sources are not shipped", () => {
  assert.deepEqual(Object.keys(named().all).filter((path) => path.endsWith("README.md")), []);
});
