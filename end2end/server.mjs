// @ts-check
// The built site under test, from a sub-path as on many hosts, and the sites that embed its figures (end2end/hosts):
// two servers, hence two origins. Playwright's global set-up; run by itself, serves the site until it is stopped.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { fileNames } from "../.ci/dist/names.mjs";
import * as http from "./http.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
export const ROOT = resolve(HERE, "..", process.env.DIST ?? "dist");
const PREFIX = "/some/sub/path/";

/** @typedef {http.Server & { root: string, site: () => string }} SiteServer */

/** What a host page asks for beyond its own markup. @type {Record<string, Record<string, string>>} */
const HOST_HEADERS = {
  "isolated.html": { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" },
};

/** The built site's name of a file that its sources call `path`. @param {string} path */
export const fileName = (path) => fileNames(ROOT)[path] ?? path;

/** A page that embeds figures; `{{SITE}}` in it is the site under test, `{{ORIGIN}}` that site's origin. @type {http.Answer} */
function answerHost(name, _, response) {
  const file = http.fileIn(join(HERE, "hosts"), name);
  if (!file) return http.notFound(response);
  const { href, origin } = new URL(process.env.SITE ?? "");
  return http.sendText(file, response, (text) => text.replaceAll("{{SITE}}", href).replaceAll("{{ORIGIN}}", origin), HOST_HEADERS[name]);
}

/**
 * Starts a server; resolves to it. Its `root` is the folder it serves and may be changed: a site that is updated.
 * @returns {Promise<SiteServer>}
 */
export async function listen(port = 0, root = ROOT) {
  const site = http.hosted(() => server.root);
  const routes = {
    [PREFIX]: site,
    "/hosts/": answerHost,
    /** @type {http.Answer} */
    "/blog": (path, request, response) => (path ? http.notFound(response) : answerHost("blank.html", request, response)),
  };
  /** @type {SiteServer} */
  const server = Object.assign(await http.listen(routes, port), { root, site: () => server.origin + PREFIX });
  return server;
}

export const stop = http.stop;

export default async function setUp() {
  if (!existsSync(join(ROOT, "index.html"))) throw new Error(`There is no ${ROOT}/index.html: run 'make dist' first.`);
  const servers = [await listen(), await listen()];
  process.env.SITE = servers[0].site();
  process.env.BLOG = `${servers[1].origin}/blog`;
  process.env.HOSTS = `${servers[1].origin}/hosts/`;
  return () => servers.forEach(stop);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await listen(Number(process.argv[2] ?? 0));
  process.env.SITE = server.site();
  console.log(server.site());
}
