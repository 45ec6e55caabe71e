// WebGPU on the browser's software adapter: the same numbers as the CPU and as the native reference, for the questions of
// every figure in small, and for every model that the site ships.
import { expect, test, type Page } from "@playwright/test";
import { SOFTWARE_GPU, shellOptions } from "./chrome.mjs";
import { job, stretch } from "./jobs.mjs";
import { expectReference, firstTrainings, shippedModels } from "./golden";
import { Explainer, FIGURES, site, stop } from "./page";

declare global {
  /** What the page talks to a worker through: assets/start.js. */
  const AlibiEngine: { prototype: { postMessage(this: unknown, data: { body?: { Run?: object } }): void } };
  interface Window {
    /** The first question of a run, as JSON. */
    asked?: string;
  }
}

test.use({ launchOptions: shellOptions(SOFTWARE_GPU) });

/** What the engine is asked: src/protocol/task.rs. */
interface Question {
  model: string;
  stream?: string;
  text?: string;
  task: string | Record<string, object>;
  change?: string | Record<string, number>;
}

type Protocol = "Nonoverlapping" | { Sliding: { stride: number } };

/** A question about losses. */
const score = (model: string, length: number, targets: number, rest: { change?: Question["change"]; protocol?: Protocol } = {}): Question =>
  job(model, { Score: stretch(length, targets, rest.protocol) }, { change: rest.change ?? "None" });

interface Scored {
  blocks: { nll: number; n_targets: number }[];
  engine: string;
  words: string[];
  /** Further numbers, by task. */
  values: number[];
}

/** Asks a worker of its own, as the page's client would: the questions one after another, each of both engines. */
async function ask(page: Page, questions: Question[]): Promise<{ cpu: Scored; gpu: Scored }[]> {
  return page.evaluate(
    async ([base, questions]) => {
      const worker = new Worker(base + alibiFile("assets/worker_loader.js"), { type: "module" });
      const answer = (id: number, body: object) =>
        new Promise<Scored>((resolve, reject) => {
          worker.onerror = (event) => reject(new Error(event.message));
          worker.onmessage = ({ data }) => {
            if (data.id !== id) return;
            const { Scored: scored, Failed: failed } = data.body;
            if (failed) reject(new Error(JSON.stringify(failed)));
            else if (data.body === "Ready") resolve({ blocks: [], engine: "", words: [], values: [] });
            else if (scored) resolve({ ...scored, values: [...new Float32Array(Uint8Array.from(scored.numbers).buffer)] });
          };
          worker.postMessage({ id, body });
        });
      await answer(1, { Configure: { base } });
      let id = 1;
      const answers = [];
      for (const question of questions) {
        const of = (engine: string) => answer((id += 1), { Run: { ...question, engine } });
        answers.push({ cpu: await of("cpu"), gpu: await of("gpu") });
      }
      worker.terminate();
      return answers;
    },
    [site(), questions] as const,
  );
}

/** Both engines have scored the same targets, and their mean losses agree to 1e-3 nats, block by block. */
function expectEqual(what: string, { cpu, gpu }: { cpu: Scored; gpu: Scored }): void {
  expect([cpu.engine, gpu.engine], what).toEqual(["cpu", "gpu"]);
  expect(gpu.blocks.map((b) => b.n_targets)).toEqual(cpu.blocks.map((b) => b.n_targets));
  gpu.blocks.forEach((block, i) => {
    const difference = (block.nll - cpu.blocks[i].nll) / block.n_targets;
    expect(Math.abs(difference), `${what}, block ${i}: nats per token`).toBeLessThan(1e-3);
  });
}

/** What each figure that computes asks of an engine, in small; several where it asks in several ways. */
const QUESTIONS: Record<string, Question[]> = {
  extrapolation: [...firstTrainings().map((id) => score(id, 512, 512)), score("none-256", 128, 512)],
  perplexity: [score("alibi-256", 1024, 1024), score("rotary-256", 64, 64, { protocol: { Sliding: { stride: 8 } } })],
  "train-short": [score("alibi-64", 256, 512)],
  "early-tokens": [
    job("alibi-256", { ScoreByPosition: stretch(128, 512) }), score("t5-256", 64, 64, { protocol: { Sliding: { stride: 8 } } }),
  ],
  cost: [score("t5-256", 512, 512)],
  "what-if": [
    score("alibi-256", 512, 512, { change: { Window: 256 } }),
    score("alibi-256", 256, 256, { change: { SlopesOf: 16 } }),
    score("rotary-256", 512, 512, { change: "Interpolate" }),
    score("sinusoidal-256", 512, 512, { change: "LogN" }),
  ],
};

for (const [id, questions] of Object.entries(QUESTIONS)) {
  test(`GPU and CPU agree on what ${id} asks`, async ({ page }) => {
    const explainer = new Explainer(page);
    await explainer.open(`?embed=${id}`);
    for (const [i, both] of (await ask(page, questions)).entries()) {
      const what = JSON.stringify(questions[i]);
      expectEqual(what, both);
      expect(both.cpu.blocks.length, what).toBeGreaterThan(0);
      // By position: losses, then counts.
      expect(both.gpu.values.length).toBe(both.cpu.values.length);
      both.gpu.values.forEach((value, j) => expect(Math.abs(value - both.cpu.values[j]), `${what}, value ${j}`).toBeLessThan(1e-2));
      const { ScoreByPosition: positions } = questions[i].task as Record<string, { length: number }>;
      expect(both.cpu.values.length, what).toBe(positions ? 2 * positions.length : 0);
    }
    expect(explainer.watch.errors).toEqual([]);
  });
}

