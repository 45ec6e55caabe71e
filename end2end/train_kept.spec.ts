// A training outlives a reload: what is kept of it, the question, and that going on changes nothing.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

const CHOICE = "&train-tokens=49152&train-seed=7";

async function opened(page: Page, query: string): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=train${query}`);
  const figure = explainer.figure("train");
  await figure.near();
  return figure;
}

/** The weights of both models: names and places, and their bytes. */
async function weights(page: Page, figure: Figure): Promise<[unknown, string][]> {
  const files: [unknown, string][] = [];
  for (const method of ["sinusoidal", "alibi"]) {
    const [download] = await Promise.all([page.waitForEvent("download"), figure.control(`weights-${method}`).click()]);
    const file = readFileSync(await download.path());
    const end = 8 + Number(file.readBigUInt64LE(0));
    // Its notes stand in no order.
    files.push([JSON.parse(file.subarray(8, end).toString()), createHash("sha256").update(file.subarray(end)).digest("hex")]);
  }
  return files;
}

/** Bytes of each state that the browser keeps. */
const kept = (page: Page) => page.evaluate(async () => {
  const [, records] = await (globalThis as any).alibiTraining.read();
  return records.map(([, state]: [unknown, Uint8Array | undefined]) => state?.length ?? 0) as number[];
});

/** Trains until some steps are done, then pauses and waits for both checkpoints. */
async function paused(page: Page, figure: Figure): Promise<void> {
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("left");
  await figure.control("pause").click();
  await expect(figure.control("status")).toContainText("Paused");
  await expect.poll(async () => ((bytes) => bytes.length > 0 && bytes.every((n) => n > 1e6))(await kept(page))).toBe(true);
}

/** How many tabs hold the training that is kept. */
const held = (page: Page) => page.evaluate(async () => (await navigator.locks.query()).held?.length);

test("a training goes on after a reload, to the losses and curve of one that nothing ended", async ({ page, context }) => {
  const figure = await opened(page, CHOICE);
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  const [losses, curve] = [await figure.rows("train-loss"), await figure.rows("train-curve")];
  const trained = await weights(page, figure);
  // Ended: nothing is left to go on with.
  await expect.poll(() => kept(page)).toEqual([]);

  const other = await context.newPage();
  const again = await opened(other, CHOICE);
  await paused(other, again);
  // Another choice in the address: going on brings the training's own back.
  const reloaded = await opened(other, "&train-methods=alibi&train-seed=8");
  await expect(reloaded.control("kept")).toContainText(/You were training Sinusoidal and ALiBi: [\d,]+ of 49,152 tokens/);
  await expect(reloaded.root).toHaveAttribute("data-state", "idle");
  await expect(reloaded.control("source")).toContainText("This is a recorded training");
  await reloaded.control("kept-go-on").click();
  await expect(reloaded.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  expect(await reloaded.rows("train-loss")).toEqual(losses);
  expect(await reloaded.rows("train-curve")).toEqual(curve);
  expect(await weights(other, reloaded), "bit-equal weights").toEqual(trained);
  await expect(reloaded.control("changed")).toHaveCount(0);
});

test("a training that is forgotten is not asked about again", async ({ page }) => {
  await paused(page, await opened(page, CHOICE));
  const reloaded = await opened(page, CHOICE);
  await reloaded.control("kept-forget").click();
  await expect(reloaded.control("kept")).toHaveCount(0);
  await expect.poll(() => kept(page)).toEqual([]);
});

test("of two tabs that train, the first one's checkpoints are kept, and the second one says so", async ({ page, context }) => {
  const first = await opened(page, CHOICE);
  await paused(page, first);
  const tab = await context.newPage();
  const second = await opened(tab, "&train-methods=alibi&train-tokens=24576");
  await second.control("run").click();
  await expect(second.control("unkept")).toContainText("another tab of this page trains, too, and keeps its own");
  await expect(second.root).toHaveAttribute("data-state", "done", { timeout: 40_000 });
  // By now it would have been asked.
  await expect(second.control("kept")).toHaveCount(0);
  await tab.close();
  const reloaded = await opened(page, "&train-methods=alibi");
  await expect(reloaded.control("kept")).toContainText(/You were training Sinusoidal and ALiBi: [\d,]+ of 49,152 tokens/);
  // The tab that goes on keeps it again.
  await reloaded.control("kept-go-on").click();
  await expect(reloaded.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  await expect(reloaded.control("unkept")).toHaveCount(0);
  await expect.poll(() => kept(page)).toEqual([]);
});

test("checkpoints that come together are all kept, and a training that begins as another is forgotten keeps its own", async ({ page }) => {
  await paused(page, await opened(page, CHOICE));
  await opened(page, CHOICE);
  const outcome = await page.evaluate(async () => {
    const kept = (globalThis as any).alibiTraining;
    const [which, records] = await kept.read();
    const together = await Promise.allSettled([kept.keep(which, 0, records[0], true), kept.keep(which, 1, records[1], true)]);
    const forgotten = kept.forget(which);
    const after = await Promise.allSettled([kept.begin("next", records), forgotten]);
    const held = async () => (await navigator.locks.query()).held?.length;
    const while_ = await held();
    await kept.forget("next");
    return { ended: [...together, ...after].map(({ status }) => status), held: [while_, await held()] };
  });
  expect(outcome).toEqual({ ended: Array(4).fill("fulfilled"), held: [1, 0] });
});

for (const [how, answer] of [["is stopped while it starts", null], ["cannot start", 503]] as const) {
  test(`a training that ${how} leaves the one before to be gone on with, and other tabs alone`, async ({ page }) => {
    await paused(page, await opened(page, CHOICE));
    const before = await kept(page);
    await page.route(/worker_loader[^/]*\.js\?.*bin=trainer/, (route) => (answer ? route.fulfill({ status: answer }) : undefined));
    const figure = await opened(page, CHOICE);
    const offer = await figure.control("kept").locator("p").textContent();
    await figure.control("run").click();
    if (answer) await expect(figure.control("failure")).toContainText("The trainer has stopped working");
    else {
      await expect(figure.control("kept")).toHaveCount(0);
      await figure.control("stop").click();
    }
    await expect(figure.control("kept").locator("p")).toHaveText(offer!);
    expect(await kept(page)).toEqual(before);
    expect(await held(page)).toBe(0);
    await page.unrouteAll();
    await figure.control("kept-go-on").click();
    await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  });
}

test("what another tab has gone on with is not forgotten here", async ({ page, context }) => {
  await paused(page, await opened(page, CHOICE));
  const first = await opened(page, CHOICE);
  const tab = await context.newPage();
  const second = await opened(tab, CHOICE);
  await expect(second.control("kept")).toContainText("You were training");
  await first.control("kept-go-on").click();
  await expect(first.control("status")).toContainText("left");
  await first.control("pause").click();
  await expect(first.control("status")).toContainText("Paused");
  await expect.poll(() => held(page)).toBe(1);
  await second.control("kept-forget").click();
  await expect(second.control("kept")).toHaveCount(0);
  await tab.close();
  expect((await kept(page)).length).toBe(2);
  await expect((await opened(page, CHOICE)).control("kept")).toContainText("You were training");
});

test("a training whose checkpoints the browser has dropped is kept anew", async ({ page }) => {
  const figure = await opened(page, CHOICE);
  await paused(page, figure);
  await page.evaluate(() => new Promise((done, failed) => {
    const dropping = indexedDB.deleteDatabase(`alibi ${location.pathname}`);
    [dropping.onsuccess, dropping.onerror] = [done, failed];
  }));
  expect(await kept(page)).toEqual([]);
  await figure.control("pause").click();
  await expect(figure.control("status")).toContainText("left");
  await figure.control("pause").click();
  await expect.poll(async () => (await kept(page)).filter((bytes) => bytes > 1e6).length).toBe(2);
});

test("a page that leaves late keeps nobody from being asked", async ({ page, context }) => {
  await paused(page, await opened(page, CHOICE));
  const holder = await context.newPage();
  const other = await opened(holder, "&train-methods=alibi");
  await expect(other.root).toHaveAttribute("data-state", "idle");
  await page.goto("about:blank");
  // As the page before would, while the next one already asks.
  await holder.evaluate(() => void navigator.locks.request(`alibi ${location.pathname} training`, () => new Promise((done) => setTimeout(done, 2500))));
  await expect.poll(() => held(holder)).toBe(1);
  await expect((await opened(page, CHOICE)).control("kept")).toContainText("You were training");
});

test("where nothing can be kept it is said once and the training goes on", async ({ page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException("no room is left", "QuotaExceededError");
    };
  });
  const figure = await opened(page, "&train-methods=alibi&train-tokens=24576");
  await figure.control("run").click();
  await expect(figure.control("unkept")).toHaveText("This browser keeps no checkpoint (no room is left). The training goes on, but a reload would lose it.");
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 40_000 });
  await expect(figure.control("unkept")).toHaveCount(1);
});

test("a storage that never answers is said, and the training goes on", async ({ page }) => {
  await page.addInitScript(() => {
    IDBFactory.prototype.open = () => ({}) as IDBOpenDBRequest;
  });
  const figure = await opened(page, "&train-methods=alibi&train-tokens=24576");
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 40_000 });
  await expect(figure.control("unkept")).toContainText("the browser's storage does not answer", { timeout: 15_000 });
});

test("a checkpoint that is not what was kept goes, and that is said", async ({ page }) => {
  await paused(page, await opened(page, CHOICE));
  // One byte of one state.
  await page.evaluate(() => new Promise((done, failed) => {
    const opening = indexedDB.open(`alibi ${location.pathname}`, 1);
    opening.onerror = failed;
    opening.onsuccess = () => {
      const store = opening.result.transaction("training", "readwrite").objectStore("training");
      store.get(1).onsuccess = ({ target }) => {
        const record = (target as IDBRequest).result;
        record[1][record[1].length >> 1] ^= 1;
        store.put(record, 1).onsuccess = done;
      };
    };
  }));
  const reloaded = await opened(page, CHOICE);
  await expect(reloaded.control("spoilt")).toHaveText("What this browser kept of your last training is damaged, so it cannot go on. Press Train to start anew.");
  await expect(reloaded.control("kept")).toHaveCount(0);
  await reloaded.control("run").click();
  await expect(reloaded.control("spoilt")).toHaveCount(0);
  await expect(reloaded.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
});
