// Starts the page's WASM and says so where that fails; the script tag that loads this file names what to load. And
// holds what the page's WASM makes its workers with and finds its files by.

const list = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");
const [names, digests] = [list("file-names"), list("file-digests")];
/** Where a file of the site is, relative to its folder: the built site has names that change with the contents. */
globalThis.alibiFile = (path) => names[path] ?? path;
/** Time after which a file of the site is given up, ms; src/ui/runs/assets.rs says it to the reader. */
const GIVEN_UP = 30_000;
/**
 * Fetches a file that the page reads. The browser refuses one that is not what was published: a host may answer with another
 * page, or a line may be cut.
 */
globalThis.alibiFetch = (base, path) =>
  fetch(base + alibiFile(path), { integrity: digests[path] ?? "", signal: AbortSignal.timeout(GIVEN_UP) });

/**
 * What the page takes for a worker: one, or where none can start (a frame without an origin of its own, a host that
 * forbids them), the same WASM run in the page, fetched only then.
 */
class Engine {
  onmessage = null;
  onerror = null;
  onmessageerror = null;
  #base;
  #worker = null;
  #listener = null;
  // What was sent before the first answer: should the worker not start, it is sent again.
  #sent = [];

  constructor(base) {
    this.#base = base;
    // A frame without an origin of its own can start none; Firefox would write the attempt to its console.
    if (globalThis.origin === "null") {
      this.#startInPage();
      return;
    }
    try {
      const worker = new Worker(new URL(alibiFile("assets/worker_loader.js"), base), { type: "module" });
      worker.onmessage = (event) => {
        this.#sent = null;
        Engine.inPage = false;
        this.onmessage?.(event);
      };
      worker.onmessageerror = (event) => this.onmessageerror?.(event);
      worker.onerror = (event) => {
        if (!this.#sent) return this.onerror?.(event);
        event.preventDefault();
        worker.terminate();
        this.#startInPage();
      };
      this.#worker = worker;
    } catch {
      this.#startInPage();
    }
  }

  async #startInPage() {
    this.#worker = null;
    // Told to the page, which then shares no work between several.
    Engine.inPage = true;
    try {
      const { default: init, servePage } = await import(new URL(alibiFile("worker.js"), this.#base));
      await init();
      servePage({
        addEventListener: (_, listener) => (this.#listener = listener),
        postMessage: (data) => this.onmessage?.(new MessageEvent("message", { data })),
      });
      const sent = this.#sent;
      this.#sent = null;
      for (const data of sent) this.postMessage(data);
    } catch (error) {
      this.onerror?.(new ErrorEvent("error", { message: String(error?.message ?? error), cancelable: true }));
    }
  }

  postMessage(data) {
    this.#sent?.push(data);
    if (this.#worker) this.#worker.postMessage(data);
    // Later, as a worker would: the page is in the midst of something.
    else if (this.#listener) queueMicrotask(() => this.#listener?.(new MessageEvent("message", { data })));
  }

  terminate() {
    this.#worker?.terminate();
    this.#worker = this.#listener = null;
  }
}
globalThis.AlibiEngine = Engine;

const { js, wasm, offline } = document.querySelector("script[data-wasm]").dataset;

/** The article is read before anything is computed: what computes waits until it is on the screen. */
const painted = () => new Promise((resolve) => {
  requestAnimationFrame(() => setTimeout(resolve));
  // A tab in the background paints nothing.
  setTimeout(resolve, 200);
});

try {
  await painted();
  const file = fetch(new URL(wasm, document.baseURI));
  // Heard of when it is awaited.
  file.catch(() => {});
  const { default: init } = await import(new URL(js, document.baseURI));
  await init({ module_or_path: file });
} catch (error) {
  const boot = document.getElementById("boot");
  if (boot) {
    boot.className = "said";
    boot.setAttribute("role", "alert");
    boot.textContent =
      `The figures of this page could not start (${error?.message ?? error}). They need a browser with WebAssembly SIMD: ` +
      "Chrome or Edge 91, Firefox 89, Safari 16.4, or later. With one of these, reload the page.";
    boot.scrollIntoView({ block: "nearest" });
  }
  throw error;
}

// Keeps the built page for use without a network; not for the readers of another site that shows a figure, and not
// before the page has what it needs itself.
if (offline && isSecureContext && window.top === window) {
  setTimeout(async () => {
    try {
      // Rejects without a word where storage is refused; registering there Firefox would write to its console.
      await caches.keys();
      await navigator.serviceWorker.register(new URL(offline, document.baseURI));
    } catch {
      // Forbidden or unknown here; the page works without.
    }
  }, 2000);
}
