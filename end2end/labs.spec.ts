// Figures of the laboratory: what they show before anything has run, what a run in the page gives beside it, and what they
// say to input that cannot be used. Kept answers were computed natively from the weights that the page loads, so a run here
// must agree with them.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { firstTrainings } from "./golden";
import { Explainer } from "./page";

interface Kept {
  key: string;
  scored: { blocks: { nll: number; n_targets: number }[]; words: string[] };
  values: number[];
}

/** Answers computed in the page that stand for all of them: a run in full takes most of a minute. */
const FEW = 4;

const kept: Kept[] = JSON.parse(readFileSync("assets/models/precomputed.json", "utf8"));

/** Perplexity of the kept answer to a plain score, by the definition. */
function perplexity(key: string): number {
  const blocks = kept.find((k) => k.key === key)!.scored.blocks;
  const [nll, n] = blocks.reduce(([a, b], { nll, n_targets }) => [a + nll, b + n_targets], [0, 0]);
  return Math.exp(nll / n);
}

const score = (model: string, length: number, targets: number, change = "None", protocol = "Nonoverlapping") =>
  perplexity(`${model} held-out Score ${protocol} ${length} 16384 ${targets} ${change}`);

for (const whole of [false, true]) test(`early tokens: the table is the kept evaluations, and a run here agrees${whole ? " in full @long" : ""}`, async ({ page }) => {
  const explainer = new Explainer(page);
  test.setTimeout(6 * 60_000);
  await explainer.open("?embed=early-tokens&engine=cpu");
  const figure = explainer.figure("early-tokens");
  await expect.poll(async () => (await figure.rows("early-tokens-curves"))[5]?.[1]).not.toBe("–");
  const rows = await figure.rows("early-tokens-curves");
  for (const [i, length] of [64, 128, 256, 512, 1024, 2048].entries()) {
    const sliding = `Sliding { stride: ${length / 8} }`;
    expect(rows[i][1]).toBe(score("alibi-256", length, 4096).toFixed(2));
    expect(rows[i][2]).toBe(score("alibi-256", length, 4096, "None", sliding).toFixed(2));
  }
  // The share of predictions with at most 100 tokens of context, by hand: 100/256, 100/1024, 100/2048.
  expect([rows[2][3], rows[4][3], rows[5][3]]).toEqual(["39 %", "10 %", "5 %"]);
  expect(await figure.finding()).toContain(rows[5][1]);
  await expect(figure.control("source")).toContainText("recorded natively");
  // By position: means over the groups of positions 1, 2, 3–4, 5–8, …, weighted by their counts.
  const { values } = kept.find((k) => k.key === "alibi-256 held-out ScoreByPosition Nonoverlapping 512 16384 32768 None")!;
  const groups = Array.from({ length: 10 }, (_, g) => (g === 0 ? [0, 1] : [2 ** (g - 1), 2 ** g]));
  const wanted = groups.map(([low, high]) => {
    const indices = Array.from({ length: high - low }, (_, i) => low + i);
    const sum = (of: (i: number) => number) => indices.reduce((total, i) => total + of(i), 0);
    return sum((i) => values[i] * values[512 + i]) / sum((i) => values[512 + i]);
  });
  const byPosition = async () => (await figure.rows("early-tokens")).map((row) => Number(row[1]));
  const recorded = await byPosition();
  for (const [i, loss] of wanted.entries()) expect(Math.abs(recorded[i] - loss)).toBeLessThan(6e-4);
  await (whole ? figure.runs(240_000) : figure.runsFor(FEW));
  await expect(figure.control("source")).toContainText("computed in this page");
  const here = await figure.rows("early-tokens-curves");
  for (const [i, row] of rows.entries()) {
    expect(Math.abs(Number(here[i][1]) / Number(row[1]) - 1)).toBeLessThan(1e-3);
    expect(Math.abs(Number(here[i][2]) / Number(row[2]) - 1)).toBeLessThan(1e-3);
  }
  const measured = await byPosition();
  expect(measured).toHaveLength(10);
  for (const [i, loss] of measured.entries()) expect(Math.abs(loss - recorded[i])).toBeLessThan(2e-3);
  await figure.set("early-length", 256);
  await expect(figure.root).toContainText("were not recorded at this length");
});

