// The trainer in a real browser: nothing of it is fetched before it is asked for, its losses are the native trainer's, it
// hears a pause in the midst of a step; and what a minute of it gives.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { site } from "./page";

type Told = { kind: string; value: any; size: number };
interface Plan {
  method: string; train_length: number; size: string; seed: number; n_tokens: number; text: string; from: string; state_every: number;
}
interface Golden { plan: Plan; steps: number; losses: Record<string, number[]> }
const golden = JSON.parse(readFileSync("end2end/trainer/golden.json", "utf8")) as Golden;
const FILES = ["trainer.js", "trainer_relaxed.js", "trainer_relaxed_bg.wasm"];

/** Puts `trainer(n)` into the page: n workers that train, each with `say` and `next`. */
async function open(page: Page) {
  await page.goto(site());
  await page.waitForFunction(() => "AlibiEngine" in globalThis);
  await page.evaluate(() => {
    const made = () => {
      const engine = new (globalThis as any).AlibiEngine(document.baseURI, false, "trainer");
      const told: any[] = [];
      let wake = () => {};
      engine.onmessage = ({ data }: MessageEvent) => {
        const [kind, value] = typeof data.told === "string" ? [data.told, null] : Object.entries(data.told)[0];
        told.push({ kind, value, size: data.bytes.length });
        wake();
      };
      for (const bad of ["onerror", "onlate", "onsilence", "onalone"]) {
        engine[bad] = (event: any) => {
          told.push({ kind: "Failed", value: `${bad} ${event?.message ?? ""}`, size: 0 });
          wake();
        };
      }
      const say = (ask: unknown) => engine.postMessage({ ask, bytes: new Uint8Array() });
      const next = async (kinds: string[], keep = (_: any) => {}) => {
        for (;;) {
          while (told.length) {
            const one = told.shift();
            if (["Failed", "NotFinite"].includes(one.kind)) throw new Error(JSON.stringify(one.value));
            keep(one);
            if (kinds.includes(one.kind)) return one;
          }
          await new Promise<void>((resolve) => (wake = resolve));
        }
      };
      say({ Configure: { base: document.baseURI } });
      return { say, next, engine };
    };
    (globalThis as any).trainers = [];
    (globalThis as any).trainer = (n: number) => ((globalThis as any).trainers[n] ??= made());
  });
}

/** Trains by a plan to its end; every loss, tokens per second over all steps, and seconds from the asking. */
const train = (page: Page, n: number, plan: Plan) =>
  page.evaluate(async ([n, plan]) => {
    const { say, next } = (globalThis as any).trainer(n);
    const begin = performance.now();
    const losses: number[] = [];
    let [tokens, spent, step] = [0, 0, 0];
    say({ Start: plan });
    const { value } = await next(["Resting"], ({ kind, value }: Told) => {
      if (kind !== "Progress") return;
      losses.push(...value.losses);
      const each = value.step - step;
      step = value.step;
      spent += each / value.tokens_per_second;
      tokens += each;
    });
    return { losses, rate: tokens / spent, seconds: (performance.now() - begin) / 1000, done: value.done as boolean };
  }, [n, plan] as const);

/** Perplexities of the model of a worker at these lengths. */
const curve = (page: Page, n: number, lengths: number[], targets: number) =>
  page.evaluate(async ([n, lengths, n_targets]) => {
    const { say, next } = (globalThis as any).trainer(n);
    const found: number[] = [];
    for (const length of lengths) {
      const task = { Score: { protocol: "Nonoverlapping", length, first: 16_384, n_targets } };
      const job = { model: "", stream: "held-out", engine: "cpu", change: "None", task };
      say({ Answer: { id: length, job } });
      let answer;
      do answer = await next(["Answer"]); while (!answer.value.body.Scored);
      const blocks: { nll: number; n_targets: number }[] = answer.value.body.Scored.blocks;
      const sum = (of: (b: { nll: number; n_targets: number }) => number) => blocks.reduce((all, b) => all + of(b), 0);
      found.push(Math.exp(sum((b) => b.nll) / sum((b) => b.n_targets)));
    }
    return found;
  }, [n, lengths, targets] as const);

