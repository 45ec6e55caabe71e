// Starts the page's WASM and says so where that fails; the script tag that loads this file names what to load. And
// holds what the page's WASM makes its workers with and finds its files by.

// A host may require that pages vouch for the HTML that they write and the scripts that they start. All HTML here is the page's
// own: what readers type goes into it escaped. Scripts are those of the site.
try {
  globalThis.trustedTypes?.createPolicy("default", {
    createHTML: (html) => html,
    createScriptURL: (url) => (new URL(url, document.baseURI).host === location.host ? url : null),
  });
} catch {
  // The host forbids that, too: what cannot be drawn is said below.
}

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
    return await get("default").catch((error) => {
      if (signal.aborted) throw error;
      // What a cache has kept wrongly is there as it was published.
      return get("reload");
    });
  } catch (error) {
    alibiMissed();
    throw error;
  }
};
/** The same for the page's own WASM beyond its first file; the script that joins them asks by address (.ci/dist/split.mjs). */
globalThis.alibiCode = async (url) => {
  const integrity = digests[url.pathname.split("/").slice(-2).join("/")] ?? "";
  const get = (cache) => fetch(url, { cache, integrity, signal: AbortSignal.timeout(GIVEN_UP) });
  try {
    const answer = await get("default").catch(() => get("reload"));
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer;
  } catch (error) {
    alibiMissed();
    throw error;
  }
};

/**
 * What was computed in this tab, for a reload or a crash of it. In sessionStorage: it stays on this machine and goes with the tab,
 * whereas IndexedDB would outlive it, the reader's own texts with it. Of what the browser gives (five million characters, to all
 * pages of a site together) answers take a part; the oldest go, and go first where a text that the reader typed needs room.
 * A page that is opened anew, and not loaded again, begins without them.
 */
const ROOM = 3_000_000;
const [ANSWER, TEXT] = ["answer", "text"].map((kind) => `alibi ${location.pathname} ${kind} `);
let storage = null;
try {
  storage = sessionStorage;
} catch {
  // A frame without an origin of its own keeps nothing, nor does a browser that is told so.
}
/** Tells texts apart, and a text from a damaged one. */
const hash = (text) => {
  let [a, b] = [0x9e3779b9, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    a = Math.imul(a ^ c, 0x9e3779b1);
    b = Math.imul(b ^ c, 0x5f356495);
  }
  return (a >>> 0).toString(36) + (b >>> 0).toString(36);
};
/** Names every file of this build: what another one has computed is none of its answers. */
const build = () => ["script[data-wasm]", "#file-names", "#file-digests"].map((of) => document.querySelector(of)?.outerHTML).join();
/** Answers in JSON, which knows neither bytes nor what is no finite number. */
const written = (value) => JSON.stringify(value, (_, v) => {
  if (typeof v === "number" && !Number.isFinite(v)) return { number: String(v) };
  if (!(v instanceof Uint8Array)) return v;
  let bytes = "";
  // As many arguments as a call takes in every browser.
  for (let i = 0; i < v.length; i += 8192) bytes += String.fromCharCode(...v.subarray(i, i + 8192));
  return { bytes: btoa(bytes) };
});
const readBack = (text) => JSON.parse(text, (_, v) =>
  typeof v?.number === "string" ? Number(v.number) : typeof v?.bytes === "string" ? Uint8Array.from(atob(v.bytes), (c) => c.charCodeAt(0)) : v);
