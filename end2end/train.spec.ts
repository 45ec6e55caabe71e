// The figure that trains: a recorded training at first, then the reader's own, to its end, paused, stopped, and where it cannot be.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, site, type Figure } from "./page";

interface Trained { courses: { method: string; losses: number[]; curves: { tokens: number; points: [number, number][] }[] }[] }
const recorded = JSON.parse(readFileSync("assets/models/trained.json", "utf8")) as Trained;

async function opened(page: Page, query = ""): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=train${query}`);
  const figure = explainer.figure("train");
  await figure.near();
  return { explainer, figure };
}

const numbers = (rows: string[][], column: number) => rows.map((row) => Number(row[column].replace(/,/g, "")));

test("a reader who clicks nothing sees a recorded training and is told so", async ({ page }) => {
  const { figure } = await opened(page);
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  await expect(figure.control("source")).toContainText("This is a recorded training");
  const rows = await figure.rows("train-curve");
  recorded.courses.forEach(({ curves }, i) => expect(numbers(rows, i + 1)).toEqual(curves.at(-1)!.points.map(([, p]) => Number(p.toFixed(2)))));
  const losses = await figure.rows("train-loss");
  expect(Number(losses[0][1])).toBeGreaterThan(Number(losses.at(-1)![1]) + 1);
});

test("a short training ends: losses fall, curves stand, each model writes, the weights can be had", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&train-tokens=24576");
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "running");
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 40_000 });
  await expect(figure.control("source")).toContainText("Trained in your browser");
  const losses = await figure.rows("train-loss");
  expect(losses.length).toBe(24);
  for (const column of [1, 2]) {
    // The first steps are native training's, whose losses are recorded (another schedule).
    expect(numbers(losses, column)[0]).toBeCloseTo(recorded.courses[column - 1].losses[0], 3);
    expect(numbers(losses, column).at(-1)!).toBeLessThan(numbers(losses, column)[0] - 0.5);
  }
  const curve = await figure.rows("train-curve");
  expect(curve.map((row) => row[0])).toEqual(["32", "64", "128", "256", "512"]);
  for (const column of [1, 2]) for (const p of numbers(curve, column)) expect(p).toBeGreaterThan(10);
  await expect(figure.control("finding")).toContainText("After 24,576 tokens of training, perplexity of Sinusoidal goes from");
  await expect(figure.control("train-line")).toHaveCount(2);
  const [download] = await Promise.all([page.waitForEvent("download"), figure.control("weights-alibi").click()]);
  expect(download.suggestedFilename()).toBe("alibi-32-24576.safetensors");
  const file = readFileSync(await download.path());
  const header = JSON.parse(file.subarray(8, 8 + Number(file.readBigUInt64LE(0))).toString("utf8"));
  const values = Object.entries(header).filter(([name]) => name !== "__metadata__").map(([, t]) => (t as { shape: number[] }).shape.reduce((a, b) => a * b, 1));
  expect(values.reduce((a, b) => a + b, 0)).toBe(165_632);
  await figure.control("longer").click();
  await expect(figure.root).toHaveAttribute("data-state", "running");
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 40_000 });
  await expect(figure.control("finding")).toContainText("After 49,152 tokens");
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("in a hidden tab a training goes on to its end, as the page says", async ({ page }) => {
  const { figure } = await opened(page, "&train-tokens=49152");
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("left");
  await expect(figure.control("source")).toContainText("In a hidden tab the training goes on.");
  // What a browser does to a tab behind others: it draws nothing, and its timers ring once a second at most.
  await page.evaluate(() => {
    const later = globalThis.setTimeout;
    globalThis.requestAnimationFrame = () => 0;
    globalThis.setTimeout = ((what: () => void, ms = 0, ...rest: unknown[]) => later(what, Math.max(ms, 1000), ...rest)) as typeof setTimeout;
    Object.defineProperties(document, { visibilityState: { get: () => "hidden" }, hidden: { get: () => true } });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  await expect(figure.control("finding")).toContainText("After 49,152 tokens of training");
});

test("a training pauses at once, goes on, and stops with what it has", async ({ page }) => {
  const { figure } = await opened(page, "&train-methods=alibi&train-tokens=2000000");
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("left");
  const waited = await figure.root.evaluate((root) => new Promise<number>((resolve) => {
    const begin = performance.now();
    new MutationObserver(() => {
      if (root.getAttribute("data-state") === "idle") resolve(performance.now() - begin);
    }).observe(root, { attributes: true, attributeFilter: ["data-state"] });
    root.querySelector<HTMLButtonElement>('[data-testid="pause"]')!.click();
  }));
  console.log(`      paused after ${waited.toFixed(0)} ms`);
  expect(waited).toBeLessThan(200);
  await expect(figure.control("status")).toContainText("Paused");
  await expect(figure.control("pause")).toHaveText("Go on");
  await figure.control("pause").click();
  await expect(figure.root).toHaveAttribute("data-state", "running");
  await expect(figure.control("status")).toContainText("left");
  await figure.control("stop").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 20_000 });
  await expect(figure.control("pause")).toHaveText("Go on");
  expect((await figure.rows("train-curve")).length).toBe(5);
});

test("a third method takes the place of the first, and the address keeps the choice", async ({ page }) => {
  const { explainer, figure } = await opened(page);
  await figure.tick("train-methods-rotary", true);
  await expect(figure.control("train-methods-sinusoidal")).not.toBeChecked();
  await figure.set("train-length", "64");
  await figure.set("train-size", "small");
  const link = await page.getByTestId("full-page").getAttribute("href");
  const written = new URL(link!).searchParams;
  expect(["train-methods", "train-length", "train-size"].map((key) => written.get(key))).toEqual(["alibi,rotary", "64", "small"]);
  await explainer.open(`?embed=train&${written}`);
  await expect(explainer.figure("train").control("train-methods-rotary")).toBeChecked();
  await expect(explainer.figure("train").control("train-methods-sinusoidal")).not.toBeChecked();
});

test("a sandboxed frame says that it cannot train and leads to the page that can", async ({ page }) => {
  await page.goto(process.env.BLOG!);
  await page.evaluate((src) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src, width: "800", height: "1600" });
    frame.setAttribute("sandbox", "allow-scripts");
    document.body.append(frame);
  }, `${site()}?v=1&embed=train&train-length=64`);
  const root = page.frameLocator("iframe").locator('figure[data-figure="train"]');
  await root.getByTestId("run").click();
  const link = root.getByTestId("alone").getByRole("link");
  await expect(link).toHaveAttribute("href", /train-length=64.*#train$/);
  await expect(root.getByTestId("source")).toContainText("This is a recorded training");
});

test("a trainer that is lost is said, and can be tried again", async ({ page }) => {
  await page.route(/\/trainer[-.\w]*\.js/, (route) => route.abort());
  const { figure } = await opened(page, "&train-methods=alibi&train-tokens=2048");
  await figure.control("run").click();
  await expect(figure.control("failure")).toContainText("The trainer has stopped working");
  await expect(figure.root).toHaveAttribute("data-state", "failed");
  await page.unroute(/\/trainer[-.\w]*\.js/);
  await figure.control("retry").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 30_000 });
});
