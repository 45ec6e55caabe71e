// The time until the first figure is drawn, on a machine and a line as a classroom has them, and on this one.
import { expect, test } from "@playwright/test";
import { site } from "./page";
import { firstFigure, slowDown } from "./timing.mjs";

for (const [what, budget] of [["as it is", 1000], ["4× slower, 1.6 Mbit/s, 150 ms latency", 4000]] as const) {
  test(`first figure drawn within ${budget} ms, ${what} @timing`, async ({ page }) => {
    const client = await page.context().newCDPSession(page);
    // Fills the server's cache of compressed files, as a host's is filled.
    await firstFigure(page, site());
    await client.send("Network.clearBrowserCache");
    if (budget === 4000) await slowDown(client);
    const took = await firstFigure(page, site());
    test.info().annotations.push({ type: "measured", description: `${took.toFixed(0)} ms` });
    console.log(`      first figure after ${took.toFixed(0)} ms (${what})`);
    expect(took).toBeLessThan(budget);
  });
}