test("what if: every change has kept answers for every model, and a run here agrees", async ({ page }) => {
  const explainer = new Explainer(page);
  test.setTimeout(6 * 60_000);
  await explainer.open("?embed=what-if&engine=cpu");
  const figure = explainer.figure("what-if");
  const changes: Record<string, string> = { interpolate: "Interpolate", "no-bias": "NoBias", window: "Window(256)", "log-n": "LogN" };
  for (const [name, change] of Object.entries(changes)) {
    for (const method of ["alibi", "sinusoidal"]) {
      await figure.set("what-if-change", name);
      await figure.set("what-if-method", method);
      const wanted = score(`${method}-256`, 4096, 8192, change);
      const shown = wanted < 100 ? wanted.toFixed(2) : wanted < 1000 ? wanted.toFixed(1) : "";
      if (shown) await expect.poll(async () => (await figure.rows("what-if"))[4]?.[2]).toBe(shown);
    }
  }
  await figure.set("what-if-method", "alibi");
  await figure.set("what-if-change", "window");
  await figure.runs(240_000);
  const rows = await figure.rows("what-if");
  for (const [i, length] of [256, 512, 1024, 2048, 4096].entries()) {
    expect(Math.abs(Number(rows[i][1]) / score("alibi-256", length, 8192) - 1)).toBeLessThan(1e-3);
    expect(Math.abs(Number(rows[i][2]) / score("alibi-256", length, 8192, "Window(256)") - 1)).toBeLessThan(1e-3);
  }
});

for (const whole of [false, true]) test(`reach: the bias alone by arithmetic, the models as measured, and a run here agrees${whole ? " in full @long" : ""}`, async ({ page }) => {
  const explainer = new Explainer(page);
  test.setTimeout(6 * 60_000);
  await explainer.open("?embed=reach&engine=cpu");
  const figure = explainer.figure("reach");
  const heads = await figure.rows("reach");
  expect(heads).toHaveLength(8);
  for (const [h, row] of heads.entries()) {
    const slope = 2 ** -(h + 1);
    const horizon = Math.log(100) / slope;
    expect(row[2].replace(",", "")).toBe(horizon < 100 ? horizon.toFixed(1) : Math.round(horizon).toString());
  }
  await expect
    .poll(async () => (await figure.rows("reach-entropy")).map((r) => r[0]))
    .toEqual(expect.arrayContaining(["sinusoidal-256", "rotary-256", "t5-256", "alibi-256", "none-256"]));
  const alibi = kept.find((k) => k.key.startsWith("alibi-256 held-out Spread 2048 "))!;
  const mean = alibi.values.slice(0, 32).reduce((a, b) => a + b) / 32;
  const row = (await figure.rows("reach-entropy")).find((r) => r[0] === "alibi-256")!;
  expect(Number(row[4].replace(",", ""))).toBeCloseTo(Math.exp(mean), 0);
  // All the attention lies at some distance.
  const mass = await figure.rows("reach-mass");
  const total = mass.reduce((sum, r) => sum + (r[4] === "–" ? 0 : Number.parseFloat(r[4])), 0);
  expect(Math.abs(total - 100)).toBeLessThan(1);
  // And adds up, from row to row, to what is drawn.
  const last = mass[mass.length - 1];
  expect(last.slice(5, 6).concat(last.slice(9))).toEqual(["2,048", "100.0 %"]);
  const numbers = (rows: string[][]) => rows.map((row) => row.slice(1).map((v) => Number.parseFloat(v.replace(",", ""))));
  const [entropy, shares] = [numbers(await figure.rows("reach-entropy")), numbers(mass)];
  await (whole ? figure.runs(300_000) : figure.runsFor(FEW));
  await expect(figure.control("source")).toContainText("computed in this page");
  for (const [i, row] of numbers(await figure.rows("reach-entropy")).entries()) {
    for (const [j, value] of row.entries()) expect(Math.abs(value - entropy[i][j])).toBeLessThanOrEqual(0.001 * value + 0.11);
  }
  for (const [i, row] of numbers(await figure.rows("reach-mass")).entries()) {
    for (const [j, value] of row.entries()) {
      if (!Number.isNaN(value)) expect(Math.abs(value - shares[i][j])).toBeLessThan(0.11);
    }
  }
});

