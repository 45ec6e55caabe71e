// The page as a document, made from a small one.
import assert from "node:assert/strict";
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
