// The service worker by itself, with a network and caches that stand for the browser's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { ROOT, text } from "./files.mjs";
import { RELAXED_PROBE } from "./wasm.mjs";

const SITE = "https://example.org/alibi/";
/** Longest wait here, ms. */
const LIMIT = 50;
const hashed = (name, hash = "0123456789ab") => `assets/${name}-${hash}.js`;

/** Caches of one browser, shared by several versions. */
function makeCaches() {
  const all = new Map();
  const key = (request) => request.url ?? request;
  const cache = (entries) => ({
    match: async (request) => entries.get(key(request))?.clone(),
    put: async (request, response) => void entries.set(key(request), response),
    keys: async () => [...entries.keys()].map((url) => ({ url })),
  });
  return {
    all,
    open: async (name) => cache(all.get(name) ?? all.set(name, new Map()).get(name)),
    keys: async () => [...all.keys()],
    delete: async (name) => all.delete(name),
    match: async (request) => [...all.values()].map((entries) => entries.get(key(request))).find(Boolean)?.clone(),
  };
}

/** One version of the worker: `network` answers by path, by a text, a status, a promise, or not at all. */
function start({ version = "one", shell = [""], files = [], network = {}, caches = makeCaches(), relaxed = true, published = {} } = {}) {
  const listeners = {};
  const asked = [];
  const caching = [];
  const engines = { plain: [hashed("plain")], relaxed: [hashed("relaxed")] };
  const digests = Object.fromEntries(Object.entries(published).map(([path, contents]) => [path, createHash("sha256").update(contents).digest("base64")]));
  const build = { version, shell, engines, probe: RELAXED_PROBE, files: [...files, ...Object.values(engines).flat()], digests };
  const fetch = async (request, options) => {
    caching.push(options?.cache);
    const path = (request.url ?? request).slice(SITE.length);
    asked.push(path);
    const answer = network[path] ?? network["*"];
    if (answer === undefined) throw new TypeError("no network");
    if (answer instanceof Promise) return answer;
    if (answer instanceof Response) return answer.clone();
    return typeof answer === "number" ? new Response("", { status: answer }) : new Response(answer);
  };
  const self = { location: { href: `${SITE}sw.js` }, addEventListener: (kind, act) => (listeners[kind] = act), clients: { claim: async () => {} } };
  const WebAssembly = { validate: () => relaxed };
  runInNewContext(`const BUILD = ${JSON.stringify(build)};\n${text(ROOT, ".ci/dist/sw.js")}`, {
    self, caches, fetch, Response, URL, WebAssembly, Uint8Array, AbortSignal, crypto, btoa,
    // The limit of a page would keep the tests waiting.
    setTimeout: (act, ms, value) => setTimeout(act, Math.min(ms, LIMIT), value),
  });
  const wait = (kind) => {
    let done;
    listeners[kind]({ waitUntil: (promise) => (done = promise) });
    return done;
  };
  /** The answer's text, status or redirection; "browser" where the worker leaves it to the browser. */
  const get = async (path, { mode = "no-cors", method = "GET", cache = "default", base = SITE } = {}) => {
    let answer = null;
    const later = [];
    listeners.fetch({ request: { url: base + path, mode, method, cache }, respondWith: (a) => (answer = a), waitUntil: (p) => later.push(p) });
    if (answer === null) return "browser";
    const response = await answer;
    await Promise.all(later);
    if (response.type === "error") return "error";
    return response.headers.get("location") ?? (response.ok ? response.text() : response.status);
  };
  const kept = () => [...(caches.all.get(`alibi ${SITE} ${version}`)?.keys() ?? [])].map((url) => url.slice(SITE.length));
  return { install: () => wait("install"), activate: () => wait("activate"), get, kept, asked, caching, caches, network };
}

const page = { mode: "navigate" };
const engine = { [hashed("relaxed")]: "fast", [hashed("plain")]: "plain" };

test("keeps the shell and the engine that this browser runs, or fails as a whole", async () => {
  const network = { "": "page", [hashed("app")]: "app", ...engine };
  const one = start({ shell: ["", hashed("app")], network });
  await one.install();
  assert.deepEqual(one.kept().sort(), ["", hashed("app"), hashed("relaxed")].sort());
  const old = start({ shell: [""], network, relaxed: false });
  await old.install();
  assert.ok(old.kept().includes(hashed("plain")) && !old.kept().includes(hashed("relaxed")));
  await assert.rejects(start({ shell: ["", hashed("gone")], network: { ...network, [hashed("gone")]: 404 } }).install(), /gone.*404/);
});

test("hashed files come from the cache once they are kept, damaged ones past it", async () => {
  const one = start({ files: [hashed("model"), hashed("missing")], network: { [hashed("model")]: "first" } });
  assert.equal(await one.get(hashed("model")), "first");
  one.network[hashed("model")] = "second";
  assert.equal(await one.get(hashed("model")), "first");
  assert.deepEqual(one.asked, [hashed("model")]);
  assert.equal(await one.get(hashed("model"), { cache: "reload" }), "second");
  assert.equal(await one.get(hashed("model")), "second");
  // An answer that is none is not kept.
  one.network[hashed("missing")] = 404;
  assert.equal(await one.get(hashed("missing")), 404);
  assert.ok(!one.kept().includes(hashed("missing")));
});