test("attention: as recorded, computed here, and over a sentence of the reader's own by keyboard", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=attention");
  const figure = explainer.figure("attention");
  await expect(figure.root.locator(".sentence button").first()).toBeVisible();
  const recorded = await figure.rows("attention");
  await figure.runs();
  await expect(figure.control("source")).toContainText("computed in this page");
  const here = await figure.rows("attention");
  expect(here.map((row) => row.slice(0, 3))).toEqual(recorded.map((row) => row.slice(0, 3)));
  for (const [i, row] of here.entries()) {
    for (const column of [3, 4, 5, 6]) {
      const [a, b] = [row, recorded[i]].map((r) => Number(r[column].replace("−", "-")));
      expect(Math.abs(a - b), `${row}`).toBeLessThan(2e-3);
    }
  }
  await figure.control("attention-text").fill("We the people of the <b>United</b> States");
  await expect(figure.root.locator(".sentence")).toHaveCount(0);
  await figure.runs();
  const words = await figure.root.locator(".sentence button").allTextContents();
  expect(words.slice(1).join("")).toBe("We the people of the <b>United</b> States");
  const third = figure.root.locator(".sentence button").nth(2);
  await third.focus();
  await page.keyboard.press("Enter");
  await expect(figure.root.locator(".sentence button").nth(2)).toHaveAttribute("aria-pressed", "true");
  await expect(figure.root.locator(".sentence button").nth(2)).toBeFocused();
  // One stop of the Tab key; within it the arrows move.
  await expect(figure.root.locator('.sentence button[tabindex="0"]')).toHaveCount(1);
  await page.keyboard.press("ArrowRight");
  await expect(figure.root.locator(".sentence button").nth(3)).toBeFocused();
  await page.keyboard.press("Home");
  await expect(figure.root.locator(".sentence button").first()).toHaveAttribute("aria-pressed", "true");
    await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect(figure.root.locator(".sentence button").nth(2)).toBeFocused();
  // Keys that come faster than frames lose nothing.
  await page.evaluate(async () => {
    for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"]) {
      document.activeElement!.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      await new Promise((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = resolve;
        port2.postMessage(0);
      });
      if (document.activeElement === document.body) throw new Error(`${key} lost the focus`);
    }
  });
  await expect(figure.root.locator(".sentence button").nth(2)).toBeFocused();

  // Softmax of score + bias, from the table's own columns.
  const rows = await figure.rows("attention");
  expect(rows).toHaveLength(3);
  const weights = rows.map((r) => Math.exp(Number(r[3]) + Number(r[4])));
  const total = weights.reduce((a, b) => a + b);
  for (const [i, row] of rows.entries()) {
    expect(Math.abs(Number(row[5]) - weights[i] / total)).toBeLessThan(2e-3);
    expect(Number(row[4])).toBeCloseTo(-0.5 * Number(row[2]), 3);
  }
  // The scale that scores and bias share begins and ends where the larger of the two does: the farthest key's bias.
  const key = await figure.root.locator(".panel .source", { hasText: "Scores and bias" }).textContent();
  const [, light, dark] = key!.match(/Scores and bias: (\S+)\s+(\S+); square root of weights: 1\s+0; grey: masked/)!;
  expect(Number(dark.replace("−", "-"))).toBeLessThanOrEqual(-0.5 * (words.length - 1) + 0.051);
  expect(Number(light.replace("−", "-"))).toBeGreaterThanOrEqual(0);
  // What cannot be used is said; the last good result stays.
  for (const [text, said] of [["  ", "no text here"], ["aaaa aaaa", "over and over"], ["\u0001\u0002", "binary data"]]) {
    await figure.control("attention-text").fill(text);
    await expect(figure.control("text-problem")).toContainText(said);
    await expect(figure.control("run")).toBeDisabled();
    expect(await figure.rows("attention")).toEqual(rows);
    await expect(figure.root.locator(".maps")).toHaveCount(2);
  }
  // Also where it goes key by key, through texts that nothing is known of; and a head can still be chosen.
  await figure.control("attention-text").fill("We");
  await expect(figure.root.locator(".maps")).toHaveCount(0);
  await figure.control("attention-text").fill("");
  await expect(figure.root.locator(".maps")).toHaveCount(2);
  await figure.set("attention-head", 2);
  await expect.poll(async () => (await figure.rows("attention"))[2]?.[4]).toBe("-0.500");
  await figure.control("attention-text").fill("A house divided. ".repeat(200));
  await expect(figure.control("attention-text-cut")).toContainText("3,400 bytes and 2,000 fit: it is cut after “…");
  await expect(figure.control("attention-text")).toHaveValue("A house divided. ".repeat(200).slice(0, 2000));
  await figure.runs();
  await expect(figure.root).toContainText(/The text in the box has [\d,]+ tokens\. Only the first 256 are used, up to “…[A-Za-z. ]+”/);
      expect(await figure.root.locator(".sentence button").count()).toBe(256);
  // Letters of several tokens: each has something to press, and a name.
  await figure.control("attention-text").fill("😀 is שלום and naïve");
  await figure.control("run").click();
  await expect(figure.root.locator(".sentence button", { hasText: "😀" }).first()).toBeVisible();
  const names = await figure.root.locator(".sentence button").allInnerTexts();
  expect(names.length).toBeGreaterThan(15);
  for (const name of names) expect(name).not.toBe("");
  await expect(figure.root.locator(".sentence button", { hasText: "part of “😀”" }).first()).toBeVisible();
  await figure.control("attention-text").fill("A house divided. ".repeat(200));

  // What was said of the text comes back with it.
  await figure.set("attention-method", "none");
  await expect(figure.control("notice")).toHaveCount(0);
  await figure.set("attention-method", "alibi");
  await expect(figure.control("notice").filter({ hasText: "Only the first 256 are used" })).toHaveCount(1);
  // Heads, too, are one stop of the Tab key.
  const heads = figure.root.locator(".maps.small button");
  await expect(figure.root.locator('.maps.small button[tabindex="0"]')).toHaveCount(1);
  await heads.nth(1).focus();
  await page.keyboard.press("ArrowRight");
  await expect(heads.nth(2)).toHaveAttribute("aria-pressed", "true");
  await expect(heads.nth(2)).toBeFocused();
  await page.keyboard.press("End");
  await expect(heads.nth(7)).toBeFocused();

});

