// What the longest inputs need, of every task, and what many texts leave behind: far less than WASM or a small device has, so
// that nothing which can be asked for must be refused for want of memory.
import { expect, test, type Page } from "@playwright/test";
import { firstTrainings } from "./golden";
import { job, stretch } from "./jobs.mjs";
import { remember } from "./memories";
import { Explainer, site } from "./page";

/** The longest input that can be asked for, tokens; the longest text, bytes: src/config.rs. */
const [LONGEST, TEXT, ATTENDED] = [16_384, 2_000_000, 512];
const MB = 1 << 20;
/** Of the 4 GB that WASM has, and of what a phone gives a page. */
const ROOF = 160 * MB;

/** The most bytes that a worker holds beyond weights and text while it answers each of these, in turn. */
async function peaks(page: Page, jobs: unknown[]): Promise<number[]> {
  return page.evaluate(
    ({ base, jobs }) =>
      new Promise<number[]>((resolve, reject) => {
        const worker = new Worker(base + alibiFile("assets/worker_loader.js"), { type: "module" });
        const found: number[] = [];
        const ask = () => worker.postMessage({ id: found.length + 2, body: { Run: jobs[found.length] } });
        worker.onerror = ({ message }) => reject(new Error(message));
        worker.onmessage = ({ data: { body } }) => {
          if (body.Failed) return reject(new Error(JSON.stringify(body.Failed)));
          if (body.Scored) found.push(body.Scored.peak_bytes);
          if (found.length === jobs.length) {
            worker.terminate();
            resolve(found);
          } else if (body === "Ready" || body.Scored) ask();
        };
        worker.postMessage({ id: 1, body: { Configure: { base } } });
      }),
    { base: site(), jobs },
  );
}

/** Every task with as much as can be asked of it. */
const largest = (model: string): [string, unknown][] => [
  ["losses", job(model, { Score: stretch(LONGEST, LONGEST) })],
  ["losses of a text of one's own", job(model, { Score: { ...stretch(LONGEST, LONGEST), first: 0 } }, { text: "the king and the sea. ".repeat(TEXT / 22), stream: "own" })],
  ["losses by position", job(model, { ScoreByPosition: stretch(LONGEST, LONGEST) })],
  ["losses with nothing skipped", job(model, { ScoreInFull: stretch(LONGEST, LONGEST) })],
  ["the last losses", job(model, { Score: stretch(LONGEST, LONGEST, "LastTokens") })],
  ["scores", job(model, { Attend: { length: ATTENDED, layer: 3 } })],
  ["where attention goes", job(model, { Spread: { length: LONGEST, n_inputs: 1, first_end: LONGEST } })],
  ["a continuation", job(model, { Generate: { n_prompt: LONGEST - 4, n_new: 4, temperature: 0, top_k: 0, seed: 1 } })],
];

async function expectRoom(page: Page, asked: [string, unknown][]): Promise<void> {
  await new Explainer(page).open("?embed=slopes");
  const found = await peaks(page, asked.map(([, job]) => job));
  console.log(`      ${asked.map(([what], i) => `${what}: ${(found[i] / MB).toFixed(1)} MB`).join("; ")}`);
  for (const [i, [what]] of asked.entries()) expect(found[i], what).toBeLessThan(ROOF);
  expect(Math.max(...found)).toBeGreaterThan(MB);
}

test("the longest input that can be asked for takes a fraction of what there is", async ({ page }) => {
  await expectRoom(page, [["losses", job("alibi-256", { Score: stretch(LONGEST, LONGEST) })]]);
});

test("every task at its largest, and every method's longest input, take a fraction of what there is @long", async ({ page }) => {
  test.setTimeout(10 * 60_000);
  await expectRoom(page, largest("alibi-256"));
  await expectRoom(page, firstTrainings().map((model) => [model, job(model, { Score: stretch(LONGEST, LONGEST) })]));
});

for (const [texts, mark] of [[24, ""], [100, " @long"]] as const) {
  test(`${texts} texts of 256 tokens leave the attention figure's page under its roof${mark}`, async ({ page }) => {
    test.setTimeout(8 * 60_000);
    await page.addInitScript(remember);
    const explainer = new Explainer(page);
    await explainer.open("?embed=attention&engine=cpu");
    const figure = explainer.figure("attention");
    await figure.near();
    const held = () => page.evaluate(() => window.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0));
    const curve: number[] = [];
    for (let i = 1; i <= texts; i++) {
      // A text's tokens are cut at 256.
      await figure.control("attention-text").fill(`Text number ${i}. ${"The king went down to the sea and spoke of it. ".repeat(25)}`);
      await figure.runs();
      if (i % 4 === 0) curve.push(await held());
    }
    console.log(`      MB after every fourth text: ${curve.map((bytes) => (bytes / MB).toFixed(0)).join(" ")}`);
    // 24 MB of answers, and what the page is besides.
    expect(curve.at(-1)).toBeLessThan(64 * MB);
    // The roof is reached, and stays.
    expect(curve.at(-1)! - curve[Math.floor(curve.length / 2)]).toBeLessThan(24 * MB);
  });
}
