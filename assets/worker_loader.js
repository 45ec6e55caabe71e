// Loads the engine's WASM, or with `?bin=trainer` the trainer's, and fetches files for it: in a worker, or in a page where
// none can start, which imports this.

// Filled in when the site is built (.ci/dist/names.mjs).
const names = {};
const digests = {};
/** Where a file of the site is, relative to its folder. */
globalThis.alibiFile ??= (path) => names[path] ?? path;

const asked = new URL(import.meta.url).searchParams;
/** Which WASM. */
const bin = asked.get("bin") ?? "worker";
/** What has failed once is asked for past every cache, under an address of its own: `?again=N`. */
const again = asked.has("again") ? `?again=${asked.get("again")}` : "";
/** Time without a byte after which a file is given up, s; the reader is told. */
const GIVEN_UP = 30;
const LATE = new Error(`nothing arrived for ${GIVEN_UP} seconds`);

/**
 * Files of the reader's own models, which the page hands over, by model, oldest first; as many as it counts for each worker
 * (MOST_YOURS in src/config.rs).
 */
const given = new Map();
const HELD = 6;
/** Takes one in. */
globalThis.alibiGive = ({ give, bytes }) => {
  given.delete(give);
  given.set(give, bytes);
  if (given.size > HELD) given.delete(given.keys().next().value);
};

/**
 * The status and the bytes of a file. The browser refuses one that is not what was published; one that stops arriving is given
 * up, however large it is.
 */
globalThis.alibiBytes = async (base, path, anew) => {
  if (given.has(path)) return [200, "", given.get(path)];
  try {
    return await bytes(base, path, anew ? "reload" : "default");
  } catch (error) {
    if (anew || error === LATE) throw error;
    // What a cache has kept wrongly is there as it was published.
    return bytes(base, path, "reload");
  }
};

async function bytes(base, path, cache) {
  const stop = new AbortController();
  let late;
  const wait = () => {
    clearTimeout(late);
    late = setTimeout(() => stop.abort(LATE), GIVEN_UP * 1000);
  };
  wait();
  try {
    const response = await fetch(base + alibiFile(path), {
      integrity: digests[path] ?? "", cache, signal: stop.signal,
    });
    const parts = [];
    for (const reader = response.body.getReader(); ;) {
      wait();
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
    }
    return [response.status, response.statusText, new Uint8Array(await new Blob(parts).arrayBuffer())];
  } finally {
    clearTimeout(late);
  }
}

/** Loads the engine; resolves to what serves a page. */
export async function load() {
  const url = (path) => new URL(`../${alibiFile(path)}${again}`, import.meta.url);
  if (again) await Promise.all([`${bin}.js`, ...Object.keys(names).filter((path) => path.startsWith(`${bin}_`))].map(
    (path) => fetch(new URL(`../${alibiFile(path)}`, import.meta.url), { cache: "reload" })));
  // Only now: while an imported module waits for something itself, messages would be lost.
  const { default: init, servePage } = await import(url(`${bin}.js`));
  await init();
  return servePage;
}

/** Messages that arrive while the WASM loads would find no listener: they are kept and handed on. */
async function startWorker() {
  const early = [];
  const keep = (event) => {
    event.stopImmediatePropagation();
    early.push(event.data);
  };
  self.addEventListener("message", (event) => {
    // The page asks whether anybody is there.
    if (event.data !== null) return;
    event.stopImmediatePropagation();
    self.postMessage(null);
  });
  self.addEventListener("message", (event) => {
    if (!event.data?.give) return;
    event.stopImmediatePropagation();
    alibiGive(event.data);
  });
  self.addEventListener("message", keep);
  self.addEventListener("error", (event) => {
    // What the engine said of itself says more than the trap that followed.
    if (!globalThis.alibiPanic) return;
    event.preventDefault();
    self.postMessage({ panic: alibiPanic });
  });
  try {
    await load();
    self.removeEventListener("message", keep);
    for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
  } catch (error) {
    // An error thrown from a task of its own reaches the page's error handler in every browser.
    setTimeout(() => {
      throw error;
    });
  }
}

if (typeof document === "undefined") startWorker();
