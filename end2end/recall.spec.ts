// The figure that asks for a value far back: recorded counts at first, then the same counts computed in this browser.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { Explainer, type Figure } from "./page";

interface Point { distance: number; right: number; close: number }
interface Recalled { train_length: number; asked: number; models: { method: string; points: Point[] }[] }
const recorded = JSON.parse(readFileSync("assets/models/recall.json", "utf8")) as Recalled;
const share = (point: Point) => `${((100 * point.right) / recorded.asked).toFixed(1)} %`;

async function opened(page: Page, query = ""): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(`?embed=recall${query}`);
  const figure = explainer.figure("recall");
  await figure.near();
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  return { explainer, figure };
}

test("a reader who clicks nothing sees every recorded count", async ({ page }) => {
  const { figure } = await opened(page, `&recall-methods=${recorded.models.map((m) => m.method).join(",")}`);
  await expect(figure.control("source")).toContainText("Recorded with the very weights");
  const rows = await figure.rows("recall");
  expect(rows.map((row) => Number(row[0].replace(",", "")))).toEqual(recorded.models[0].points.map((p) => p.distance));
  recorded.models.forEach(({ points }, i) => expect(rows.map((row) => row[i + 1])).toEqual(points.map(share)));
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
  const rows = await figure.rows("recall");
  const { points } = recorded.models.find((m) => m.method === "alibi")!;
  points.forEach((point, i) => {
    const right = Math.round((Number.parseFloat(rows[i][1]) / 100) * recorded.asked);
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
