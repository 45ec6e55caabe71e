// WebGPU on the browser's software adapter: the same numbers as the CPU and as the native reference, for the questions of
// every figure in small, and for every model that the site ships.
import { expect, test, type Page } from "@playwright/test";
import { SOFTWARE_GPU, launchOptions } from "./chrome.mjs";
import { expectReference, shippedModels } from "./golden";
import { Explainer, site } from "./page";

test.use({ launchOptions: launchOptions(SOFTWARE_GPU) });

/** What the engine is asked: src/protocol.rs. */
interface Question {
  model: string;
  length: number;
  n_targets: number;
  first_target?: number;
  stream?: string;
  text?: string;
  protocol?: "Nonoverlapping" | { Sliding: { stride: number } };
  task?: string | Record<string, object>;
  change?: string | Record<string, number>;
}

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
        const body = { stream: "held-out", protocol: "Nonoverlapping", first_target: 16384, task: "Score", change: "None", ...question };
        const of = (engine: string) => answer((id += 1), { Evaluate: { ...body, engine } });
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
  extrapolation: [
    { model: "sinusoidal-256", length: 512, n_targets: 512 }, { model: "none-256", length: 128, n_targets: 512 },
    { model: "trainable-256", length: 512, n_targets: 512 },
  ],
  perplexity: [
    { model: "alibi-256", length: 1024, n_targets: 1024 },
    { model: "rotary-256", length: 64, n_targets: 64, protocol: { Sliding: { stride: 8 } } },
  ],
  "train-short": [{ model: "alibi-64", length: 256, n_targets: 512 }],
  "early-tokens": [
    { model: "alibi-256", length: 128, n_targets: 512, task: "ScoreByPosition" },
    { model: "t5-256", length: 64, n_targets: 64, protocol: { Sliding: { stride: 8 } } },
  ],
  cost: [{ model: "t5-256", length: 512, n_targets: 512 }],
  "what-if": [
    { model: "alibi-256", length: 512, n_targets: 512, change: { Window: 256 } },
    { model: "alibi-256", length: 256, n_targets: 256, change: { SlopesOf: 16 } },
    { model: "rotary-256", length: 512, n_targets: 512, change: "Interpolate" },
    { model: "sinusoidal-256", length: 512, n_targets: 512, change: "LogN" },
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
      if (questions[i].task) expect(both.cpu.values.length).toBe(2 * questions[i].length);
    }
    expect(explainer.watch.errors).toEqual([]);
  });
}

/** What figures ask that the CPU answers whichever engine was chosen. */
const CPU_ONLY: Record<string, Question> = {
  reach: { model: "alibi-256", length: 256, n_targets: 1, first_target: 18432, task: "Spread" },
  attention: { model: "alibi-256", stream: "own:1", text: "We the people", length: 256, n_targets: 0, first_target: 0, task: { Attend: { layer: 0 } } },
  generate: {
    model: "alibi-256", stream: "own:1", text: "We the people", length: 256, n_targets: 8, first_target: 0,
    task: { Generate: { temperature: 0.8, top_k: 50, seed: 1 } },
  },
  cost: { model: "alibi-256", length: 512, n_targets: 512, task: "ScoreInFull" },
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
    const questions = [256, 1024].map((length) => ({ model: id, length, n_targets: 2048 }));
    for (const [i, both] of (await ask(page, questions)).entries()) expectEqual(`${id} at ${questions[i].length}`, both);
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
