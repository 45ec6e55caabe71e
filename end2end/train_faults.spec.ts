// What ends a training that its reader did not end: a trainer that is gone, a loss that is no number.
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

async function opened(page: Page, query: string): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=train${query}`);
  const figure = explainer.figure("train");
  await figure.near();
  return figure;
}

/** Before the script of the first trainer that is asked for. */
async function inFirst(page: Page, script: string): Promise<void> {
  let first = true;
  await page.route(/worker_loader[^/]*\.js\?.*bin=trainer/, async (route) => {
    // Both are asked for at once.
    const begins = first ? `${script};\n` : "";
    first = false;
    const response = await route.fetch();
    await route.fulfill({ response, body: begins + (await response.text()) });
  });
}

/** In a trainer: what is to happen once a state has been told. */
const AFTER_STATE = (what: string) => `{
  const say = self.postMessage;
  self.postMessage = function (message, ...rest) {
    const bytes = message?.told?.State && message.bytes.slice();
    say.call(self, message, ...rest);
    if (bytes) { ${what} }
  };
}`;

/** Trains, and asks for a checkpoint by pausing. */
async function paused(figure: Figure): Promise<void> {
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("left");
  await figure.control("pause").click();
  await expect(figure.control("status")).toContainText("Paused");
}

test("a trainer killed in the midst of it is said, the other goes on, and so does the first from its checkpoint", async ({ page }) => {
  const query = "&train-tokens=49152&train-seed=7";
  const whole = await opened(page, query);
  await whole.control("run").click();
  await expect(whole.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  const losses = await whole.rows("train-loss");
  await inFirst(page, AFTER_STATE(`self.addEventListener("message", ({ data }) => { if (data?.ask === "GoOn") self.close(); });`));
  const figure = await opened(page, query);
  await paused(figure);
  await figure.control("pause").click();
  await expect(figure.control("lost")).toHaveCount(1);
  await expect(figure.control("lost")).toContainText(/(Sinusoidal|ALiBi): its trainer has stopped working .*Its last checkpoint is from [\d,]+ tokens\./);
  await figure.control("lost").getByRole("button").click();
  await expect(figure.control("lost")).toHaveCount(0);
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  expect(await figure.rows("train-loss")).toEqual(losses);
});

test("a loss that is no number ends its model with a sentence, and the other goes on", async ({ page }) => {
  // Finds a parameter in the trainer's memory by its values, and makes what follows it too large to multiply.
  await inFirst(page, `{
    const made = (name) => {
      const start = WebAssembly[name];
      WebAssembly[name] = async (...given) => {
        const started = await start.apply(WebAssembly, given);
        const { memory } = (started.instance ?? started).exports;
        if (memory) globalThis.held = memory;
        return started;
      };
    };
    made("instantiate");
    made("instantiateStreaming");
  }` + AFTER_STATE(`
    const head = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + head)));
    const all = new Float32Array(held.buffer);
    for (const [name, { data_offsets }] of Object.entries(header).filter(([, t]) => t.data_offsets)) {
      const [from, to] = data_offsets.map((at) => 8 + head + at);
      const values = new Float32Array(bytes.slice(from, to).buffer);
      if (values.length < 1000 || !name.startsWith("value.")) continue;
      for (let at = all.indexOf(values[0]); at >= 0; at = all.indexOf(values[0], at + 1))
        if (values.subarray(0, 64).every((v, i) => Object.is(all[at + i], v))) all.fill(3e38, at, at + values.length);
    }`));
  const figure = await opened(page, "&train-tokens=24576");
  await paused(figure);
  await figure.control("pause").click();
  await expect(figure.control("ended")).toContainText(/(Sinusoidal|ALiBi): the loss stopped being a number after [\d,]+ tokens/);
  await expect(figure.control("ended")).toHaveCount(1);
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  await expect(figure.control("finding")).toContainText("After 24,576 tokens of training, perplexity of");
});

test("a trainer that never starts is said, and the other one goes on to its end", async ({ page }) => {
  let first = true;
  await page.route(/worker_loader[^/]*\.js\?.*bin=trainer/, (route) => {
    if (!first) return;
    first = false;
    return route.continue();
  });
  const figure = await opened(page, "&train-tokens=49152&train-seed=7");
  // Thirty seconds are told by the engine that waits.
  await page.evaluate(() => {
    const engines: { postMessage: unknown; onlate?: () => void }[] = [];
    const { AlibiEngine } = globalThis as any;
    const post = AlibiEngine.prototype.postMessage;
    AlibiEngine.prototype.postMessage = function (...given: unknown[]) {
      if (!engines.includes(this)) engines.push(this);
      return post.apply(this, given);
    };
    Object.assign(globalThis, { engines });
  });
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("left");
  await page.evaluate(() => (globalThis as any).engines[1].onlate());
  await expect(figure.control("failure")).toContainText(/(Sinusoidal|ALiBi): The trainer did not start within 30 seconds\..* The other one goes on\./);
  // One has failed; the other has done all.
  await expect(figure.control("status")).not.toContainText("left", { timeout: 60_000 });
  await expect(figure.root).toHaveAttribute("data-state", "failed");
  const last = (await figure.rows("train-loss")).at(-1)!;
  expect(last[0]).toBe("49,152");
  expect(last.slice(1).filter((loss) => loss !== "–").length).toBe(1);
});