test("nothing of the trainer is fetched before it is asked for", async ({ page }) => {
  const fetched: string[] = [];
  page.on("request", (request) => fetched.push(request.url()));
  await open(page);
  const named = () => FILES.map((file) => file.replace(".", "[-.0-9a-f]*\\.")).filter((file) => fetched.some((url) => new RegExp(`/${file}$`).test(url)));
  expect(named()).toEqual([]);
  await train(page, 0, { ...golden.plan, method: "alibi", n_tokens: 2_048 });
  expect(named().length).toBe(3);
});

test("the first losses of a training are the native trainer's", async ({ page }) => {
  await open(page);
  for (const method of ["alibi", "rotary"]) {
    const { losses } = await page.evaluate(async ([plan, n]) => {
      const { say, next } = (globalThis as any).trainer(0);
      const losses: number[] = [];
      say({ Start: plan });
      while (losses.length < n) losses.push(...(await next(["Progress"])).value.losses);
      say("Stop");
      const { size } = await next(["Resting"]);
      return { losses, size };
    }, [{ ...golden.plan, method }, golden.steps] as const);
    const worst = Math.max(...golden.losses[method].map((wanted, step) => Math.abs(losses[step] / wanted - 1)));
    expect(worst, method).toBeLessThan(1e-5);
  }
});

test("a pause is heard in the midst of a long step", async ({ page }) => {
  await open(page);
  const waits = await page.evaluate(async (plan) => {
    const { say, next } = (globalThis as any).trainer(0);
    say({ Start: plan });
    await next(["Progress"]);
    const waits: number[] = [];
    for (const pause of [170, 290, 410]) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      const asked = performance.now();
      say("Pause");
      await next(["Resting"]);
      waits.push(performance.now() - asked);
      say("GoOn");
      await next(["Going"]);
    }
    return waits;
  }, { ...golden.plan, method: "alibi", size: "default", train_length: 256, n_tokens: 1_000_000 });
  console.log(`      a pause is heard after ${waits.map((ms) => ms.toFixed(0)).join(", ")} ms`);
  expect(Math.max(...waits)).toBeLessThan(200);
});

test("a minute of training shows what happens past the training length @long", async ({ page }) => {
  test.setTimeout(240_000);
  await open(page);
  const begin = performance.now();
  const methods = ["sinusoidal", "alibi"];
  const runs = await Promise.all(methods.map((method, n) => train(page, n, { ...golden.plan, method })));
  const lengths = [32, 64, 128, 256, 512];
  const curves = await Promise.all(methods.map((_, n) => curve(page, n, lengths, 16_384)));
  const seconds = (performance.now() - begin) / 1000;
  methods.forEach((method, n) => console.log(`      ${method}: ${runs[n].done}, perplexity ${curves[n].map((p) => p.toFixed(2)).join(", ")} at ${lengths.join(", ")}`));
  console.log(`      after ${seconds.toFixed(1)} s`);
  const grows = ([first, ...rest]: number[]) => rest[rest.length - 1] / first;
  expect(grows(curves[0])).toBeGreaterThan(1.5);
  expect(grows(curves[1])).toBeLessThan(1.03);
  expect(seconds).toBeLessThan(60);
});

test("two workers train nearly twice as fast as one @long", async ({ page }) => {
  test.setTimeout(240_000);
  await open(page);
  const plan = { ...golden.plan, method: "alibi", size: "default", train_length: 256, n_tokens: 32 * 2_048 };
  await train(page, 0, { ...plan, n_tokens: 2_048 });
  const speed = async (workers: number[]) => {
    const runs = await Promise.all(workers.map((n) => train(page, n, plan)));
    return runs.reduce((all, { rate }) => all + rate, 0);
  };
  const [one, two] = [await speed([0]), await speed([0, 1])];
  console.log(`      tokens per second: ${one.toFixed(0)} of one worker, ${two.toFixed(0)} of two`);
  expect(two / one).toBeGreaterThan(1.8);
});
