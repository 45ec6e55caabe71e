// Compressed copies beside the files, for hosts that send them as they are (nginx: gzip_static and brotli_static; Caddy:
// precompressed). Made once, slowly: smaller than what a host compresses while a reader waits.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { digest, files, targetFolder } from "./files.mjs";

const KINDS = /\.(?:html|js|css|wasm|json|csv|svg|txt|safetensors|bin)$/;
/** A copy that saves less than this share is not worth a file. */
const WORTH = 0.05;

const brotli = (bytes, quality) => promisify(brotliCompress)(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: quality,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
});
const gzipped = (bytes) => promisify(gzip)(bytes, { level: 9 });

/** Weights are most of the bytes, and the last step of quality gains nothing on them; a site that is only tested takes fewer. */
const WEIGHTS = /\.safetensors$/;
const QUALITY = Number(process.env.WEIGHTS_QUALITY ?? 10);
/** They seldom change: their copies are kept from one build to the next. */
async function weights(folder, bytes) {
  const kept = join(folder, `${digest(bytes)}-${QUALITY}.br`);
  if (existsSync(kept)) return readFileSync(kept);
  const copy = await brotli(bytes, QUALITY);
  mkdirSync(folder, { recursive: true });
  writeFileSync(kept, copy);
  return copy;
}

/** Sizes in bytes by path: `raw`, and `br` and `gz` of what can be compressed. */
export async function compressAll(dir) {
  const sizes = {};
  const folder = join(targetFolder(), "compressed");
  const one = async (path) => {
    const bytes = readFileSync(join(dir, path));
    sizes[path] = { raw: bytes.length };
    if (!KINDS.test(path)) return;
    const copies = { br: await (WEIGHTS.test(path) ? weights(folder, bytes) : brotli(bytes, 11)), gz: await gzipped(bytes) };
    for (const [ending, copy] of Object.entries(copies)) {
      sizes[path][ending] = copy.length;
      if (copy.length <= bytes.length * (1 - WORTH)) writeFileSync(join(dir, `${path}.${ending}`), copy);
    }
  };
  // zlib has threads of its own.
  await Promise.all(files(dir).map(one));
  return sizes;
}
