// The paper's tables, and where position enters: numbers, words and controls.
import { expect, test } from "@playwright/test";
import { choose, Explainer } from "./page";

test("the paper's tables hold the paper's numbers", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("paper");
  for (const [table, row, cells] of [
    ["2", "15,512", ["406.01", "4,291", "79.25", "3,969", "OOM", "-", "18.31", "4,289"]],
    ["5", "ALiBi 2048", ["-", "-", "-", "-", "-", "-", "17.91", "17.64"]],
    ["11", "ALiBi 1024", ["26.2", "50.0", "5.9", "-", "8.92"]],
    ["12", "Sinusoidal 2048", ["29.3", "6.7", "-", "-", "8.83"]],
    ["15", "ALiBi 512", ["17.98", "17.92", "18.2", "18.28", "18.3"]],
  ] as const) {
    await figure.set("paper-table", table);
    await expect.poll(async () => (await figure.rows("paper")).find((r) => r[0] === row)?.slice(1), { message: `Table ${table}` }).toEqual(cells);
  }
});

test("every table of the paper is drawn and says what it found", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=paper");
  const figure = explainer.figure("paper");
  const tables = await figure.control("paper-table").locator("option").evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
  expect(tables.length).toBe(15);
  const seen = new Set<string>();
  let compared = 0;
  for (const table of tables) {
    await figure.set("paper-table", table);
    await expect(figure.root.locator("summary").first()).toContainText(`Table ${table}.`);
    await explainer.rest();
    const bars = figure.root.locator("#paper-bars");
    const drawn = await bars.count();
    expect(await figure.root.locator("#paper-plot").isVisible(), `Table ${table}: lines or bars`).toBe(drawn === 0);
    // Of every row, what its bar is said to be is one of its cells.
    const words = drawn ? (await bars.getAttribute("aria-label"))!.replace(/^.*?: /, "").split(/, (?!at )/) : [];
    if (drawn) expect(words.length).toBe((await figure.rows("paper")).length);
    for (const [i, row] of (drawn ? await figure.rows("paper") : []).entries()) {
      expect(words[i].startsWith(row[0]) && row.slice(1).includes(words[i].split(" ").pop()!), `${words[i]}: ${row}`).toBe(true);
      compared += 1;
    }
    seen.add(await figure.finding());
  }
  expect(seen.size).toBe(15);
  expect(compared, "bars that were compared").toBeGreaterThan(30);
});

test("the axes of Figure 1 are a choice, by keyboard too", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("paper");
  await expect.poll(async () => (await figure.rows("paper")).length).toBe(35);
  const axis = figure.control("paper-axis");
  await axis.locator("input:checked").focus();
  await figure.redraws("the paper's axes", () => page.keyboard.press("ArrowRight"));
  await expect.poll(() => new URL(page.url()).searchParams.get("paper-axis")).toBe("cut");
  const list = figure.control("paper-table");
  await list.focus();
  await page.keyboard.press("ArrowDown");
  await expect(figure.control("finding")).toContainText("453.32");
  await choose(axis, "whole");
});

test("a table that cannot be had is said, and can be asked for again", async ({ page }) => {
  const explainer = new Explainer(page);
  let broken = true;
  await page.route(/paper\/table-3-\w+\.csv/, (route) => (broken ? route.abort() : route.continue()));
  await explainer.open("?v=1&embed=paper&paper-table=3");
  const figure = explainer.figure("paper");
  await expect(figure.control("failure")).toContainText("table-3.csv");
  broken = false;
  await figure.control("retry").click();
  await expect.poll(async () => (await figure.rows("paper")).length).toBe(35);
  await expect(figure.control("failure")).toHaveCount(0);
});