const stored = (kind) => Object.keys(storage ?? {}).filter((name) => name.startsWith(kind));
/** The answers' names, the oldest first. */
const answers = () => stored(ANSWER).map((name) => [Number.parseInt(storage.getItem(name)), name]).sort(([a], [b]) => a - b).map(([, name]) => name);
/** Texts go with the last answer about them; its name ends with theirs. */
const sweep = () => {
  const used = new Set(stored(ANSWER).map((name) => name.split(" ").at(-1)));
  for (const name of stored(TEXT)) if (!used.has(name.slice(TEXT.length))) storage.removeItem(name);
};
const drop = () => {
  const [oldest] = answers();
  if (!oldest) return false;
  storage.removeItem(oldest);
  sweep();
  return true;
};
/** Keeps a text under a name with the tab, if answers must give way for it, too; whether it is kept. */
globalThis.alibiStore = (name, text) => {
  do {
    try {
      if (!storage) return false;
      storage.setItem(name, text);
      return true;
    } catch {
      // No room.
    }
  } while (drop());
  return false;
};
/** Keeps an answer, and what was said of its text. */
globalThis.alibiKeep = (job, scored, cut) => {
  if (!storage) return;
  const text = job.text ?? "";
  const of = text && hash(text);
  const asked = { ...job, text: of };
  const body = written([asked, scored, cut]);
  if (body.length + text.length > ROOM) return;
  const taken = () => [ANSWER, TEXT].flatMap(stored).reduce((sum, name) => sum + storage.getItem(name).length, 0);
  while (taken() + body.length + text.length > ROOM && drop());
  // The answer first: without one about it a text would be swept away.
  const name = `${ANSWER}${hash(written(asked))} ${of}`;
  if (alibiStore(name, `${Date.now()} ${hash(build() + body)} ${body}`) && of && !alibiStore(TEXT + of, text)) storage.removeItem(name);
};
/** Whether there are answers to be read. */
globalThis.alibiHasKept = () => {
  const [how] = performance.getEntriesByType("navigation");
  // A frame is loaded by its host, however the reader came to that.
  if (window.top === window && how?.type === "navigate") while (drop());
  return stored(ANSWER).length > 0;
};
/** The answers that are as they were written, the oldest first; others are dropped. */
globalThis.alibiKept = () => answers().flatMap((name) => {
  try {
    const [, sum, body] = /^\d+ (\w+) (.*)$/s.exec(storage.getItem(name));
    const [job, scored, cut] = readBack(body);
    const of = job.text;
    job.text = of ? storage.getItem(TEXT + of) : undefined;
    if (sum === hash(build() + body) && (!of || hash(job.text) === of)) return [[job, scored, cut ?? undefined]];
  } catch {
    // Not what was written.
  }
  storage.removeItem(name);
  sweep();
  return [];
});

/** Time that the browser's storage is given, ms. */
const STORED = 10_000;
/** What a request, an opening or a transaction of IndexedDB comes to. */
const outcome = (asked, well) => new Promise((resolve, reject) => {
  const late = setTimeout(() => reject(new Error("the browser's storage does not answer")), STORED);
  asked[well] = () => {
    clearTimeout(late);
    resolve(asked.result);
  };
  asked.onerror = asked.onabort = () => {
    clearTimeout(late);
    reject(asked.error ?? new Error("it was refused"));
  };
});
/** Tells a state from a damaged one, where the page may compute that. */
const sum = async (state) =>
  state?.length && globalThis.crypto?.subtle ? String(new Uint8Array(await crypto.subtle.digest("SHA-256", state))) : "";
/** One transaction on the kept training. */
const training = async (mode, act) => {
  const opening = indexedDB.open(`alibi ${location.pathname}`, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("training");
  const database = await outcome(opening, "onsuccess");
  try {
    const transaction = database.transaction("training", mode);
    const asked = act(transaction.objectStore("training"));
    await outcome(transaction, "oncomplete");
    return asked;
  } finally {
    database.close();
  }
};
/** What acts only while the kept training is still that one. */
const onlyOf = (which, act) => (store) => {
  store.get("which").onsuccess = ({ target }) => {
    if (target.result === which) act(store);
  };
};
const RECORDS = globalThis.IDBKeyRange?.bound(0, 99);
/** This tab's training: its name, a record of each model, whether any has learned and whether they are kept. */
let mine = null;
let abandoned = "";
/** How often it is asked, every half second, whether another tab still holds it. */
const LEAVES = 10;
const TRAINING = `alibi ${location.pathname} training`;
/** This tab's claim while it is asked for or held, and for which training; when the last one is given up. */
let claimed = null;
let givenUp = null;
/** Asks for the lock at once or never: whether it was `granted`, `release`, and when all that is `over`. */
const asked = () => {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  let over;
  const granted = new Promise((resolve, reject) => {
    over = navigator.locks.request(TRAINING, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock && released;
    }).catch(reject);
  });
  return { granted, release, over };
};
/** Of several tabs that train, the first one's checkpoints are kept, until its training is forgotten or the tab is gone. */
const claim = async (which) => {
  // Browsers know locks on secure pages alone; elsewhere the last one's are kept.
  if (!navigator.locks) return;
  await givenUp;
  // One claim for all: of checkpoints that come together the second would find the lock taken by the first.
  claimed ??= asked();
  const mine = claimed;
  mine.which = which;
  try {
    if (await mine.granted) return;
    throw new Error("another tab of this page trains, too, and keeps its own");
  } catch (error) {
    if (claimed === mine) claimed = null;
    throw error;
  }
};
/** Lets other tabs keep theirs, unless another training has begun here meanwhile. */
const giveUp = (which) => {
  if (claimed?.which !== which) return;
  claimed.release();
  givenUp = claimed.over;
  claimed = null;
};
/** Whether another tab trains. */
const elsewhere = async () => {
  await givenUp;
  return !claimed && Boolean((await navigator.locks?.query())?.held.some(({ name }) => name === TRAINING));
};
/**
 * The last training's checkpoints, one of each model. In IndexedDB, which takes bytes as they are and has room for them: they
 * outlive the tab. One training at a time. All of these fail where the browser keeps nothing, or has no room.
 */