/** What figures ask that the CPU answers whichever engine was chosen. */
const CPU_ONLY: Record<string, Question> = {
  reach: job("alibi-256", { Spread: { length: 256, n_inputs: 1, first_end: 18432 } }),
  attention: job("alibi-256", { Attend: { length: 256, layer: 0 } }, { stream: "own:1", text: "We the people" }),
  generate: job(
    "alibi-256", { Generate: { n_prompt: 256, n_new: 8, temperature: 0.8, top_k: 50, seed: 1 } }, { stream: "own:1", text: "We the people" },
  ),
  cost: job("alibi-256", { ScoreInFull: stretch(512, 512) }),
};

for (const [id, question] of Object.entries(CPU_ONLY)) {
  test(`the CPU answers what ${id} asks, whichever engine was chosen`, async ({ page }) => {
    const explainer = new Explainer(page);
    await explainer.open(`?embed=${id}`);
    const [{ cpu, gpu }] = await ask(page, [question]);
    expect([cpu.engine, gpu.engine]).toEqual(["cpu", "cpu"]);
    expect(cpu.values.length + cpu.blocks.length).toBeGreaterThan(0);
    expect([gpu.values, gpu.words, gpu.blocks]).toEqual([cpu.values, cpu.words, cpu.blocks]);
  });
}

// What a figure asks that has no entry above: the first question of its run. Not verify, which has its own test, nor train,
// whose run asks the trainers, which have no GPU.
for (const id of FIGURES.filter((f) => f !== "verify" && f !== "train" && f !== "recall" && !(f in QUESTIONS) && !(f in CPU_ONLY))) {
  test(`GPU and CPU agree on what ${id} asks first, if it asks anything`, async ({ page }) => {
    const explainer = new Explainer(page);
    await explainer.open(`?embed=${id}&engine=cpu`);
    await explainer.figure(id).near();
    if ((await explainer.figure(id).control("run").count()) === 0) return;
    await page.evaluate(() => {
      const post = AlibiEngine.prototype.postMessage;
      AlibiEngine.prototype.postMessage = function (data) {
        if (data.body?.Run) window.asked ??= JSON.stringify(data.body.Run);
        return post.call(this, data);
      };
    });
    await explainer.figure(id).control("run").click();
    await page.waitForFunction(() => window.asked, undefined, { timeout: 30_000 });
    const question: Question = JSON.parse((await page.evaluate(() => window.asked))!);
    await stop(explainer.figure(id).root);
    // No more targets than one input has, or 512.
    for (const part of Object.values(question.task) as { length?: number; n_targets?: number }[]) {
      if (part.n_targets) part.n_targets = Math.min(part.n_targets, Math.max(part.length ?? 0, 512));
    }
    const [both] = await ask(page, [question]);
    expect(both.cpu.values.length + both.cpu.blocks.length).toBeGreaterThan(0);
    if (both.gpu.engine === "gpu") expectEqual(JSON.stringify(question), both);
    else expect([both.gpu.values, both.gpu.words, both.gpu.blocks]).toEqual([both.cpu.values, both.cpu.words, both.cpu.blocks]);
  });
}

test("verify: the GPU agrees with the recorded reference, and is said to have answered", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=verify&engine=gpu&verify-models=alibi-256,rotary-256");
  const figure = explainer.figure("verify");
  await figure.runs();
  expect(await figure.finding()).toContain("agrees");
  const rows = await figure.rows("verify");
  expect(rows.map((row) => row[0])).toEqual(["rotary-256", "alibi-256"]);
  for (const row of rows) {
    expect(row.join()).toContain("GPU");
    expect(Number(row[1])).toBeLessThan(1e-3);
    // Losses alone are read back from a GPU.
    expect(row[2]).toBe("–");
  }
});

test("the three default models at 256 tokens on the GPU equal the native reference", async ({ page }) => {
  await expectDefaults(page, [256], 100_000);
});

test("the three default models to 1,024 tokens on the GPU equal the native reference @long", async ({ page }) => {
  test.setTimeout(20 * 60_000);
  await expectDefaults(page, [32, 64, 128, 256, 512, 1024], 19 * 60_000);
});

/** Runs the laboratory on the GPU and holds it to the native reference. */
async function expectDefaults(page: Page, lengths: number[], timeout: number): Promise<void> {
  const explainer = new Explainer(page);
  await explainer.open(`?v=1&engine=gpu&lengths=${lengths}&targets=2048`);
  const figure = explainer.figure("perplexity");
  await figure.runs(timeout);
  const points = await figure.csv();
  expect(points.length).toBe(3 * lengths.length);
  for (const point of points) {
    expect(point.source).toBe("gpu");
    expectReference(point, 2048);
  }
  await expect(figure.root.locator('[data-engine="gpu"]').first()).toBeVisible();
}

// Every model that the site ships; the native tests hold all methods, trained or not.
for (const id of shippedModels()) {
  test(`GPU and CPU agree: ${id} @long`, async ({ page }) => {
    test.setTimeout(5 * 60_000);
    const explainer = new Explainer(page);
    await explainer.open("?embed=slopes");
    const lengths = [256, 1024];
    const questions = lengths.map((length) => score(id, length, 2048));
    for (const [i, both] of (await ask(page, questions)).entries()) expectEqual(`${id} at ${lengths[i]}`, both);
    expect(explainer.watch.errors).toEqual([]);
  });
}

test("auto leaves a software adapter alone, and says so", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=auto&lengths=32&targets=2048&models=alibi-256");
  const figure = explainer.figure("perplexity");
  await figure.runs();
  await expect(figure.control("notice").first()).toContainText(/software/i);
  expect((await figure.csv())[0].source).toBe("cpu");
});
