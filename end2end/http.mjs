// @ts-check
// A server of files on a free loopback port, and ways to answer from a folder: for the browser tests, the pictures and
// the benchmark. Which paths lead where is the business of whoever starts it.
import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize, sep } from "node:path";
import { headersFor, parseHeaders } from "../.ci/dist/policy.mjs";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** Answers for what stands behind the prefix that it was given. @typedef {(path: string, request: Request, response: Response) => unknown} Answer */
/** @typedef {import("node:http").Server & { origin: string }} Server */

/** @type {Record<string, string>} */
const TYPES = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css",
  ".wasm": "application/wasm", ".json": "application/json", ".csv": "text/csv", ".svg": "image/svg+xml",
  ".png": "image/png", ".webp": "image/webp", ".woff2": "font/woff2",
};

/** What a file's name says of its contents. @param {string} file */
const typeOf = (file) => TYPES[extname(file)] ?? "application/octet-stream";

/** The file in a folder that a path names, or null; nothing outside of the folder. @param {string} folder @param {string} path */
export function fileIn(folder, path) {
  const inside = normalize(join(folder, path));
  const file = path === "" || path.endsWith("/") ? join(inside, "index.html") : inside;
  return (file + sep).startsWith(folder + sep) && existsSync(file) && statSync(file).isFile() ? file : null;
}

/** @param {Response} response */
export function notFound(response) {
  send(response, "not found", { "Content-Type": "text/plain", "Access-Control-Allow-Origin": "*" }, 404);
}

/** Sends what is not kept. @param {Response} response @param {string | Buffer} body @param {Record<string, string>} headers */
export function send(response, body, headers, status = 200) {
  response.writeHead(status, { "Content-Length": Buffer.byteLength(body), "Cache-Control": "no-store", ...headers });
  response.end(body);
}

/** Sends a file that is not kept, changed on its way. @param {string} file @param {Response} response @param {(text: string) => string} change @param {Record<string, string>} headers */
export function sendText(file, response, change, headers = {}) {
  send(response, change(readFileSync(file, "utf8")), { "Content-Type": typeOf(file), ...headers });
}

/** Answers with the files of a folder as they are; nothing is kept. @param {string} folder @returns {Answer} */
export const plain = (folder) => (path, _, response) => {
  const file = fileIn(folder, path);
  if (!file) return notFound(response);
  return send(response, readFileSync(file), { "Content-Type": typeOf(file) });
};

/** The copy of a file that suits what the browser accepts. @param {string} file @param {string} accepted */
function copyOf(file, accepted) {
  const copies = [["br", ".br"], ["gzip", ".gz"]].filter(([encoding]) => accepted.includes(encoding));
  const found = copies.map(([encoding, ending]) => ({ encoding, file: file + ending })).find((copy) => existsSync(copy.file));
  return found ?? { encoding: null, file };
}

/**
 * Answers as a static host would that reads the `_headers` of a built site and sends its compressed copies.
 * @param {() => string} root the site's folder at this moment @returns {Answer}
 */
export const hosted = (root) => (path, request, response) => {
  const list = join(root(), "_headers");
  const file = fileIn(root(), path);
  if (!file || file === list) return notFound(response);
  const rules = existsSync(list) ? parseHeaders(readFileSync(list, "utf8")) : [];
  const copy = copyOf(file, String(request.headers["accept-encoding"] ?? ""));
  response.writeHead(200, {
    ...headersFor(rules, `/${path}`),
    "Content-Type": typeOf(file),
    "Content-Length": statSync(copy.file).size,
    ...(copy.encoding ? { "Content-Encoding": copy.encoding } : {}),
    Vary: "Accept-Encoding",
  });
  return createReadStream(copy.file).pipe(response);
};

/**
 * Starts a server on a loopback port, by default a free one; the longest prefix that a path begins with says who answers.
 * @param {Record<string, Answer>} routes @returns {Promise<Server>}
 */
export function listen(routes, port = 0) {
  const prefixes = Object.keys(routes).sort((a, b) => b.length - a.length);
  const server = createServer((request, response) => {
    try {
      const path = decodeURIComponent(new URL(request.url ?? "/", "http://localhost").pathname);
      const prefix = prefixes.find((prefix) => path.startsWith(prefix));
      if (prefix === undefined) return notFound(response);
      return routes[prefix](path.slice(prefix.length), request, response);
    } catch (error) {
      return send(response, String(error instanceof Error ? error.message : error), { "Content-Type": "text/plain" }, 500);
    }
  });
  return new Promise((resolve, reject) => {
    server.on("error", reject).listen(port, "127.0.0.1", () => {
      const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
      resolve(Object.assign(server, { origin: `http://127.0.0.1:${port}` }));
    });
  });
}

/** Stops a server, and what it is in the midst of. @param {import("node:http").Server} server */
export function stop(server) {
  server.closeAllConnections();
  server.close();
}
