// Starts the page's WASM and says so where that fails. The script tag that loads this file names what to load.
const { js, wasm } = document.querySelector("script[data-wasm]").dataset;

try {
  const { default: init } = await import(new URL(js, document.baseURI));
  await init({ module_or_path: new URL(wasm, document.baseURI) });
} catch (error) {
  const boot = document.getElementById("boot");
  if (boot) {
    const message = document.createElement("p");
    message.setAttribute("role", "alert");
    message.textContent =
      `The page could not start (${error?.message ?? error}). It needs a browser with WebAssembly SIMD: ` +
      "Chrome or Edge 91, Firefox 89, Safari 16.4, or later. With one of these, reload the page.";
    boot.replaceChildren(message);
  }
  throw error;
}
