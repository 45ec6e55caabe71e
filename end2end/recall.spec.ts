// The figure that asks for a value far back: recorded counts at first, then the same counts computed in this browser.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

interface Point { distance: number; right: number; close: number }
const ASKED = 1_200;
const rows = readFileSync("assets/models/recall.csv", "utf8").trim().split("\n").slice(2).map((line) => line.split(","));
const methods = [...new Set(rows.map(([method]) => method))];
const points = (method: string): Point[] =>
  rows.filter((row) => row[0] === method).map(([, distance, right, close]) => ({ distance: Number(distance), right: Number(right), close: Number(close) }));
/** How far a share is from what was counted, in right answers: the page rounds it to a tenth of a per cent, 1.2 answers. */
const off = (shown: string, { right }: Point) => Math.abs((Number.parseFloat(shown) / 100) * ASKED - right);

async function opened(page: Page, query = ""): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=recall${query}`);
  const figure = explainer.figure("recall");
  await figure.near();
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  return { explainer, figure };
}

test("a reader who clicks nothing sees every recorded count", async ({ page }) => {
  const { figure } = await opened(page, `&recall-methods=${methods.join(",")}`);
  await expect(figure.control("source")).toContainText("Recorded with the very weights");
  const shown = await figure.rows("recall");
  expect(shown.map((row) => Number(row[0].replace(",", "")))).toEqual(points(methods[0]).map((p) => p.distance));
  methods.forEach((method, i) => points(method).forEach((point, row) => expect(off(shown[row][i + 1], point)).toBeLessThan(0.61)));
});

test("models are chosen, and the address says which", async ({ page }) => {
  const { explainer, figure } = await opened(page, "&recall-methods=alibi");
  await expect(figure.control("finding")).toContainText("ALiBi");
  await figure.control("recall-methods-alibi").uncheck();
  await expect(figure.control("no-method")).toBeVisible();
  await figure.control("recall-methods-t5").check();
  await expect(figure.control("finding")).toContainText("T5 bias");
  await expect.poll(() => explainer.query.get("recall-methods")).toBe("t5");
});

test("this browser counts what was recorded", async ({ page }) => {
  test.setTimeout(180_000);
  const { explainer, figure } = await opened(page, "&recall-methods=alibi");
  await figure.control("run").click();
  await expect(figure.root).toHaveAttribute("data-state", "running");
  await expect(figure.control("status")).toContainText("of 15 distances asked");
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 150_000 });
  const status = (await figure.control("status").textContent())!;
  console.log(`      ${status}`);
  // Where the two likeliest values are nearly even, rounding may decide: of so many distances at most, by so many answers.
  const shown = await figure.rows("recall");
  points("alibi").forEach((point, row) => expect(off(shown[row][1], point)).toBeLessThan(point.close + 0.61));
  const differing = Number(/: (\d+) differ/.exec(status)?.[1] ?? (status.includes("every count equals the recorded one") ? 0 : 15));
  expect(differing).toBeLessThanOrEqual(points("alibi").filter((point) => point.close > 0).length);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("it stops at once and keeps what it has", async ({ page }) => {
  const { figure } = await opened(page, "&recall-methods=alibi");
  await figure.control("run").click();
  await expect(figure.control("status")).toContainText("1 of 15");
  await figure.control("stop").click();
  await expect(figure.root).toHaveAttribute("data-state", "done");
  await expect(figure.control("source")).toContainText("Asked in your browser");
  expect((await figure.rows("recall")).length).toBe(15);
});
