// A step of a slider, with every head and the longest sequence, in each browser that is here. Run alone: it measures time.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { percentile, sliderStep } from "../timing.mjs";
import { ENGINES } from "./drivers.mjs";
import { Window } from "./handle.mjs";
import { serveSite, stop } from "./site.mjs";

const BUDGET = 50;
/** A drag across the slider. */
const STEPS = 40;
let site;
before(async () => (site = await serveSite()));
after(() => stop(site));

for (const [name, engine] of Object.entries(ENGINES)) {
  if (!engine.find()) continue;
  test(`${name}: a slider step at 64 heads and 4,096 tokens is drawn within ${BUDGET} ms`, async (context) => {
    const driver = await engine.start();
    try {
      const view = await new Window(driver).open(`${site.site}?v=1&embed=bias&heads=64&length=4096&view=all`);
      await view.until("the maps", () => document.querySelector('[data-testid="finding"]')?.textContent && document.querySelector("canvas").width > 300);
      const figure = { evaluate: (body, step) => view.evaluate(`(step) => (${body})(document.querySelector("figure"), step)`, step) };
      const drawing = () => view.evaluate(() => document.querySelector("canvas").toDataURL());
      const times = [];
      for (let step = 0; step < STEPS; step++) {
        const earlier = await drawing();
        times.push(await sliderStep(figure, step));
        assert.notEqual(await drawing(), earlier, `step ${step} must redraw`);
      }
      const worst = percentile(times, 0.95);
      context.diagnostic(`${driver.version}: 95th percentile ${worst.toFixed(1)} ms`);
      assert.ok(worst < BUDGET, `${worst.toFixed(1)} ms`);
    } finally {
      await driver.end();
    }
  });
}
