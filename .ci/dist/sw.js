// Keeps the site for use without a network. `BUILD`, written before this by .ci/dist/offline.mjs, says what belongs to
// this version: a file with a hash in its name never changes, so what is kept of it is right for ever; everything else
// comes from the network while there is one. Models are kept when they are first used.
const SITE = new URL("./", self.location.href).href;
// Another site may lie on the same origin.
const PREFIX = `alibi ${SITE} `;
const CACHE = PREFIX + BUILD.version;
// By its folder: some hosts redirect from index.html, and no redirected answer may stand for a page.
const PAGE = SITE;
const kept = async (url) => (await caches.open(CACHE)).match(url, { ignoreVary: true });

const immutable = (url) => url.startsWith(`${SITE}assets/`) && /-[0-9a-f]{12}\.\w+$/.test(url);

/** Everything that the page needs to open, or nothing: a new version's pages never meet an old version's files. */
async function install() {
  const cache = await caches.open(CACHE);
  const build = WebAssembly.validate(Uint8Array.from(BUILD.probe)) ? "relaxed" : "plain";
  const keep = async (path) => {
    const url = SITE + path;
    const before = immutable(url) && (await caches.match(url, { ignoreVary: true }));
    const response = before || (await fetch(url, { cache: immutable(url) ? "default" : "no-cache" }));
    if (!response.ok) throw new Error(`${path}: the server answered ${response.status}`);
    await cache.put(url, response);
  };
  await Promise.all([...BUILD.shell, ...BUILD.engines[build]].map(keep));
}

/** Takes over what earlier versions kept and this one still names, and drops the rest. */
async function activate() {
  const cache = await caches.open(CACHE);
  const named = new Set(BUILD.files.map((path) => SITE + path));
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const old = await caches.open(name);
    for (const request of await old.keys()) {
      if (named.has(request.url) && !(await cache.match(request))) await cache.put(request, await old.match(request));
    }
    await caches.delete(name);
  }
  await self.clients.claim();
}

/** A file that never changes: as kept, or from the network and then kept. */
async function fromCache(event) {
  const { request } = event;
  // The page asks past every cache where what it got was damaged.
  const past = ["reload", "no-store"].includes(request.cache);
  const before = past ? undefined : await kept(request.url);
  if (before) return before;
  const response = await fetch(request);
  // Some hosts answer with a page where a file is gone.
  const page = /^text\/html\b/.test(response.headers.get("content-type") ?? "");
  if (response.status === 200 && !page) {
    const copy = response.clone();
    // A full disk is no reason not to answer.
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(request.url, copy)).catch(() => {}));
  }
  return response;
}

/** The page, or without a network the page as kept. */
async function fromNetwork(request) {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.slice(new URL(SITE).pathname.length);
  // Past what the browser kept by itself, whatever the host says of it: the page of one version needs the files of that
  // version, and this worker may have dropped them.
  const response = await fetch(request.url, { cache: "no-cache", redirect: "manual", credentials: "same-origin" }).catch(() => null);
  if (response && response.status < 500) return response;
  const figure = /^embed\/([a-z-]+)\/(?:index\.html)?$/.exec(path)?.[1];
  if (figure) {
    searchParams.set("embed", figure);
    return Response.redirect(`${SITE}?${searchParams}`);
  }
  const page = path === "" || path === "index.html" ? await kept(PAGE) : undefined;
  return page ?? response ?? Response.error();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(SITE)) return;
  if (immutable(request.url)) event.respondWith(fromCache(event));
  else if (request.mode === "navigate") event.respondWith(fromNetwork(request));
});