test("generate: the same seed writes what was kept, tokens come as they are written, and Stop stops", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=generate");
  const figure = explainer.figure("generate");
  await expect(figure.root.locator(".passage")).toHaveCount(3);
  const before = await figure.root.locator(".passage p").last().innerText();
  await expect(figure.root.locator(".passage .edge")).toHaveCount(3);
  await figure.runs(120_000);
  expect(await figure.root.locator(".passage p").last().innerText()).toBe(before);
  await expect(figure.control("source")).toContainText("computed in this page");
  // The table, from the recorded words and probabilities: the number of prompt tokens stands before these. A word counts as
  // real when the list has it; what is cut at the ends of a stretch does not count.
  const real = new Set(readFileSync("assets/data/words.txt", "utf8").split("\n").filter((line) => !line.startsWith("#")));
  const share = (text: string) => {
    const words = text.replace(/^\p{L}+|\p{L}+$/gu, "").match(/\p{L}{2,}/gu) ?? [];
    return (100 * words.filter((word) => real.has(word.toLowerCase())).length) / words.length;
  };
  await expect(figure.control("finding")).toContainText("of the words that Sinusoidal writes are real");
  const rows = await figure.rows("generate");
  for (const [i, model] of ["sinusoidal-256", "rotary-256", "alibi-256"].entries()) {
    const { scored, values } = kept.find((k) => k.key.startsWith(`${model} own:`) && k.key.includes("Generate"))!;
    const [prompt, ...probabilities] = values;
    const edge = 256 - prompt;
    for (const [j, part] of [probabilities.slice(0, edge), probabilities.slice(edge)].entries()) {
      const mean = 100 * Math.exp(part.reduce((sum, p) => sum + Math.log(p), 0) / part.length);
      const row = rows[2 * i + j];
      expect([row[0], row[2]]).toEqual([model, String(part.length)]);
      expect(Math.abs(Number.parseFloat(row[5]) - mean)).toBeLessThan(0.06);
      const text = (j === 0 ? scored.words.slice(0, edge) : scored.words.slice(edge)).join("");
      expect(Math.abs(Number.parseFloat(row[3]) - share(text))).toBeLessThan(0.06);
    }
  }
  // Of a prompt that is too long the end is used.
  const prompt = await figure.control("generate-prompt").inputValue();
  await figure.control("generate-prompt").fill(`${"Four score. ".repeat(800)}The end.`);
  await expect(figure.control("generate-prompt-cut")).toContainText("it is cut before “");
  expect(await figure.control("generate-prompt").inputValue()).toMatch(/^.{7992}The end\.$/);
  await figure.control("generate-prompt").fill(prompt);
  await figure.set("generate-seed", 2);
  await figure.set("generate-tokens", 1536);
  await figure.control("run").click();
  await expect(figure.root.locator(".passage span").first()).toBeVisible();
  await figure.control("stop").click();
  await expect(figure.root).not.toHaveAttribute("data-state", "running");
});

