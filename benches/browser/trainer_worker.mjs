// Starts the trainer as assets/worker_loader.js does, of the build (plain, relaxed) that its address names: a browser that has
// relaxed SIMD never takes the plain one by itself.
const early = [];
const keep = (event) => {
  event.stopImmediatePropagation();
  early.push(event.data);
};
self.addEventListener("message", keep);

// This server knows the files by the names of the sources.
globalThis.alibiFile = (path) => path;
globalThis.alibiBytes = async (base, path) => {
  const response = await fetch(base + path);
  return [response.status, response.statusText, new Uint8Array(await response.arrayBuffer())];
};

try {
  const { default: init } = await import(`/site/trainer_${new URL(location.href).searchParams.get("build")}.js`);
  await init();
  self.removeEventListener("message", keep);
  for (const data of early) self.dispatchEvent(new MessageEvent("message", { data }));
} catch (error) {
  // An error thrown from a task of its own reaches the page's error handler.
  setTimeout(() => {
    throw error;
  });
}