globalThis.alibiTraining = {
  /** In place of what was kept before, which goes when this one has learned something: it may never start. */
  begin: async (which, records) => {
    await claim(which);
    if (abandoned === which) giveUp(which);
    else mine = { which, records: records.map(([note, state]) => [note, state, ""]), learned: false, written: false };
  },
  /** `learned`: whether this model has. */
  keep: async (which, i, [note, state], learned) => {
    if (mine?.which !== which) {
      // Taken up after a reload. Who began beside another tab's training keeps nothing.
      const [there, records] = await training("readonly", (store) => [store.get("which"), store.getAll(RECORDS)]);
      if (there.result !== which) return;
      await claim(which);
      if (mine?.which !== which) mine = { which, records: records.result, learned: true, written: true };
    }
    const all = mine;
    all.records[i] = [note, state, await sum(state)];
    all.learned ||= learned;
    if (!all.learned) return;
    await training("readwrite", (store) => {
      store.get("which").onsuccess = ({ target: { result: there } }) => {
        if (all.written && there === which) store.put(all.records[i], i);
        // The last one's are kept where browsers know no locks.
        else if (!all.written || there === undefined) {
          store.clear();
          store.put(which, "which");
          all.records.forEach((record, n) => store.put(record, n));
        }
      };
    });
    all.written = true;
  },
  /** It has ended before anything was learned: what was kept before stays. */
  abandon: (which) => {
    abandoned = which;
    if (mine?.which === which) mine = null;
    giveUp(which);
  },
  /** The training may go on and be kept again. */
  forget: async (which) => {
    try {
      // Another tab may have gone on with it.
      if (!(await elsewhere())) await training("readwrite", onlyOf(which, (store) => store.delete(RECORDS)));
    } finally {
      if (mine?.which === which) mine = null;
      giveUp(which);
    }
  },
  /** What may go on here: nothing that another tab is at; `null` where it is not what was kept, which then goes. */
  read: async () => {
    // After a reload the page before may hold it for a moment more.
    for (let tries = 0; await elsewhere(); tries += 1) {
      if (tries === LEAVES) return ["", []];
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const [which, records] = await training("readonly", (store) => [store.get("which"), store.getAll(RECORDS)]);
    for (const [, state, kept] of records.result) {
      if (kept === await sum(state)) continue;
      await training("readwrite", (store) => store.clear());
      return ["", null];
    }
    return [which.result ?? "", records.result];
  },
};

/** Time between two questions whether a worker is there, ms, and how many it may leave unanswered. */
const PULSE = 1000;
const UNANSWERED = 4;
/** Pulses within which the engine must have started; src/ui/runs/worker_pool.rs says it to the reader. */
const START = 30;

/**
 * What the page takes for a worker: one, or where none can start (a frame without an origin of its own, a host that
 * forbids them), the same WASM run in the page, fetched only then. It answers or fails, but never just stops: `onerror` hears of
 * errors, `onlate` of a start that takes too long, `onsilence` of a worker that is gone, `onalone` of what needs a worker where
 * none can start.
 */
class Engine {
  onmessage = null;
  onerror = null;
  onmessageerror = null;
  onlate = null;
  onsilence = null;
  onalone = null;
  #base;
  #worker = null;
  #listener = null;
  // What was sent before the first answer: should the worker not start, it is sent again.
  #sent = [];
  #pulse = 0;
  #pulses = 0;
  #unanswered = 0;
  #bin;
  /** Engines that came to nothing: the next is fetched anew. */
  static #failed = 0;

  /** `bin`: which WASM; only the worker's can be run in the page. */
  constructor(base, inPage, bin = "worker") {
    this.#base = base;
    this.#bin = bin;
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
        if (!this.#sent || this.#bin !== "worker") return this.#fail(event);
        worker.terminate();
        this.#startInPage();
      };
      this.#worker = worker;
    } catch {
      this.#startInPage();
    }
  }

  #loader() {
    const url = new URL(alibiFile("assets/worker_loader.js"), this.#base);
    if (this.#bin !== "worker") url.searchParams.set("bin", this.#bin);
    if (Engine.#failed) url.searchParams.set("again", Engine.#failed);
    return url;
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
    alibiMissed();
    Engine.#failed += 1;
    this.owes = false;
    this.onerror?.(event);
  }

  async #startInPage() {
    this.#worker = null;
    if (this.#bin !== "worker") {
      // Later, when it is listened for.
      queueMicrotask(() => this.onalone?.());
      return;
    }
    // Told to the page, which then shares no work between several.
    Engine.inPage = true;
    const fails = (error) => this.#fail(new ErrorEvent("error", { message: String(error?.message ?? error), cancelable: true }));
    try {
      const { load } = await import(this.#loader());
      const servePage = await load();
      // A trap ends what it happens in, and nobody waits for that.
      const trapped = (event) => {
        const error = event.error ?? event.reason;
        // WebKit tells a page without an origin nothing of its errors: whoever owes an answer then has failed.
        const untold = !error && event.message === "Script error." && this.#pulse;
        if (!untold && !/worker/.test(error?.stack ?? "")) return;
        event.preventDefault();
        fails(globalThis.alibiPanic ?? error ?? "this browser does not say why");
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

  /** `buffers` are handed over, not copied. */
  postMessage(data, buffers = []) {
    // What fetches files for the engine keeps it (assets/worker_loader.js), in the page as in a worker.
    if (data.give && this.#listener) return alibiGive(data);
    this.#sent?.push(data);
    if (this.#worker) this.#worker.postMessage(data, buffers);
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
    if (this.#sent) alibiMissed();
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

/** What was said of a panic (src/bin/app.rs), or of an error. */
const said = (error) => {
  const panic = globalThis.alibiPanic;
  delete globalThis.alibiPanic;
  return panic?.slice(panic.indexOf("\n") + 1) ?? String(error?.message ?? error);
};
/** Calls what may break; what is said of that, if it does (src/ui/widgets/attempt.rs). */
globalThis.alibiAttempt = (what) => {
  try {
    what();
  } catch (error) {
    console.error(error);
    return said(error) || "no reason given";
  }
};

/** A line at the top that says what only a reload mends. */
function reloadable(id, why) {
  const banner = document.createElement("div");
  Object.assign(banner, { id, className: "notices", role: "alert" });
  banner.setAttribute("data-testid", id);
  const text = document.createElement("p");
  const kept = storage ? " to go on; what you typed and what was computed are kept" : " to go on";
  text.textContent = `${why} Reload it${kept}.`;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Reload" });
  button.addEventListener("click", () => location.reload());
  banner.append(text, button);
  document.body.prepend(banner);
}

/** A trap ends what the page was about: that is said, and how to go on. */
addEventListener("error", ({ error }) => {
  const ours = error instanceof WebAssembly.RuntimeError || /\bapp(?:-[0-9a-f]+)?(?:_bg)?[-.\w]*\.(?:js|wasm)\b/.test(error?.stack ?? "");
  if (!ours || document.getElementById("broken")) return;
  reloadable("broken", `Part of this page has broken down (${said(error)}).`);
});

let askedAgain = 0;
/** Asked where a file of the site could not be had: once the site has been updated, an open page's files may be gone. */
globalThis.alibiMissed = async () => {
  const own = document.getElementById("file-names")?.textContent;
  // A frame without an origin of its own may not read the site's page.
  if (!own || globalThis.origin === "null" || document.getElementById("changed") || performance.now() < askedAgain) return;
  askedAgain = performance.now() + 10_000;
  try {
    const answer = await fetch(location.href.split(/[?#]/)[0], { cache: "no-store", signal: AbortSignal.timeout(10_000) });
    const page = await answer.text();
    const same = page.includes(own) && page.includes(`data-js="${js}"`);
    if (answer.ok && page.includes('id="file-names"') && !same) reloadable("changed", "This page has been updated since you opened it.");
  } catch {
    // No network: what was asked for is missing for that reason.
  }
};

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

const address = (path) => new URL(path, document.baseURI);

/** Whether this browser can run what is compiled for lanes: a function that adds two vectors. */
const hasLanes = () => Boolean(globalThis.WebAssembly?.validate(Uint8Array.of(
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11)));

async function start(cache) {
  const file = fetch(address(wasm), { cache });
  // Heard of when it is awaited.
  file.catch(() => {});
  const { default: init } = await import(address(js));
  await init({ module_or_path: file });
}

try {
  await painted();
  await start("default").catch(async (error) => {
    if (error instanceof WebAssembly.RuntimeError || !hasLanes()) throw error;
    // What a cache has kept wrongly is there as it was published.
    await alibiAnew();
    return start("reload");
  });
} catch (error) {
  const why = `The figures of this page could not start (${said(error)}). `;
  if (hasLanes()) alibiUnstarted(`${why}A file of the page did not arrive as it was published, or broke down.`);
  else {
    alibiUnstarted(`${why}They need a browser with WebAssembly SIMD: Chrome or Edge 91, Firefox 89, Safari 16.4, or later. ` +
      "With one of these, reload the page.");
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
      await navigator.serviceWorker.register(address(offline));
    } catch {
      // Forbidden or unknown here; the page works without.
    }
  }, 2000);
}