test("verify: this browser's engine agrees with the recorded reference", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=verify&engine=cpu");
  const figure = explainer.figure("verify");
  expect(await figure.finding()).toContain("Not checked");
  await figure.runs(120_000);
  expect(await figure.finding()).toContain("agrees");
  const rows = await figure.rows("verify");
  // Of every method the first training at 256 tokens.
  const models = firstTrainings();
  expect(rows.map((r) => r[0]).sort()).toEqual(models.sort());
  for (const row of rows) {
    expect(Number(row[1])).toBeLessThan(1e-3);
    expect(Number(row[2])).toBeLessThan(1e-2);
  }
  // Another engine is another question, though what this one has answered stays.
  await figure.set("verify-engine", "gpu");
  await expect(figure.root).toHaveAttribute("data-state", "idle");
  expect(await figure.rows("verify")).toEqual(rows);
});

for (const whole of [false, true]) test(`train short: the table is the kept evaluations, and a run here agrees${whole ? " in full @long" : ""}`, async ({ page }) => {
  const explainer = new Explainer(page);
  test.setTimeout(6 * 60_000);
  await explainer.open("?embed=train-short&engine=cpu");
  const figure = explainer.figure("train-short");
  await expect.poll(async () => (await figure.rows("train-short"))[2]?.[3]).toBe(score("alibi-256", 256, 8192).toFixed(2));
  const rows = await figure.rows("train-short");
  expect(rows[2][6]).toBe(score("alibi-256", 2048, 8192).toFixed(2));
  expect(rows[4][3]).toBe(score("sinusoidal-256", 256, 8192).toFixed(2));
  await (whole ? figure.runs(300_000) : figure.runsFor(FEW));
  await expect(figure.control("source")).toContainText("computed in this page");
  for (const [i, row] of (await figure.rows("train-short")).entries()) {
    for (const [j, cell] of row.slice(1).entries()) {
      if (cell === "–") expect(rows[i][j + 1]).toBe("–");
      else expect(Math.abs(Number(cell) / Number(rows[i][j + 1]) - 1)).toBeLessThan(1.5e-3);
    }
  }
});

