// Starts the worker's WASM. Messages that arrive while it loads would find no listener: they are kept and handed on.
import init from "../worker.js";

const early = [];
const keep = (event) => {
  event.stopImmediatePropagation();
  early.push(event.data);
};
self.addEventListener("message", keep);

try {
  await init();
  self.removeEventListener("message", keep);
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  // An error thrown from a task of its own reaches the page's error handler in every browser.
  setTimeout(() => {
    throw error;
  });
}
