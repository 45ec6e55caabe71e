// Starts the worker's WASM. Messages that arrive while it loads would find no listener: they are kept and handed on.

// Filled in when the site is built (.ci/dist/names.mjs).
const names = {};
/** Where a file of the site is, relative to its folder. */
globalThis.alibiFile = (path) => names[path] ?? path;

const early = [];
const keep = (event) => {
  event.stopImmediatePropagation();
  early.push(event.data);
};
self.addEventListener("message", keep);

try {
  // Only now: while an imported module waits for something itself, messages would be lost.
  const { default: init } = await import(new URL(`../${alibiFile("worker.js")}`, import.meta.url));
  await init();
  self.removeEventListener("message", keep);
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  // An error thrown from a task of its own reaches the page's error handler in every browser.
  setTimeout(() => {
    throw error;
  });
}
