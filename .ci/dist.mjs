// The step after `trunk build --release`: cuts the page's WASM in two, builds worker and trainer again with relaxed SIMD, optimises the WASM files, gives every
// file a name that changes with its contents, writes the pages of single figures, the content policy, the headers for
// hosts, the service worker and compressed copies, and holds the sizes to their budgets.
// Usage: node .ci/dist.mjs dist [https://where.the/site/will/live/]
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compressAll } from "./dist/compress.mjs";
import { standAlone } from "./dist/document.mjs";
import { fail, text } from "./dist/files.mjs";
import { nameFiles } from "./dist/names.mjs";
import { mark, writeServiceWorker } from "./dist/offline.mjs";
import { checkBase, writePages } from "./dist/pages.mjs";
import { HEADERS, strict } from "./dist/policy.mjs";
import { holdSizes } from "./dist/sizes.mjs";
import { cutInTwo } from "./dist/split.mjs";
import { buildRelaxed, optimiseAll } from "./dist/wasm.mjs";

const [dir, address] = process.argv.slice(2);
if (!dir || !existsSync(join(dir, "index.html"))) fail(`There is no ${dir ?? "dist"}/index.html: run 'make dist', which builds it first.`);
const base = checkBase(address);

console.log("==> The page in two files: what the first figure needs, and the rest; worker and trainer again, with relaxed SIMD");
await Promise.all([cutInTwo(dir), buildRelaxed(dir)]);
console.log("==> Every WASM file through wasm-opt");
await optimiseAll(dir);

console.log("==> Names, pages, headers, service worker");
writeFileSync(join(dir, "index.html"), strict(standAlone(dir, text(dir, "index.html"))));
const names = nameFiles(dir);
writeFileSync(join(dir, "index.html"), mark(text(dir, "index.html"), (path) => readFileSync(join(dir, path))));
writePages(dir, base);
writeFileSync(join(dir, "_headers"), HEADERS);
writeServiceWorker(dir, names);

console.log("==> Compressed copies");
holdSizes(dir, await compressAll(dir));
