// Starts the engine as assets/worker_loader.js does, and besides answers {bench: "memory"} with the size of its WASM
// memory, which the shipped loader has no reason to know.
const early = [];
const keep = (event) => {
  event.stopImmediatePropagation();
  early.push(event.data);
};
self.addEventListener("message", keep);

let exports;
// Before the engine's listener, which would refuse a message that is no request.
self.addEventListener("message", (event) => {
  if (event.data?.bench !== "memory") return;
  event.stopImmediatePropagation();
  self.postMessage({ bench: "memory", bytes: exports.memory.buffer.byteLength });
});

try {
  const { default: init } = await import("/site/worker.js");
  exports = await init();
  self.removeEventListener("message", keep);
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  // An error thrown from a task of its own reaches the page's error handler.
  setTimeout(() => {
    throw error;
  });
}
