// What a page's WebAssembly holds.

declare global {
  interface Window {
    memories: WebAssembly.Memory[];
  }
}

/** Remembers the memory of every WebAssembly module that the page starts. */
export function remember(): void {
  window.memories = [];
  for (const name of ["instantiate", "instantiateStreaming"] as const) {
    const start = WebAssembly[name] as (...given: unknown[]) => Promise<WebAssembly.WebAssemblyInstantiatedSource & WebAssembly.Instance>;
    (WebAssembly as unknown as Record<string, unknown>)[name] = async (...given: unknown[]) => {
      const started = await start.apply(WebAssembly, given);
      const { memory } = (started.instance ?? started).exports;
      if (memory instanceof WebAssembly.Memory && !window.memories.includes(memory)) window.memories.push(memory);
      return started;
    };
  }
}
