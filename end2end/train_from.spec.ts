// Training from a model that has learned already: this page's, with other positions put in, and one from a file.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

interface Curve { tokens: number; points: [number, number][] }
interface Healed { cases: { from: string; course: { method: string; losses: number[]; curves: Curve[] } }[] }
const healed = JSON.parse(readFileSync("assets/models/healed.json", "utf8")) as Healed;

async function opened(page: Page, query: string): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=train${query}`);
  const figure = explainer.figure("train");
  await figure.near();
  return { explainer, figure };
}

const numbers = (rows: string[][], column: number) => rows.map((row) => Number(row[column].replace(/,/g, "")));
const shown = (curve: Curve) => curve.points.map(([, p]) => Number(p.toPrecision(4)));

test("a model whose positions give way: what is recorded of it, and a note where nothing is", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&train-methods=alibi");
  await figure.set("train-from", "rotary-256");
  await expect(figure.control("train-follows")).toContainText("256 tokens");
  await expect(figure.control("train-size")).toHaveCount(0);
  await expect(figure.control("source")).toContainText("ALiBi in the place of Rotary");
  await expect(figure.control("finding")).toContainText("right after the cut");
  const { course } = healed.cases.find((c) => c.from === "rotary-256" && c.course.method === "alibi")!;
  const rows = await figure.rows("train-curve");
  expect(rows.map((row) => row[0])).toEqual(["256", "512", "1,024", "2,048", "4,096"]);
  expect(numbers(rows, 1)).toEqual(shown(course.curves.at(-1)!));
  expect(numbers(rows, 3)).toEqual(shown(course.curves[0]));
  await figure.set("train-from", "t5-256");
  await expect(figure.control("source")).toContainText("Nothing is recorded for ALiBi in the place of T5 bias");
  const link = await page.getByTestId("full-page").getAttribute("href");
  expect(new URL(link!).searchParams.get("train-from")).toBe("t5-256");
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("positions are cut out of a model here: it is measured before its first step, and heals", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&train-methods=alibi&train-from=sinusoidal-256&train-tokens=6144");
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 120_000 });
  await expect(figure.control("source")).toContainText("Trained in your browser");
  const { course } = healed.cases.find((c) => c.from === "sinusoidal-256" && c.course.method === "alibi")!;
  const rows = await figure.rows("train-curve");
  // Right after the cut it is the native one, over fewer tokens; before, it is the model of the page.
  numbers(rows, 3).forEach((p, i) => expect(Math.abs(p / course.curves[0].points[i][1] - 1)).toBeLessThan(0.1));
  expect(numbers(rows, 2)[0]).toBeCloseTo(17.23, 2);
  expect(numbers(rows, 1)[0]).toBeLessThan(numbers(rows, 3)[0] - 2);
  const losses = await figure.rows("train-loss");
  expect(losses.length).toBe(3);
  expect(Math.abs(numbers(losses, 1)[0] - course.losses[0])).toBeLessThan(2e-3);
  await expect(figure.control("finding")).toContainText("after 6,144 tokens of training");
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a file of weights: what is none is said, what is one is trained on", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&train-methods=alibi&train-from=file&train-tokens=4096&train-length=64");
  await expect(figure.control("run")).toHaveAttribute("aria-disabled", "true");
  const file = figure.control("train-file");
  await file.setInputFiles({ name: "essay.txt", mimeType: "text/plain", buffer: Buffer.from("The people of the United States") });
  await expect(figure.control("train-file-status")).toContainText("essay.txt is not a file of weights");
  await expect(figure.control("run")).toHaveAttribute("aria-disabled", "true");
  // A header of nothing: only its trainer can tell.
  await file.setInputFiles({ name: "empty.safetensors", mimeType: "", buffer: Buffer.from([2, 0, 0, 0, 0, 0, 0, 0, 123, 125]) });
  await figure.control("run").click();
  await expect(figure.control("ended")).toContainText("Choose a file that you saved under");
  await file.setInputFiles("assets/models/alibi-64.safetensors");
  await expect(figure.control("train-file-status")).toContainText("Training starts from alibi-64.safetensors");
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  // It had learned: no drawn model begins so low.
  expect(numbers(await figure.rows("train-loss"), 1)[0]).toBeLessThan(4);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a file that is cut is named as the reason, not what it leads to", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&train-methods=alibi&train-from=file&train-tokens=4096&train-length=64");
  const whole = readFileSync("assets/models/alibi-64.safetensors");
  await figure.control("train-file").setInputFiles({ name: "cut.safetensors", mimeType: "", buffer: whole.subarray(0, whole.length >> 1) });
  await figure.control("run").click();
  await expect(figure.control("ended")).toContainText("not a complete safetensors file");
  await expect(figure.control("ended")).not.toContainText("no model is at hand");
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});
