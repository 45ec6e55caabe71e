// The page as a document, made from a small one.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { standAlone } from "./document.mjs";

test("style sheets stand in the page, and nothing is fetched ahead of it", () => {
  const dir = mkdtempSync(join(tmpdir(), "alibi-document-"));
  writeFileSync(join(dir, "style-0123.css"), "body {\n  color: red;\n}\n");
  const html = '<head><link rel="modulepreload" href="./app.js" crossorigin="anonymous"><link rel="preload" href="./app_bg.wasm" as="fetch"><link rel="icon" href="data:,"><link rel="stylesheet" href="./style-0123.css"/></head>';
  assert.equal(standAlone(dir, html), '<head><link rel="icon" href="data:,"><style>body {\ncolor: red;\n}</style></head>');
  assert.ok(!existsSync(join(dir, "style-0123.css")));
  rmSync(dir, { recursive: true });
});

test("the text's typeface is fetched ahead, by addresses that hold within the page", () => {
  const dir = mkdtempSync(join(tmpdir(), "alibi-document-"));
  const css = '@font-face { src: url("./assets/fonts/a.woff2") }';
  writeFileSync(join(dir, "s.css"), css);
  const font = '<link rel="preload" href="./assets/fonts/a.woff2" as="font" type="font/woff2" crossorigin>';
  assert.equal(standAlone(dir, `<head>${font}<link rel="stylesheet" href="./s.css"/></head>`), `<head>${font}<style>${css}</style></head>`);
  rmSync(dir, { recursive: true });
  const refused = (css) => {
    const module = JSON.stringify(new URL("document.mjs", import.meta.url).href);
    return spawnSync(process.execPath, ["-e", `import(${module}).then(({ checkStyles }) => checkStyles("s.css", ${JSON.stringify(css)}))`]).status === 1;
  };
  for (const wrong of ["a.woff2", '"a.woff2"', "./assets/a.woff2", "'./assets/a.woff2'", '"../assets/a.woff2"', ' "a"']) assert.ok(refused(`url(${wrong})`), wrong);
  for (const right of ['"./assets/a.woff2"', "data:x", '"data:x"', "#a"]) assert.ok(!refused(`url(${right})`), right);
});
