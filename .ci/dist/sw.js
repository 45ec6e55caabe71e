// Keeps the site for use without a network. `BUILD`, written before this by .ci/dist/offline.mjs, says what belongs to
// this version: a file with a hash in its name never changes, so what is kept of it is right for ever, for it is kept only
// if it is what was published: a host may answer with another page, or a line may be cut. Everything else comes from the
// network while there is one. Models are kept when they are first used.
const SITE = new URL("./", self.location.href).href;
// Another site may lie on the same origin.
const PREFIX = `alibi ${SITE} `;
const CACHE = PREFIX + BUILD.version;
// By its folder: some hosts redirect from index.html, and no redirected answer may stand for a page.
const PAGE = SITE;

/** Files of this version: what another one's page asks for is none of this worker's business, which could not check it. */
const FILES = new Set([...BUILD.shell.filter(Boolean), ...BUILD.files]);
const named = (url) => FILES.has(url.slice(SITE.length));

/** Time for the storage to say what it has, ms; one that does not answer once is not asked again. */
const STORAGE_LIMIT = 3_000;
let answers = true;
/** What is kept of this; a storage that fails is no reason not to go to the network. */
async function kept(url) {
  if (!answers) return undefined;
  const late = new Promise((resolve) => setTimeout(resolve, STORAGE_LIMIT, null));
  const found = async () => (await caches.open(CACHE)).match(url, { ignoreVary: true });
  const before = await Promise.race([found().catch(() => undefined), late]);
  answers = before !== null;
  return before ?? undefined;
}

/** Time for a file that the page needs to open, and for a page before the kept one takes its place, ms. */
const FILE_LIMIT = 60_000;
const PAGE_LIMIT = 10_000;

/** Whether an answer is the file that was published; what has no digest, as a page, is taken as it is. */
async function right(url, response) {
  const wanted = BUILD.digests[url.slice(SITE.length)];
  if (response.status !== 200) return false;
  if (!wanted) return true;
  const digest = await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer());
  return wanted === btoa(String.fromCharCode(...new Uint8Array(digest)));
}

/** The answer to this, asked for once more past every cache where it is not what was published. */
async function published(url, cache) {
  const get = (cache) => fetch(url, { cache, signal: AbortSignal.timeout(FILE_LIMIT) });
  const first = await get(cache);
  if (await right(url, first)) return first;
  const second = await get("reload");
  if (await right(url, second)) return second;
  throw new Error(`${url} is not what was published (the server answered ${second.status})`);
}

/** Everything that the page needs to open, or nothing: a new version's pages never meet an old version's files. */
async function install() {
  const cache = await caches.open(CACHE);
  const build = WebAssembly.validate(Uint8Array.from(BUILD.probe)) ? "relaxed" : "plain";
  const keep = async (path) => {
    const url = SITE + path;
    const before = named(url) && (await caches.match(url, { ignoreVary: true }));
    const good = before && (await right(url, before));
    await cache.put(url, good ? before : await published(url, named(url) ? "default" : "no-cache"));
  };
  await Promise.all([...BUILD.shell, ...BUILD.engines[build]].map(keep));
}

/** Takes over what earlier versions kept and this one still names, and drops the rest. */
async function activate() {
  const cache = await caches.open(CACHE);
  for (const name of await caches.keys()) {
    if (!name.startsWith(PREFIX) || name === CACHE) continue;
    const old = await caches.open(name);
    for (const request of await old.keys()) {
      if (!named(request.url) || (await cache.match(request))) continue;
      const response = await old.match(request);
      if (await right(request.url, response)) await cache.put(request, response);
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
  // What is run is checked before it runs; what is read is checked by its reader, who need not wait for the whole here.
  const code = /\.(?:js|wasm)$/.test(request.url);
  const checked = code && !past ? await published(request.url, request.cache).catch(() => null) : null;
  const response = checked ?? (await fetch(request));
  const copy = response.clone();
  const keep = async () => {
    if (answers && (checked || (await right(request.url, copy.clone())))) await (await caches.open(CACHE)).put(request.url, copy);
  };
  // A full disk is no reason not to answer.
  event.waitUntil(keep().catch(() => {}));
  return response;
}

/** The page, or without a network the page as kept. */
async function fromNetwork(request) {
  const { pathname, searchParams } = new URL(request.url);
  const path = pathname.slice(new URL(SITE).pathname.length);
  // Past what the browser kept by itself, whatever the host says of it: the page of one version needs the files of that
  // version, and this worker may have dropped them.
  const late = new Promise((resolve) => setTimeout(resolve, PAGE_LIMIT, null));
  const answer = fetch(request.url, { cache: "no-cache", redirect: "manual", credentials: "same-origin" }).catch(() => null);
  const response = await Promise.race([answer, late]);
  if (response && response.status < 500) return response;
  const figure = /^embed\/([a-z-]+)\/(?:index\.html)?$/.exec(path)?.[1];
  if (figure) {
    searchParams.set("embed", figure);
    return Response.redirect(`${SITE}?${searchParams}`);
  }
  const page = path === "" || path === "index.html" ? await kept(PAGE) : undefined;
  return page ?? (await answer) ?? Response.error();
}

self.addEventListener("install", (event) => event.waitUntil(install()));
self.addEventListener("activate", (event) => event.waitUntil(activate()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(SITE)) return;
  if (named(request.url)) event.respondWith(fromCache(event));
  else if (request.mode === "navigate") event.respondWith(fromNetwork(request));
});
