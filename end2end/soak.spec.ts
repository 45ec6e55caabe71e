// Many evaluations in one page: nothing may be kept that should have been dropped.
import { expect, test, type CDPSession, type Page } from "@playwright/test";
import { remember } from "./memories";
import { Explainer } from "./page";

const LENGTHS = [32, 64, 128, 256];
/** Runs after which the page has settled: by then the browser has compiled what runs often, which counts as its heap. */
const SETTLED = 12;
/** Share by which memory may differ from what it was then. */
const TOLERANCE = 0.05;

interface Held {
  /** Bytes of the page's own WebAssembly memory. */
  wasm: number;
  /** Bytes of live JavaScript objects. */
  heap: number;
  nodes: number;
  listeners: number;
}

/** What the page holds once everything that can be dropped has been. */
async function held(page: Page, client: CDPSession): Promise<Held> {
  await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.collectGarbage");
  const { metrics } = await client.send("Performance.getMetrics");
  const of = (name: string) => metrics.find((m) => m.name === name)!.value;
  const wasm = await page.evaluate(() => window.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0));
  return { wasm, heap: of("JSHeapUsedSize"), nodes: of("Nodes"), listeners: of("JSEventListeners") };
}

for (const [evaluations, mark] of [[80, ""], [200, " @long"]] as const) {
  test(`${evaluations} evaluations leave the page's memory as the first ones left it${mark}`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.addInitScript(remember);
    const explainer = new Explainer(page);
    await explainer.open(`?embed=perplexity&models=alibi-256&lengths=${LENGTHS}&targets=2048&engine=cpu`);
    const figure = explainer.figure("perplexity");
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable");
    let settled: Held | undefined;
    for (let run = 1; run <= evaluations / LENGTHS.length; run++) {
      await figure.runs();
      if (run === SETTLED) settled = await held(page, client);
    }
    const last = await held(page, client);
    console.log(`      after ${SETTLED * LENGTHS.length} evaluations ${JSON.stringify(settled)}, after ${evaluations} ${JSON.stringify(last)}`);
    expect(last.wasm).toBeGreaterThan(0);
    const memory = ({ wasm, heap }: Held) => wasm + heap;
    expect(memory(last), "memory").toBeLessThanOrEqual(memory(settled!) * (1 + TOLERANCE));
    for (const what of ["wasm", "nodes", "listeners"] as const) {
      expect(last[what], what).toBeLessThanOrEqual(settled![what] * (1 + TOLERANCE));
    }
    expect(explainer.watch.errors).toEqual([]);
  });
}
