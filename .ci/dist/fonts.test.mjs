// The typeface of the text: its files hold the signs that the texts are written in, and no more bytes than they should.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { ROOT, files, text } from "./files.mjs";

/** Bytes of all of them together. */
const BUDGET = 60_000;
/** Signs of mathematics, which the original has not: the system's fonts stand in. */
const LEFT_TO_THE_SYSTEM = "√→←≈≤≥∞";

const FONTS = files(join(ROOT, "assets/fonts")).filter((path) => path.endsWith(".woff2"));

/** The tables of a WOFF2 file by number of their known tag (W3C WOFF 2.0, 4.1 and 4.2). */
function tables(file) {
  assert.equal(file.toString("latin1", 0, 4), "wOF2");
  let at = 48;
  const number = () => {
    let value = 0;
    for (;;) {
      const byte = file[at++];
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  };
  const listed = Array.from({ length: file.readUInt16BE(12) }, () => {
    const flags = file[at++];
    const tag = flags & 63;
    if (tag === 63) at += 4;
    const length = number();
    // glyf and loca (10 and 11) are transformed in version 0, every other table in every version but 0.
    const transformed = [10, 11].includes(tag) ? flags >> 6 === 0 : flags >> 6 !== 0;
    return { tag, length: transformed ? number() : length };
  });
  const data = brotliDecompressSync(file.subarray(at, at + file.readUInt32BE(20)));
  let from = 0;
  return new Map(listed.map(({ tag, length }) => [tag, data.subarray(from, (from += length))]));
}

/** Code points that a font has signs for: its format 4 subtable (OpenType, cmap). */
function signs(file) {
  const cmap = tables(file).get(0);
  const offsets = Array.from({ length: cmap.readUInt16BE(2) }, (_, i) => cmap.readUInt32BE(8 + 8 * i));
  const table = cmap.subarray(offsets.find((offset) => cmap.readUInt16BE(offset) === 4));
  const n = table.readUInt16BE(6) / 2;
  const found = new Set();
  for (let i = 0; i < n; i += 1) {
    const [end, start] = [table.readUInt16BE(14 + 2 * i), table.readUInt16BE(16 + 2 * (n + i))];
    const [delta, offsetAt] = [table.readUInt16BE(16 + 2 * (2 * n + i)), 16 + 2 * (3 * n + i)];
    const offset = table.readUInt16BE(offsetAt);
    for (let code = start; code <= end && code < 0xffff; code += 1) {
      const listed = offset ? table.readUInt16BE(offsetAt + offset + 2 * (code - start)) : code;
      if (listed && (listed + delta) % 65536) found.add(code);
    }
  }
  return found;
}

/** What the style sheet says of each file: the code points that it is to be asked for. */
function declared() {
  const faces = [...text(ROOT, "assets/style.css").matchAll(/@font-face \{([^}]*)\}/g)].map(([, face]) => face);
  return new Map(faces.map((face) => {
    const ranges = /unicode-range: ([^;]*);/.exec(face)[1].split(", ").map((range) => {
      const [from, to = from] = range.replace("U+", "").split("-").map((code) => parseInt(code, 16));
      return [from, to];
    });
    const codes = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
    return [/fonts\/([^"]+)"/.exec(face)[1], new Set(codes)];
  }));
}

/** What a reader reads in the text's typeface: neither programs nor formulas, which have their own. */
const read = (html) => html
  .replace(/<(pre|math|code)\b[\s\S]*?<\/\1>|<!--[\s\S]*?-->|<[^>]*>|\s/g, "")
  .replace(/&nbsp;/g, "\u00a0").replace(/&(?:amp|lt|gt|quot);/g, "&");

test("every sign of the texts is in every font, and is asked of it", () => {
  const faces = declared();
  assert.deepEqual([...faces.keys()].sort(), FONTS);
  const texts = [...files(join(ROOT, "src/ui")).filter((path) => path.endsWith(".html")).map((path) => `src/ui/${path}`), "index.html"];
  assert.ok(texts.length > 30);
  for (const font of FONTS) {
    const [has, asked] = [signs(readFileSync(join(ROOT, "assets/fonts", font))), faces.get(font)];
    assert.deepEqual([...asked].filter((code) => !has.has(code)), [], `${font} lacks what the style sheet asks of it`);
    for (const path of texts) {
      const lacking = new Set([...read(text(ROOT, path))].filter((sign) => !asked.has(sign.codePointAt(0)) && !LEFT_TO_THE_SYSTEM.includes(sign)));
      assert.deepEqual([...lacking], [], `${font} has no sign for what ${path} uses (assets/fonts/README.md)`);
    }
  }
});

test("the fonts are small", () => {
  const bytes = FONTS.reduce((sum, font) => sum + readFileSync(join(ROOT, "assets/fonts", font)).length, 0);
  assert.ok(FONTS.length === 3 && bytes <= BUDGET, `${FONTS.length} fonts of ${bytes} bytes`);
});
