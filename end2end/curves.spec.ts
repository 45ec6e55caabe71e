// The two figures that draw perplexity answer to every control, and the page's colours reach every drawing.
import { expect, test } from "@playwright/test";
import { firstTrainings, reference } from "./golden";
import { choose, Explainer } from "./page";

test("each method can be shown and hidden", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("extrapolation");
  await expect.poll(async () => (await figure.rows("extrapolation")).length).toBeGreaterThan(0);
  // What the page compares before the reader has chosen, as another figure has it.
  await explainer.figure("cost").near();
  const compared = await explainer.figure("cost").root.locator('[data-testid^="cost-models-"]:checked').evaluateAll((all) => all.map((e) => (e as HTMLInputElement).value));
  for (const id of ["sinusoidal-256", "rotary-256", "alibi-256"]) expect(compared).toContain(id);
  expect(compared, "a variation").not.toContain("trainable-256");
  const ticks = await figure.root.locator('[data-testid^="show-"]').evaluateAll((all) => all.map((e) => e.dataset.testid!));
  // Of every method the first training at 256 tokens; those that vary or follow up another are not shown at first.
  const models = firstTrainings();
  expect(ticks.sort()).toEqual(models.map((id) => `show-${id}`).sort());
  for (const id of models) {
    await expect(figure.control(`show-${id}`)).toBeChecked({ checked: compared.includes(id) });
  }
  for (const tick of ticks) {
    await figure.redraws(tick, async () => figure.tick(tick, !(await figure.control(tick).isChecked())));
  }
});

test("models of every training length can be shown, and a method that is hidden stays so", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&without=rotary-256,trainable-256");
  const figure = explainer.figure("extrapolation");
  for (const length of ["64", "128", "512", "256"]) {
    await figure.redraws(`trained at ${length}`, () => figure.set("trained", length));
    const cell = async () => (await figure.rows("extrapolation")).find((row) => row[0] === `alibi-${length}` && row[1] === "2,048")?.[2];
    await expect.poll(cell).toBe(reference(`alibi-${length}`, 2048, 32768).perplexity.toFixed(2));
    const models = new Set((await figure.rows("extrapolation")).map((row) => row[0].replace(/-s\d+$/, "")));
    expect([...models].every((id) => id.endsWith(`-${length}`) && !id.startsWith("rotary")), [...models].join()).toBe(true);
    await expect(figure.control("finding")).toContainText(`${(16384 / Number(length)).toString()} times the training length`);
    // What can be guessed at are the models trained at 256 tokens.
    await expect(figure.control("predict")).toBeVisible({ visible: length === "256" });
  }
});

test("a run of one's own is drawn over the recorded results", async ({ page }) => {
  test.setTimeout(5 * 60_000);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=cpu&targets=2048");
  const figure = explainer.figure("extrapolation");
  await expect.poll(async () => (await figure.rows("extrapolation")).length).toBeGreaterThan(0);
  for (const model of firstTrainings().filter((id) => id !== "alibi-256")) await figure.tick(`show-${model}`, false);
  const recorded = (await figure.rows("extrapolation")).length;
  await figure.redraws("a run", () => figure.runs(4 * 60_000));
  const rows = await figure.rows("extrapolation");
  expect(rows.length).toBeGreaterThan(recorded);
  expect(rows.filter((row) => row.includes("cpu")).length).toBe(8);
  await expect(figure.root.locator('[data-engine="cpu"]')).toBeVisible();
});

test("every control of the laboratory changes what would run", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("perplexity");
  await expect(figure.control("estimate")).toContainText("24 points");
  const plan = async () => `${await figure.control("estimate").textContent()} ${await figure.rows("matrix")}`;
  const changes = async (what: string, act: () => Promise<unknown>) => {
    const before = await plan();
    await act();
    await expect.poll(plan, { message: `${what} must change the plan` }).not.toBe(before);
  };
  await changes("a model", () => figure.tick("model-alibi-256", false));
  await changes("a length", () => figure.tick("length-8192", true));
  await changes("the number of targets", () => figure.set("targets", 32768));
  await changes("the protocol", () => figure.set("protocol", "sliding"));
  await changes("the stride", () => figure.set("stride", 16));
  await figure.set("engine", "gpu");
  await expect.poll(() => new URL(page.url()).searchParams.get("engine")).toBe("gpu");
});

test("a run is drawn point by point", async ({ page }) => {
  test.setTimeout(2 * 60_000);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=cpu&targets=2048&lengths=32,64,256");
  const figure = explainer.figure("perplexity");
  await figure.redraws("a run", () => figure.runs(90_000));
  expect((await figure.rows("perplexity")).length).toBe(9);
});

test("the readout names every line with its unit", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("extrapolation");
  await expect.poll(async () => (await figure.rows("extrapolation")).length).toBeGreaterThan(0);
  const canvas = figure.root.locator("canvas").first();
  await canvas.focus();
  await canvas.press("End");
  await expect(figure.control("readout").first()).toHaveText(/^input length 16,?384 tokens: Sinusoidal [\d.]+ \(/);
});

test("light and dark reach every drawing", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&theme=light");
  await expect.poll(async () => (await explainer.figure("extrapolation").rows("extrapolation")).length).toBeGreaterThan(0);
  let theme = "light";
  for (const id of await explainer.figureIds()) {
    const figure = explainer.figure(id);
    // Text has no drawing.
    if (!(await figure.root.locator("canvas, img").count())) continue;
    theme = theme === "light" ? "dark" : "light";
    await figure.redraws(`${theme} colours in ${id}`, () => choose(page.getByTestId("theme"), theme));
  }
});
