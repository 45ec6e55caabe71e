// The built site, and pages that embed it, with a witness in every page: what goes wrong there is told by the page itself,
// for not every browser lets its console be read from outside.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { headersFor, parseHeaders } from "../../.ci/dist/policy.mjs";
import * as http from "../http.mjs";
import { ROOT } from "../server.mjs";

const HOSTS = join(dirname(fileURLToPath(import.meta.url)), "../hosts");

/** Runs in a page before all else; what it hears is read by `wrongs` of scenarios.mjs. */
function witness() {
  const heard = [];
  window.wrongs = heard;
  const words = (value) => String(value?.message ?? value);
  const of = (target) => target.src ?? target.href;
  // Captured: a file that could not be loaded tells its own element alone.
  addEventListener("error", ({ target, message }) => heard.push(message ?? `not loaded: ${of(target)}`), true);
  addEventListener("unhandledrejection", ({ reason }) => heard.push(`unhandled rejection: ${words(reason)}`));
  addEventListener("securitypolicyviolation", (v) => heard.push(`against the content policy (${v.violatedDirective}): ${v.blockedURI}`));
  for (const name of ["error", "assert"]) {
    const before = console[name].bind(console);
    console[name] = (...all) => {
      if (name === "error" || !all[0]) heard.push(all.map(words).join(" "));
      before(...all);
    };
  }
}

const WITNESS = `<script>(${witness})()</script>`;

/**
 * What a host does to a file: never answers, does not have it, sends half of it or one bit of it changed, or sends something else.
 * @typedef {{ path: RegExp, does: "stalls" | "misses" | "cuts" | "flips" | ((text: string) => string) }} Fault
 */

/** What a fault may change again is asked for again. */
const FRESH = { "Cache-Control": "no-store" };

/** Answers with the built site, faults included; further headers go with its pages. */
const site = (faults, further) => (path, request, response) => {
  const file = http.fileIn(ROOT, path);
  const fault = file && faults.find((fault) => fault.path.test(path));
  if (fault?.does === "stalls") return;
  // Also with what is wrong: a worker's script without them would not start at all.
  const headers = headersFor(parseHeaders(readFileSync(join(ROOT, "_headers"), "utf8")), `/${path}`);
  if (fault?.does === "misses") return http.notFound(response);
  if (fault?.does === "cuts" || fault?.does === "flips") {
    const whole = readFileSync(file);
    if (fault.does === "flips") whole[whole.length - 1] ^= 1;
    const sent = fault.does === "cuts" ? whole.subarray(0, whole.length / 2) : whole;
    return http.send(response, sent, { ...headers, ...FRESH, "Content-Type": "application/octet-stream" });
  }
  if (fault) return http.sendText(file, response, fault.does, { ...headers, ...FRESH });
  if (!file?.endsWith(".html")) return http.hosted(() => ROOT)(path, request, response);
  // Before the content policy, which is a tag of the page.
  return http.sendText(file, response, (text) => text.replace("<head>", () => `<head>${WITNESS}`), { ...headers, ...further });
};

/**
 * Starts a server of the site from a sub-path; its `site` is the address, its `faults` what is wrong with it.
 * @param {Record<string, string>} further what it says of its pages beyond what the site asks for
 */
export async function serveSite(further = {}) {
  /** @type {Fault[]} */
  const faults = [];
  const server = await http.listen({ "/some/sub/path/": site(faults, further), "/narrow": narrow });
  server.faults = faults;
  server.site = `${server.origin}/some/sub/path/`;
  return server;
}

/** An empty page, into which a driver puts a frame narrower than its window. */
function narrow(_, request, response) {
  http.send(response, `<!doctype html><link rel="icon" href="data:,"><title>Narrow</title>${WITNESS}<body style="margin:0"></body>`, {
    "Content-Type": "text/html; charset=utf-8",
  });
}

/** Starts a server of pages that embed figures of the site at that address (end2end/hosts); its `page` gives addresses. */
export async function serveHosts(site) {
  const { href, origin } = new URL(site);
  const fill = (text) => text.replaceAll("{{SITE}}", href).replaceAll("{{ORIGIN}}", origin).replace("<title>", () => `${WITNESS}<title>`);
  const server = await http.listen({
    "/": (name, _, response) => {
      const file = http.fileIn(HOSTS, `${name}.html`);
      return file ? http.sendText(file, response, fill) : http.notFound(response);
    },
  });
  server.page = (name) => `${server.origin}/${name}`;
  return server;
}

export const stop = http.stop;
