// Starts the engine as assets/worker_loader.js does, and besides answers {bench: "memory"} with the size of its WASM
// memory and of its GPU buffers, which the shipped loader has no reason to know.
const early = [];
const keep = (event) => {
  event.stopImmediatePropagation();
  early.push(event.data);
};
self.addEventListener("message", keep);

// Buffers that were created and not yet destroyed; the garbage collector's part in it is not waited for.
const buffers = new Map();
if (self.GPUDevice) {
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    buffers.set(buffer, descriptor.size);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    buffers.delete(this);
    return destroy.call(this);
  };
}
const bufferBytes = () => [...buffers.values()].reduce((sum, size) => sum + size, 0);

let exports;
// Before the engine's listener, which would refuse a message that is no request.
self.addEventListener("message", (event) => {
  if (event.data?.bench !== "memory") return;
  event.stopImmediatePropagation();
  const { byteLength: wasm } = exports.memory.buffer;
  self.postMessage({ bench: "memory", sizes: { wasm, buffers: bufferBytes(), nBuffers: buffers.size } });
});

// This server knows the files by the names of the sources.
globalThis.alibiBytes = async (base, path) => {
  const response = await fetch(base + path);
  return [response.status, response.statusText, new Uint8Array(await response.arrayBuffer())];
};

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