test("what is not what was published is asked for once more, and never kept", async () => {
  const [code, data] = [hashed("app"), "assets/model-0123456789ab.bin"];
  const published = { [code]: "code", [data]: "data", [hashed("relaxed")]: "fast" };
  const html = "<!doctype html>";
  const one = start({ files: [code, data], network: { [code]: html, [data]: html }, published });
  for (const path of [code, data]) {
    assert.equal(await one.get(path), html, "the reader of the file says what is wrong");
    assert.ok(!one.kept().includes(path), path);
  }
  // Code is asked for past every cache before it is given up.
  assert.deepEqual(one.caching.slice(0, 2), ["default", "reload"]);
  Object.assign(one.network, { [code]: "code", [data]: "data" });
  for (const path of [code, data]) {
    assert.equal(await one.get(path), published[path]);
    assert.ok(one.kept().includes(path), path);
  }
  // A version whose engine comes as a page is not installed; the next attempt is.
  const network = { "": "page", [hashed("relaxed")]: html };
  const two = start({ version: "two", network, published });
  await assert.rejects(two.install(), /relaxed.*not what was published/);
  network[hashed("relaxed")] = "fast";
  await two.install();
  assert.ok(two.kept().includes(hashed("relaxed")));
});

test("what an earlier version kept wrongly is not taken over", async () => {
  const files = [hashed("model")];
  const first = start({ files, network: { "*": "<!doctype html>", "": "page", ...engine } });
  await first.install();
  await first.get(hashed("model"));
  assert.ok(first.kept().includes(hashed("model")), "by a version that did not look");
  const published = { [hashed("model")]: "weights", [hashed("relaxed")]: "faster" };
  const network = { "": "page", [hashed("relaxed")]: "faster", [hashed("model")]: "weights" };
  const second = start({ version: "two", files, network, published, caches: first.caches });
  await second.install();
  await second.activate();
  assert.ok(!second.kept().includes(hashed("model")));
  assert.equal(await second.get(hashed("relaxed")), "faster");
  assert.equal(await second.get(hashed("model")), "weights");
});

test("a network that never answers does not keep the page away", async () => {
  const one = start({ network: { "": "old page", ...engine } });
  await one.install();
  one.network[""] = new Promise(() => {});
  assert.equal(await one.get("", page), "old page");
});

test("pages come from the network, and only without one from the cache", async () => {
  const one = start({ network: { "": "old page", ...engine } });
  await one.install();
  one.network[""] = one.network["?embed=slopes"] = "new page";
  assert.equal(await one.get("", page), "new page");
  for (const path of ["", "?embed=slopes"]) {
    one.network[path] = 503;
    assert.equal(await one.get(path, page), "old page", "a host that is down");
    delete one.network[path];
    assert.equal(await one.get(path, page), "old page", "no network");
  }
  assert.equal(await one.get("index.html?v=1", page), "old page");
  assert.equal(await one.get("elsewhere", page), "error");
  one.network.elsewhere = 404;
  assert.equal(await one.get("elsewhere", page), 404);
});

test("a figure's page is shown by the full page without a network", async () => {
  const one = start();
  assert.equal(await one.get("embed/what-if/?v=1&heads=12", page), `${SITE}?v=1&heads=12&embed=what-if`);
  assert.equal(await one.get("embed/slopes/index.html", page), `${SITE}?embed=slopes`);
});

test("leaves alone what is not the site's, not read, or without a hash", async () => {
  const one = start({ network: { "*": "x" } });
  assert.equal(await one.get("x", { base: "https://elsewhere.org/" }), "browser");
  assert.equal(await one.get("", { method: "POST" }), "browser");
  assert.equal(await one.get("assets/start.js"), "browser");
  assert.equal(await one.get("embed.js"), "browser");
});

test("an update takes over what has not changed and drops the rest, but nobody else's", async () => {
  const first = start({ shell: ["", hashed("app")], files: [hashed("app"), hashed("model"), hashed("gone")], network: { "*": "v1", ...engine } });
  await first.install();
  for (const name of ["model", "gone"]) await first.get(hashed(name));
  const { caches } = first;
  await caches.open("alibi https://example.org/other/ one");
  await caches.open("something else");
  const app = hashed("app", "ba9876543210");
  const second = start({ version: "two", shell: ["", app], files: [app, hashed("model")], network: { "*": "v2" }, caches });
  await second.install();
  assert.ok(!second.asked.includes(hashed("relaxed")), "what has not changed is not fetched again");
  assert.equal(await first.get("", page), "v1", "an open page keeps its version");
  await second.activate();
  assert.deepEqual([...caches.all.keys()], ["alibi https://example.org/other/ one", "something else", `alibi ${SITE} two`]);
  assert.deepEqual(second.kept().sort(), ["", app, hashed("model"), hashed("relaxed")].sort());
  delete second.network["*"];
  assert.equal(await second.get(hashed("model")), "v1");
  assert.equal(await second.get("", page), "v2");
});

test("a page is asked for past what the browser keeps by itself", async () => {
  const one = start({ network: { "": "page", ...engine } });
  assert.equal(await one.get("", page), "page");
  assert.deepEqual(one.caching, ["no-cache"]);
});

test("what another version's page asks for is left to the browser: it could not be checked", async () => {
  const one = start({ files: [hashed("app")], network: { "*": "<!doctype html>" }, published: { [hashed("app")]: "app" } });
  await one.install().catch(() => {});
  assert.equal(await one.get(hashed("app", "ba9876543210")), "browser");
  assert.ok(!one.kept().includes(hashed("app", "ba9876543210")));
});

test("a storage that fails or never answers keeps nobody from the network", async () => {
  for (const open of [async () => Promise.reject(new Error("broken")), () => new Promise(() => {})]) {
    const one = start({ files: [hashed("app")], network: { [hashed("app")]: "app", "": "page" }, published: { [hashed("app")]: "app" } });
    one.caches.open = open;
    const answers = await Promise.race([Promise.all([one.get(hashed("app")), one.get("", page)]), new Promise((done) => setTimeout(done, 10 * LIMIT, "late"))]);
    assert.deepEqual(answers, ["app", "page"]);
  }
});
