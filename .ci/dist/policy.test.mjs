// The content policy's checks, and the headers as hosts read them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { ROOT, text } from "./files.mjs";
import { HEADERS, headersFor, parseHeaders, strict } from "./policy.mjs";

const HEAD = `<script>${text(ROOT, "assets/head.js")}</script>`;
const page = (head, body = "") => `<html><head><meta charset="utf-8">${HEAD}${head}</head><body>${body}</body></html>`;

/** Whether a page is refused: the build ends. */
function refused(html) {
  const policy = JSON.stringify(new URL("policy.mjs", import.meta.url).href);
  return spawnSync(process.execPath, ["-e", `import(${policy}).then(({ strict }) => strict(${JSON.stringify(html)}))`]).status === 1;
}

test("the policy stands before anything that loads, and no hash is left", () => {
  const html = strict(page('<link rel="stylesheet" href="./s.css" integrity="sha384-x" data-integrity="none"/>'));
  assert.ok(html.indexOf("Content-Security-Policy") < html.indexOf("s.css"));
  assert.doesNotMatch(html, /integrity/);
});

/** What the page's first script does at an address. */
function first(address) {
  const [, script] = /<script>([\s\S]*?)<\/script>/.exec(strict(page("")));
  const root = { dataset: {}, classList: new Set() };
  const added = [];
  const document = { documentElement: root, head: { append: (meta) => added.push(meta) }, createElement: () => ({}) };
  const idle = () => {};
  runInNewContext(script, { document, URL, location: new URL(address), addEventListener: idle, setTimeout: idle });
  return { root, added };
}

test("the first script sets a policy that names the page's own origin, and what is shown at first", () => {
  const { root, added } = first("https://example.org:8443/alibi/?v=1&embed=bias&theme=dark");
  assert.equal(added.length, 1);
  assert.equal(added[0].httpEquiv, "Content-Security-Policy");
  assert.match(added[0].content, /^default-src https:\/\/example\.org:8443; script-src https:\/\/example\.org:8443 'wasm-unsafe-eval';/);
  assert.doesNotMatch(added[0].content, /SITE|'self'/);
  assert.deepEqual([[...root.classList], { ...root.dataset }], [["alone"], { theme: "dark" }]);
  const plain = first("https://example.org/?theme=%22x").root;
  assert.deepEqual([[...plain.classList], { ...plain.dataset }], [[], {}]);
});

test("what the policy would refuse ends the build; data does not", () => {
  assert.ok(refused(page("<script>alert(1)</script>")));
  assert.ok(refused(page("", '<p onclick="x()">')));
  assert.ok(refused(strict(page(""))));
  assert.ok(refused("<html><head></head></html>"));
  assert.ok(refused(page("").replace(HEAD, "")));
  assert.ok(!refused(page('<script type="application/json">{"a": 1}</script>')));
});

test("headers of a file: by path and by folder, joined where two rules say one", () => {
  const rules = parseHeaders("# note\n/*\n  A: 1\n/x/*\n  B: 2\n/x/y\n  A: 3\n");
  assert.deepEqual(headersFor(rules, "/z"), { A: "1" });
  assert.deepEqual(headersFor(rules, "/x/y"), { A: "1, 3", B: "2" });
  assert.throws(() => parseHeaders("/*\nnot a header\n"), /line 2/);
  assert.throws(() => parseHeaders("  A: 1\n"), /line 1/);
  assert.equal(headersFor(parseHeaders(HEADERS), "/assets/x-0123456789ab.js")["Cache-Control"], "public, max-age=31536000, immutable");
});