test("each method enters where the paper says", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("methods");
  const vector = "a vector per position is added";
  const carried = "through the embeddings";
  const turned = "turned by an angle that grows with position";
  const names = () => figure.control("methods-method").locator("label").allInnerTexts();
  await expect.poll(async () => (await figure.rows("methods")).map(([name]) => name)).toEqual(await names());
  const rows = await figure.rows("methods");
  for (const row of [
    ["Sinusoidal", vector, carried, "–", carried, "0"],
    ["Rotary", "–", turned, "–", "–", "0"],
    ["T5 bias", "–", "–", "a learned bias by distance is added", "–", "256"],
    ["ALiBi", "–", "–", "a fixed bias by distance is added", "–", "0"],
    ["No position", "–", "–", "–", "–", "0"],
    ["ALiBi, trained slopes", "–", "–", "a learned bias by distance is added", "–", "8"],
    ["KERPLE", "–", "–", "a learned bias by distance is added", "–", "16"],
  ]) {
    expect(rows).toContainEqual(row);
  }
  await expect(figure.root.locator(".flow .here")).toContainText("Scores");
  await figure.control("methods-method").locator("input:checked").focus();
  await page.keyboard.press("ArrowLeft");
  await expect(figure.control("finding")).toContainText((await names())[(await names()).indexOf("ALiBi") - 1]);
  await choose(figure.control("methods-method"), "t5");
  await expect(figure.root.locator(".flow .here")).toContainText("a learned bias");
  await choose(figure.control("methods-method"), "none");
  await expect(figure.root.locator(".flow .here")).toHaveCount(0);
});

test("attention both ways has three biases, as pictures with words and as numbers", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("methods");
  await expect.poll(async () => (await figure.rows("bidirectional"))[0]).toEqual(["−16", "−1", "−1", "masked", "−1.907"]);
  const pictures = await figure.root.locator("img").evaluateAll((all) =>
    all.map((e) => ({ loaded: (e as HTMLImageElement).naturalWidth, words: (e as HTMLImageElement).alt })),
  );
  expect(pictures.map((p) => p.loaded)).toEqual([32, 32, 32, 32]);
  expect(pictures.every((p) => p.words.includes("diagonal"))).toBe(true);
});

test("speeds are of this machine, with nothing skipped beside what skipping adds", async ({ page }) => {
  test.setTimeout(3 * 60_000);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&embed=cost&cost-models=sinusoidal-256,alibi-256&cost-longest=1024");
  const figure = explainer.figure("cost");
  await expect(figure.control("finding")).toContainText("Not measured on this machine yet");
  await expect.poll(async () => (await figure.rows("cost-paper"))[11]).toEqual(["ALiBi", "3,072", "15.5", "42.2", "15.2"]);
  // 8 heads · 1024² · 2 bytes, and the table of 8 · 1024 · 4 bytes.
  await expect(figure.root.locator(".panel")).toContainText("16.8 MB");
  await expect(figure.root.locator(".panel")).toContainText("= 32 KB");
  expect(await figure.rows("cost")).toEqual([]);
  await figure.redraws("a run", () => figure.runs(2 * 60_000));
  const rows = await figure.rows("cost");
  expect(rows.map((row) => row.slice(0, 2))).toEqual([
    ["sinusoidal-256", "256"], ["sinusoidal-256", "1,024"], ["alibi-256", "256"], ["alibi-256", "1,024"],
  ]);
  for (const row of rows) for (const cell of row.slice(2, 4)) expect(Number(cell.replaceAll(",", ""))).toBeGreaterThan(0);
  await expect(figure.control("finding")).toContainText(/^At 1,024 tokens, with nothing skipped, ALiBi reads .+ % apart[.,]/);
  // Memory is drawn, too, and the paper's own table stays beside both.
  for (const row of rows) expect(Number(row[5])).toBeGreaterThan(0);
  for (const id of ["cost-plot", "cost-memory", "cost-paper-plot", "cost-paper-memory"]) await expect(figure.root.locator(`#${id}`)).toBeVisible();
  await figure.control("cost-longest").locator("input:checked").focus();
  await page.keyboard.press("ArrowRight");
  await expect(figure.root.locator(".panel")).toContainText("268.4 MB");
});
