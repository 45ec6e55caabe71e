// The sizes of what is shipped, held to their budgets. Kilobytes of 1000 bytes.
import { existsSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fail, kilobytes } from "./files.mjs";

const WASM = [
  { label: "page WASM", match: /^app_bg-.*\.wasm$/, budget: { br: 220, gz: 290 } },
  // Two files that come together: 220 KB of both.
  { label: "page WASM, after the first figure", match: /^split_parts-.*\.wasm$/, budget: { br: 150, gz: 200 } },
  { label: "page WASM, with that and the next", match: /^chunk_.*\.wasm$/, budget: { br: 70, gz: 90 } },
  { label: "page WASM, figures that stand apart", match: /^split_apart-.*\.wasm$/, budget: { br: 220, gz: 290 } },
  { label: "plain worker WASM", match: /^worker_plain.*\.wasm$/, budget: { br: 220, gz: 290 } },
  { label: "relaxed SIMD worker WASM", match: /^worker_relaxed.*\.wasm$/, budget: { br: 220, gz: 290 } },
  { label: "plain trainer WASM", match: /^trainer_plain.*\.wasm$/, budget: { br: 260, gz: 340 } },
  { label: "relaxed SIMD trainer WASM", match: /^trainer_relaxed.*\.wasm$/, budget: { br: 260, gz: 340 } },
];
const MODEL = { raw: 2000 };
const FONT = { raw: 20 };
const UNITS = { raw: "KB", gz: "KB gzip", br: "KB brotli" };

const column = (bytes) => (bytes === undefined ? "" : kilobytes(bytes)).padStart(9);
const line = (label, { raw, gz, br }) => console.log(`${label.padEnd(36)} ${column(raw)} ${column(gz)} ${column(br)}`);

/** Rows of the table: label, sizes, budget. */
function rows(sizes) {
  const paths = Object.keys(sizes);
  const wasm = WASM.map(({ label, match, budget }) => {
    const found = paths.filter((path) => match.test(basename(path)));
    if (found.length !== 1) fail(`Expected one ${label} file, found ${found.length}: delete the built site and run 'make dist' again.`);
    return { label, path: found[0], budget };
  });
  const other = paths.filter((path) => path.endsWith(".wasm") && !wasm.some((w) => w.path === path));
  const models = paths.filter((path) => path.endsWith(".safetensors"));
  const text = paths.filter((path) => /\.(?:js|css)$|^index\.html$/.test(path));
  return [
    ...wasm,
    ...other.map((path) => ({ label: basename(path), path })),
    ...models.map((path) => ({ label: basename(path), path, budget: MODEL })),
    ...paths.filter((path) => path.endsWith(".woff2")).map((path) => ({ label: basename(path), path, budget: FONT })),
    ...text.map((path) => ({ label: path, path })),
  ];
}

/** Prints the table; ends the build where a file is over its budget. */
export function holdSizes(dir, sizes) {
  console.log(`${"KB".padEnd(36)} ${["raw", "gzip", "brotli"].map((name) => name.padStart(9)).join(" ")}`);
  const over = [];
  for (const { label, path, budget = {} } of rows(sizes)) {
    line(label, sizes[path]);
    for (const [kind, limit] of Object.entries(budget)) {
      const bytes = sizes[path][kind];
      if (bytes > limit * 1000) over.push(`${label}: ${kilobytes(bytes)} ${UNITS[kind]} (budget ${limit})`);
    }
  }
  line("everything", { raw: Object.values(sizes).reduce((sum, { raw }) => sum + raw, 0) });
  const copies = (ending) => Object.keys(sizes).map((path) => join(dir, `${path}.${ending}`)).filter(existsSync);
  const total = (ending) => copies(ending).reduce((sum, path) => sum + statSync(path).size, 0);
  line("compressed copies of it, besides", { gz: total("gz"), br: total("br") });
  if (over.length) fail(`Over budget:\n  ${over.join("\n  ")}`);
}
