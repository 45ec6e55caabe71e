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
globalThis.alibiFetch = async (base, path) => {
  const signal = AbortSignal.timeout(GIVEN_UP);
  const get = (cache) => fetch(base + alibiFile(path), { cache, integrity: digests[path] ?? "", signal });
  try {
    return await get("default");
  } catch (error) {
    if (signal.aborted) throw error;
    // What a cache has kept wrongly is there as it was published.
    return get("reload");
  }
};

/** Time between two questions whether a worker is there, ms, and how many it may leave unanswered. */
const PULSE = 1000;
const UNANSWERED = 4;
/** Pulses within which the engine must have started; src/ui/runs/worker_pool.rs says it to the reader. */
const START = 30;

/**
 * What the page takes for a worker: one, or where none can start (a frame without an origin of its own, a host that
 * forbids them), the same WASM run in the page, fetched only then. It answers or fails, but never just stops: `onerror` hears of
 * errors, `onlate` of a start that takes too long, `onsilence` of a worker that is gone.
 */
class Engine {
  onmessage = null;
  onerror = null;
  onmessageerror = null;
  onlate = null;
  onsilence = null;
  #base;
  #worker = null;
  #listener = null;
  // What was sent before the first answer: should the worker not start, it is sent again.
  #sent = [];
  #pulse = 0;
  #pulses = 0;
  #unanswered = 0;
  /** Engines that came to nothing: the next is fetched anew. */
  static #failed = 0;

  constructor(base, inPage) {
    this.#base = base;
    // A frame without an origin of its own can start none; Firefox would write the attempt to its console.
    if (inPage || globalThis.origin === "null") {
      this.#startInPage();
      return;
    }
    try {
      const worker = new Worker(this.#loader(), { type: "module" });
      worker.onmessage = (event) => this.#hear(event);
      worker.onmessageerror = (event) => this.onmessageerror?.(event);
      worker.onerror = (event) => {
        event.preventDefault();
        if (!this.#sent) return this.#fail(event);
        worker.terminate();
        this.#startInPage();
      };
      this.#worker = worker;
    } catch {
      this.#startInPage();
    }
  }

  #loader() {
    const again = Engine.#failed ? `?again=${Engine.#failed}` : "";
    return new URL(alibiFile("assets/worker_loader.js") + again, this.#base);
  }

  #hear(event) {
    this.#unanswered = 0;
    if (event.data === null) return;
    if (event.data.panic) return this.#fail(new ErrorEvent("error", { message: event.data.panic, cancelable: true }));
    this.#sent = null;
    Engine.inPage = false;
    this.onmessage?.(event);
  }

  #fail(event) {
    Engine.#failed += 1;
    this.owes = false;
    this.onerror?.(event);
  }

  async #startInPage() {
    this.#worker = null;
    // Told to the page, which then shares no work between several.
    Engine.inPage = true;
    const fails = (error) => this.#fail(new ErrorEvent("error", { message: String(error?.message ?? error), cancelable: true }));
    try {
      const { load } = await import(this.#loader());
      const servePage = await load();
      // A trap ends what it happens in, and nobody waits for that.
      const trapped = (event) => {
        const error = event.error ?? event.reason;
        if (!/worker/.test(error?.stack ?? "")) return;
        event.preventDefault();
        fails(globalThis.alibiPanic ?? error);
        delete globalThis.alibiPanic;
      };
      for (const kind of ["error", "unhandledrejection"]) addEventListener(kind, trapped);
      servePage({
        addEventListener: (_, listener) => (this.#listener = listener),
        postMessage: (data) => this.onmessage?.(new MessageEvent("message", { data })),
      });
      const sent = this.#sent;
      this.#sent = null;
      for (const data of sent) this.postMessage(data);
    } catch (error) {
      fails(error);
    }
  }

  postMessage(data) {
    this.#sent?.push(data);
    if (this.#worker) this.#worker.postMessage(data);
    // Later, as a worker would: the page is in the midst of something.
    else if (this.#listener) queueMicrotask(() => this.#listener?.(new MessageEvent("message", { data })));
  }

  /** Whether an answer is awaited. */
  set owes(owes) {
    if (owes === Boolean(this.#pulse)) return;
    clearInterval(this.#pulse);
    // Counted by pulses, not by the clock: a page that is put to sleep wakes without having missed anything.
    [this.#pulse, this.#pulses, this.#unanswered] = [owes ? setInterval(() => this.#ask(), PULSE) : 0, 0, 0];
  }

  #ask() {
    if (this.#sent) {
      this.#pulses += 1;
      if (this.#pulses < START) return;
    } else if (!this.#worker) {
      return;
    } else if (this.#unanswered < UNANSWERED) {
      this.#unanswered += 1;
      this.#worker.postMessage(null);
      return;
    }
    Engine.#failed += 1;
    this.owes = false;
    (this.#sent ? this.onlate : this.onsilence)?.();
  }

  terminate() {
    this.owes = false;
    this.#worker?.terminate();
    this.#worker = this.#listener = null;
  }
}
globalThis.AlibiEngine = Engine;

/** A trap ends what the page was about: that is said, and how to go on. */
addEventListener("error", ({ error }) => {
  const ours = error instanceof WebAssembly.RuntimeError || /\bapp(?:-[0-9a-f]+)?(?:_bg)?[-.\w]*\.(?:js|wasm)\b/.test(error?.stack ?? "");
  if (!ours || document.getElementById("broken")) return;
  const said = document.createElement("div");
  Object.assign(said, { id: "broken", className: "notices", role: "alert" });
  said.setAttribute("data-testid", "broken");
  const text = document.createElement("p");
  text.textContent = `Part of this page has broken down (${error.message}). Reload it to go on; what you typed is kept.`;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Reload" });
  button.addEventListener("click", () => location.reload());
  said.append(text, button);
  document.body.prepend(said);
});

/** Copies the program above a button; where that is not allowed, selects it for the reader's own copying. */
async function copyCode(button) {
  const code = button.parentElement.previousElementSibling.firstElementChild;
  const said = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
    said.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(code);
    said.textContent = "Selected: copy it with your keyboard.";
  }
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("button[data-copy]");
  if (button) copyCode(button);
  // The term's explanation would lie over the glossary that its link leads to.
  if (target.closest?.("a")) target.closest(".pop")?.hidePopover?.();
});

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
