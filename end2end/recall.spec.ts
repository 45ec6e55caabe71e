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
const share = (point: Point) => `${((100 * point.right) / ASKED).toFixed(1)} %`;

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
  methods.forEach((method, i) => expect(shown.map((row) => row[i + 1])).toEqual(points(method).map(share)));
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
  const shown = await figure.rows("recall");
  points("alibi").forEach((point, i) => {
    const right = Math.round((Number.parseFloat(shown[i][1]) / 100) * ASKED);
    // Where the two likeliest values are nearly even, rounding may decide: so many at most.
    expect(Math.abs(right - point.right), `${point.distance}`).toBeLessThanOrEqual(point.close);
  });
  await expect(figure.control("status")).toContainText("15 distances asked here");
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
