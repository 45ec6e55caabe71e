// Serves the built site as a plain static host would, from a sub-path, on free loopback ports; Playwright's global
// set-up. Two ports are two origins: the second plays the blog that embeds a figure of the first.
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", process.env.DIST ?? "dist");
const PREFIX = "/some/sub/path/";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".wasm": "application/wasm", ".json": "application/json", ".csv": "text/csv", ".svg": "image/svg+xml",
  ".png": "image/png", ".webp": "image/webp",
};

const COMPRESSED = new Set([".html", ".js", ".css", ".wasm", ".json", ".csv", ".svg"]);
const compressed = new Map();

/** A file as static hosts send it: compressed as the browser allows. */
function compress(file, accepted) {
  const encoding = accepted.includes("br") ? "br" : accepted.includes("gzip") ? "gzip" : null;
  if (!encoding || !COMPRESSED.has(extname(file))) return null;
  const key = `${encoding} ${statSync(file).mtimeMs} ${file}`;
  if (!compressed.has(key)) {
    const bytes = readFileSync(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
    compressed.set(key, encoding === "br" ? brotliCompressSync(bytes, { params }) : gzipSync(bytes));
  }
  return { encoding, body: compressed.get(key) };
}

function answer(request, response) {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const headers = { "Access-Control-Allow-Origin": "*", "Cache-Control": "no-store" };
  if (path === "/blog") {
    response.writeHead(200, { ...headers, "Content-Type": TYPES[".html"] });
    return response.end("<!doctype html><title>Blog</title><body></body>");
  }
  const inside = normalize(join(ROOT, path.startsWith(PREFIX) ? path.slice(PREFIX.length) : "\0"));
  const file = path.endsWith("/") ? join(inside, "index.html") : inside;
  if (!path.startsWith(PREFIX) || !(file + sep).startsWith(ROOT + sep) || !existsSync(file) || !statSync(file).isFile()) {
    response.writeHead(404, { ...headers, "Content-Type": "text/plain" });
    return response.end("not found");
  }
  const type = TYPES[extname(file)] ?? "application/octet-stream";
  const short = compress(file, request.headers["accept-encoding"] ?? "");
  if (short) {
    const length = short.body.length;
    response.writeHead(200, { ...headers, "Content-Type": type, "Content-Encoding": short.encoding, "Content-Length": length });
    return response.end(short.body);
  }
  response.writeHead(200, { ...headers, "Content-Type": type, "Content-Length": statSync(file).size });
  createReadStream(file).pipe(response);
}

/** Starts a server; resolves to it. */
export function listen(port = 0) {
  return new Promise((resolve, reject) => {
    const server = createServer(answer).on("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}

export default async function setUp() {
  if (!existsSync(join(ROOT, "index.html"))) throw new Error(`There is no ${ROOT}/index.html: run 'make dist' first.`);
  const servers = [await listen(), await listen()];
  process.env.SITE = `http://127.0.0.1:${servers[0].address().port}${PREFIX}`;
  process.env.BLOG = `http://127.0.0.1:${servers[1].address().port}/blog`;
  return () => servers.forEach((server) => (server.closeAllConnections(), server.close()));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await listen(Number(process.argv[2] ?? 0));
  console.log(`http://127.0.0.1:${server.address().port}${PREFIX}`);
}
