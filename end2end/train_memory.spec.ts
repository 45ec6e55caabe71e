// A training goes on for minutes: it takes no more memory than after its first curves, and the page stays free for its reader.
import { expect, test, type CDPSession, type Page } from "@playwright/test";
import { inWorkers } from "./faults";
import { remember } from "./memories";
import { Explainer } from "./page";

/** Share by which memory may differ from what it was when the training had settled. */
const TOLERANCE = 0.05;

interface Held {
  /** Bytes of WebAssembly memory: the page's, and the trainers'. */
  page: number;
  trainers: number;
  /** Bytes of live JavaScript objects of the page. */
  heap: number;
}

declare global {
  interface Window {
    /** Milliseconds of each task of the page's thread that took over 50. */
    late: number[];
  }
}

async function held(page: Page, client: CDPSession): Promise<Held> {
  await client.send("HeapProfiler.collectGarbage");
  await client.send("HeapProfiler.collectGarbage");
  const { metrics } = await client.send("Performance.getMetrics");
  const bytes = () => (globalThis as unknown as Window).memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
  const trainers = await Promise.all(page.workers().filter((w) => w.url().includes("bin=trainer")).map((w) => w.evaluate(bytes)));
  return {
    page: await page.evaluate(bytes),
    trainers: trainers.reduce((a, b) => a + b, 0),
    heap: metrics.find((m) => m.name === "JSHeapUsedSize")!.value,
  };
}

// Whole minutes of it are among the tests that take long.
for (const [settles, goes, mark] of [[16, 8, ""], [60, 540, " @long"]] as const) {
  test(`${settles + goes} seconds of training leave memory as the first ${settles} left it${mark}`, async ({ page }) => {
    test.setTimeout((settles + goes + 120) * 1000);
    await page.addInitScript(remember);
    await page.addInitScript(() => {
      window.late = [];
      new PerformanceObserver((list) => window.late.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask" });
    });
    await inWorkers(page, `(${String(remember).replaceAll("window.", "globalThis.")})()`);
    const explainer = new Explainer(page);
    await explainer.open(`?embed=train&train-tokens=20000000${mark ? "" : "&train-size=tiny"}`);
    const figure = explainer.figure("train");
    await figure.near();
    const client = await page.context().newCDPSession(page);
    await client.send("Performance.enable");
    await figure.control("run").click();
    await expect(figure.control("status")).toContainText("left");
    const begun = await page.evaluate(() => performance.now() / 1000);
    const passes = (seconds: number) =>
      page.waitForFunction((end) => performance.now() > end, (begun + seconds) * 1000, { polling: 1000, timeout: (seconds + 60) * 1000 });
    await passes(settles);
    const settled = await held(page, client);
    await page.evaluate(() => (window.late = []));
    await passes(settles + goes);
    const late = await page.evaluate(() => window.late);
    const last = await held(page, client);
    console.log(`      after ${settles} s ${JSON.stringify(settled)}, after ${settles + goes} s ${JSON.stringify(last)}; ${late.length} late tasks`);
    await expect(figure.root).toHaveAttribute("data-state", "running");
    expect(settled.trainers).toBeGreaterThan(0);
    for (const what of ["page", "trainers", "heap"] as const) {
      expect(last[what], what).toBeLessThanOrEqual(settled[what] * (1 + TOLERANCE));
    }
    // Beside other tests a task is late for want of a core.
    if (mark) expect(late).toEqual([]);
    expect(explainer.watch.errors).toEqual([]);
  });
}