test("settings of the laboratory go into the address and come back; what is out of bounds is said", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?what-if-change=half&attention-layer=9&generate-prompt=A+b%26c&early-method=nobody");
  await expect(explainer.figure("what-if").control("what-if-change")).toHaveValue("half");
  await expect(explainer.figure("attention").control("attention-layer")).toHaveValue("4");
  await expect(explainer.figure("generate").control("generate-prompt")).toHaveValue("A b&c");
  await expect(page.getByTestId("address-notice")).toHaveText([
    "attention-layer must be 1 to 4; 9 became 4",
    "early-method=nobody is unknown; using alibi",
  ]);
  await explainer.figure("what-if").set("what-if-method", "alibi");
  await expect.poll(() => new URL(page.url()).search).toContain("what-if-method=alibi");
  expect(new URL(page.url()).search).toContain("generate-prompt=A+b%26c");
});

test("the reader's own text: counted, scored where it is long enough, refused where it is no text", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=perplexity&text=own&models=alibi-256&lengths=32,64,4096&engine=cpu");
  const figure = explainer.figure("perplexity");
  await expect(figure.control("estimate")).toContainText("never leaves this machine");
  await figure.control("take-text").click();
  await expect(figure.control("own-status")).toContainText("no text here");
  const text = "The Congress shall have power to declare what the law is, and the people shall judge it. ".repeat(20);
  await figure.control("own-text").fill(text);
  await figure.control("take-text").click();
  await expect(figure.control("own-status")).toContainText(/In use: \d+ tokens/);
  await expect(figure.control("estimate")).toContainText("too short for inputs of 4,096");
  await figure.runs();
  const rows = await figure.rows("perplexity");
  expect(rows.map((r) => r[1])).toEqual(["32", "64"]);
  // Repeating itself, the text is easier with more of it in sight.
  expect(Number(rows[1][2])).toBeLessThan(Number(rows[0][2]));
  await figure.control("own-file").setInputFiles({ name: "picture.txt", mimeType: "text/plain", buffer: Buffer.from([0xff, 0xfe, 0, 1]) });
  await expect(figure.control("own-status")).toContainText("not UTF-8");
  await figure.control("own-file").setInputFiles({ name: "big.txt", mimeType: "text/plain", buffer: Buffer.alloc(2_000_001, 97) });
  await expect(figure.control("own-status")).toContainText("at most 2,000,000");
  for (const [text, said] of [
    ["a".repeat(5000), "“a” over and over"],
    ["Hello world", "This text is 11 bytes long"],
    ["the ".repeat(10), "the shortest input needs 32. Use a longer text"],
  ]) {
    await figure.control("own-text").fill(text);
    await figure.control("take-text").click();
    await expect(figure.control("own-status")).toContainText(said);
  }
  // The last good result stays.
  expect(await figure.rows("perplexity")).toEqual(rows);
  // And another text can be scored afterwards.
  await figure.set("text", "held-out");
  await figure.tick("length-4096", false);
  await figure.runs();
  expect((await figure.rows("perplexity")).map((r) => r[1])).toEqual(["32", "64"]);
  await figure.set("text", "own");
  expect(await figure.control("own-text").inputValue()).toBe("the ".repeat(10));
});
