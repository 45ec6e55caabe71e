// How long a reader waits, measured inside the page: for its first figure, and after a step of a slider. The browser
// tests hold these times to their budgets, and the benchmark's table gives them.

/** Opens `url`; milliseconds from the start of navigation to the first figure's drawn canvas. */
export async function firstFigure(page, url) {
  await page.addInitScript(() => {
    const look = () => {
      const canvas = document.querySelector('figure[data-figure="opening"] canvas');
      const rows = document.querySelector('figure[data-figure="opening"] table tbody tr');
      if (canvas && rows && canvas.width > 0) window.drawnAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await page.goto(url);
  const drawn = await page.waitForFunction(() => window.drawnAt);
  return drawn.jsonValue();
}

/** A processor four times slower, on a line of 1.6 Mbit/s with 150 ms latency. */
export async function slowDown(client) {
  await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const bytesPerSecond = 1.6e6 / 8;
  await client.send("Network.enable");
  await client.send("Network.emulateNetworkConditions", {
    offline: false, latency: 150, downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond,
  });
}

/**
 * Moves the length slider of a figure (a locator) near its end; milliseconds until the figure is redrawn. Each of four
 * steps in turn lands elsewhere.
 */
export function sliderStep(figure, step) {
  return figure.evaluate(async (root, step) => {
    const slider = root.querySelector('[data-testid="length-slider"]');
    slider.value = String(Number(slider.max) - ((step + 1) % 4));
    const begin = performance.now();
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    // The task after the next frame: by then the canvas has been drawn and handed to the screen.
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - begin;
  }, step);
}

/** The value that a share of `times` does not exceed. */
export function percentile(times, share) {
  return [...times].sort((a, b) => a - b)[Math.ceil(times.length * share) - 1];
}
