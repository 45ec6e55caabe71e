// Serves the built site as a static host would that reads its `_headers` and sends its compressed copies: from a
// sub-path, on free loopback ports; Playwright's global set-up. Two ports are two origins: the second plays the sites
// that embed a figure of the first (end2end/hosts).
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, extname, join, normalize, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { fileNames } from "../.ci/dist/names.mjs";
import { headersFor, parseHeaders } from "../.ci/dist/policy.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, "..", process.env.DIST ?? "dist");
const PREFIX = "/some/sub/path/";

const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".wasm": "application/wasm", ".json": "application/json", ".csv": "text/csv", ".svg": "image/svg+xml",
  ".png": "image/png", ".webp": "image/webp",
};

/** What a host page asks for beyond its own markup. */
const HOST_HEADERS = {
  "isolated.html": { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
};

/** The file in a folder that a path names, or null; nothing outside of the folder. */
function fileIn(folder, path) {
  const inside = normalize(join(folder, path));
  const file = path === "" || path.endsWith("/") ? join(inside, "index.html") : inside;
  return (file + sep).startsWith(folder + sep) && existsSync(file) && statSync(file).isFile() ? file : null;
}

/** The built site's name of a file that its sources call `path`. */
export const fileName = (path) => fileNames(ROOT)[path] ?? path;

/** The copy of a file that suits what the browser accepts. */
function copyOf(file, accepted) {
  const copies = [["br", ".br"], ["gzip", ".gz"]].filter(([encoding]) => accepted.includes(encoding));
  const found = copies.map(([encoding, ending]) => ({ encoding, file: file + ending })).find((copy) => existsSync(copy.file));
  return found ?? { encoding: null, file };
}

function notFound(response) {
  response.writeHead(404, { "Content-Type": "text/plain", "Cache-Control": "no-store", "Access-Control-Allow-Origin": "*" });
  response.end("not found");
}

/** A page that embeds figures; `{{SITE}}` in it is the site under test, `{{ORIGIN}}` that site's origin. */
function answerHost(name, response) {
  const file = fileIn(join(HERE, "hosts"), name);
  if (!file) return notFound(response);
  const { href, origin } = new URL(process.env.SITE);
  const page = readFileSync(file, "utf8").replaceAll("{{SITE}}", href).replaceAll("{{ORIGIN}}", origin);
  response.writeHead(200, { "Content-Type": TYPES[extname(file)], "Cache-Control": "no-store", ...HOST_HEADERS[name] });
  return response.end(page);
}

function answerSite(root, path, request, response) {
  const file = fileIn(root, path);
  if (!file || file === join(root, "_headers")) return notFound(response);
  const rules = existsSync(join(root, "_headers")) ? parseHeaders(readFileSync(join(root, "_headers"), "utf8")) : [];
  const copy = copyOf(file, request.headers["accept-encoding"] ?? "");
  response.writeHead(200, {
    ...headersFor(rules, `/${path}`),
    "Content-Type": TYPES[extname(file)] ?? "application/octet-stream",
    "Content-Length": statSync(copy.file).size,
    ...(copy.encoding ? { "Content-Encoding": copy.encoding } : {}),
    Vary: "Accept-Encoding",
  });
  return createReadStream(copy.file).pipe(response);
}

/** Starts a server; resolves to it. Its `root` is the folder it serves and may be changed: a site that is updated. */
export function listen(port = 0, root = ROOT) {
  return new Promise((resolve, reject) => {
    const server = createServer((request, response) => {
      const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
      if (path === "/blog") return answerHost("blank.html", response);
      if (path.startsWith("/hosts/")) return answerHost(path.slice("/hosts/".length), response);
      if (path.startsWith(PREFIX)) return answerSite(server.root, path.slice(PREFIX.length), request, response);
      return notFound(response);
    });
    server.root = root;
    server.site = () => `http://127.0.0.1:${server.address().port}${PREFIX}`;
    server.on("error", reject).listen(port, "127.0.0.1", () => resolve(server));
  });
}

export function stop(server) {
  server.closeAllConnections();
  server.close();
}

export default async function setUp() {
  if (!existsSync(join(ROOT, "index.html"))) throw new Error(`There is no ${ROOT}/index.html: run 'make dist' first.`);
  const servers = [await listen(), await listen()];
  process.env.SITE = servers[0].site();
  const { origin } = new URL(servers[1].site());
  process.env.BLOG = `${origin}/blog`;
  process.env.HOSTS = `${origin}/hosts/`;
  return () => servers.forEach(stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await listen(Number(process.argv[2] ?? 0));
  process.env.SITE = server.site();
  console.log(server.site());
}
