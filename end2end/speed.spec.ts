// The time until the first figure is drawn, on a machine and a line as a classroom has them, and on this one.
import { expect, test } from "@playwright/test";
import { Explainer } from "./page";

/** Milliseconds from the start of navigation to the first figure's drawn canvas, measured inside the page. */
async function firstFigure(explainer: Explainer): Promise<number> {
  await explainer.page.addInitScript(() => {
    const look = () => {
      const canvas = document.querySelector<HTMLCanvasElement>('figure[data-figure="extrapolation"] canvas');
      const rows = document.querySelector('figure[data-figure="extrapolation"] table tbody tr');
      if (canvas && rows && canvas.width > 0) (window as unknown as { drawnAt: number }).drawnAt = performance.now();
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  });
  await explainer.open();
  const drawn = await explainer.page.waitForFunction(() => (window as unknown as { drawnAt?: number }).drawnAt);
  return (await drawn.jsonValue())!;
}

for (const [what, budget] of [["as it is", 1000], ["4× slower, 1.6 Mbit/s, 150 ms latency", 4000]] as const) {
  test(`first figure drawn within ${budget} ms, ${what}`, async ({ page }) => {
    // Fills the server's cache of compressed files, as a host's is filled.
    await page.goto("about:blank");
    const explainer = new Explainer(page);
    const client = await page.context().newCDPSession(page);
    await firstFigure(explainer);
    await client.send("Network.clearBrowserCache");
    if (budget === 4000) {
      await client.send("Emulation.setCPUThrottlingRate", { rate: 4 });
      const bytesPerSecond = 1.6e6 / 8;
      await client.send("Network.enable");
      await client.send("Network.emulateNetworkConditions", {
        offline: false, latency: 150, downloadThroughput: bytesPerSecond, uploadThroughput: bytesPerSecond,
      });
    }
    const took = await firstFigure(explainer);
    test.info().annotations.push({ type: "measured", description: `${took.toFixed(0)} ms` });
    console.log(`      first figure after ${took.toFixed(0)} ms (${what})`);
    expect(took).toBeLessThan(budget);
  });
}
