// Models of the reader's own: trained here or loaded from a file, they run in the other figures as the site's do, and a file that is
// none of them is refused in words.
import { readFileSync } from "node:fs";
import { expect, test, type Page } from "@playwright/test";
import { inWorkers } from "./faults";
import { Explainer, type Figure } from "./page";

const FIGURES = ["perplexity", "attention", "what-if", "generate", "reach", "cost"];
/** Few tokens, and for the laboratory as many targets as the last curve of a training has. */
const SHORT = "?v=1&train-tokens=4096&engine=cpu&targets=16384";
/** A model that nobody here has. */
const STRANGER = "alibi-32-yours0123456789abcdef";

async function opened(page: Page, query: string, id = "train"): Promise<{ explainer: Explainer; figure: Figure }> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  const figure = explainer.figure(id);
  await figure.near();
  return { explainer, figure };
}

async function trained(page: Page, query = SHORT): Promise<{ explainer: Explainer; figure: Figure }> {
  const there = await opened(page, query);
  await there.figure.control("run").click();
  await there.figure.reaches("done", 60_000);
  await expect(there.figure.control("yours")).toBeVisible();
  return there;
}

async function saved(page: Page, figure: Figure, method = "alibi"): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), figure.control(`weights-${method}`).click()]);
  return readFileSync(await download.path());
}

async function load(figure: Figure, name: string, buffer: Buffer): Promise<void> {
  await figure.control("weights-file").setInputFiles({ name, mimeType: "application/octet-stream", buffer });
}

/** The same file with another header. */
function headed(file: Buffer, change: (header: { __metadata__: { config: string } }) => void): Buffer {
  const end = 8 + Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, end).toString("utf8"));
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, file.subarray(end)]);
}

/** The same with other numbers of the model. */
const claiming = (file: Buffer, other: Record<string, number>) =>
  headed(file, ({ __metadata__ }) => { __metadata__.config = JSON.stringify({ ...JSON.parse(__metadata__.config), ...other }); });

/** Perplexities in the laboratory's file, by model and length. */
async function perplexities(figure: Figure): Promise<Record<string, number>> {
  return Object.fromEntries((await figure.csv()).map((row) => [`${row.model} ${row.length}`, Number(row.perplexity)]));
}

const number = (text: string) => Number(text.replaceAll(",", ""));

test("trained models run in every figure that runs models, and there score what their training said", async ({ page }) => {
  test.setTimeout(4 * 60_000);
  const { explainer, figure: train } = await trained(page);
  // In the order in which they were done.
  for (const name of ["Sinusoidal", "ALiBi"]) {
    await expect(train.control("yours")).toContainText(new RegExp(`^Your models are: .*${name}, 32 tokens \\(\\w{4}\\), after 4,096 tokens of training[;.]`));
  }
  const curve = await train.rows("train-curve");
  let scored: Record<string, number> = {};
  for (const id of FIGURES) {
    await train.approach();
    await train.control(`yours-in-${id}`).click();
    const figure = explainer.figure(id);
    await figure.approach();
    const said = figure.control(id === "perplexity" ? "estimate" : "source").first();
    await expect(said).toContainText("Nothing is recorded of your own models.");
    await figure.runs(90_000);
    await expect(said).not.toContainText("Nothing is recorded");
    await expect(figure.control("failure")).toHaveCount(0);
    // Before others have measured anything.
    if (id === "perplexity") scored = await perplexities(figure);
    if (process.env.PICTURES) await figure.root.screenshot({ path: `${process.env.PICTURES}/yours-${id}.png` });
  }
  expect(Object.keys(scored)).toHaveLength(10);
  let most = 0;
  for (const [length, ...cells] of curve) {
    for (const [i, method] of ["sinusoidal", "alibi"].entries()) {
      const [, found] = Object.entries(scored).find(([of]) => of.startsWith(`${method}-32-yours`) && of.endsWith(` ${length}`))!;
      // The table rounds.
      const half = cells[i].includes(".") ? 0.5 / 10 ** cells[i].split(".")[1].length : 0.5;
      most = Math.max(most, (Math.abs(found - number(cells[i])) - half) / found);
    }
  }
  console.log(`      largest difference from the training's last curve beyond rounding: ${most.toExponential(1)}`);
  expect(most).toBeLessThan(1e-4);
  // By its own lengths, from the training length on.
  expect((await explainer.figure("what-if").rows("what-if")).map((row) => row[0])).toEqual(["32", "64", "128", "256", "512"]);
  expect((await explainer.figure("reach").rows("reach-mass"))[0]).toHaveLength(10);
  for (const [id, series] of [["generate", "generate"], ["cost", "cost"]]) {
    expect((await explainer.figure(id).rows(series)).some((row) => row[0].startsWith("alibi-32-yours"))).toBe(true);
  }
  const attention = explainer.figure("attention");
  await expect(attention.control("attention-method")).toHaveValue(/^(alibi|sinusoidal)-32-yours/);
  await expect(attention.control("attention-method").locator("option:checked")).toHaveText(/^Yours: (ALiBi|Sinusoidal), 32 tokens \(\w{4}\)$/);
  if (process.env.PICTURES) await train.root.screenshot({ path: `${process.env.PICTURES}/yours-train.png` });
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a saved file loads again in another visit: the same model, the same perplexities", async ({ page, context }) => {
  test.setTimeout(3 * 60_000);
  const { explainer, figure: train } = await trained(page, `${SHORT}&train-methods=alibi`);
  const file = await saved(page, train);
  await train.control("yours-in-perplexity").click();
  const laboratory = explainer.figure("perplexity");
  await laboratory.runs();
  const before = await perplexities(laboratory);
  await expect.poll(() => explainer.query.get("models")).toMatch(/^alibi-32-yours\w{16}$/);
  // A tab of its own has none of the answers.
  const other = await opened(await context.newPage(), `?${explainer.query}`);
  const again = other.explainer.figure("perplexity");
  await again.approach();
  await expect(again.control("yours-missing")).toContainText("trained in another visit");
  await expect(again.control("model-alibi-256")).toBeChecked();
  await load(other.figure, "alibi.safetensors", file);
  await expect(other.figure.control("load-status")).toHaveText(/^Loaded: ALiBi, 32 tokens \(\w{4}\)\.$/);
  await expect(again.control("yours-missing")).toHaveCount(0);
  await expect(again.control("model-alibi-256")).not.toBeChecked();
  await again.runs();
  expect(await perplexities(again)).toEqual(before);
  await load(other.figure, "alibi.safetensors", file);
  await expect(other.figure.control("load-status")).toContainText("You have this model already");
  expect(other.explainer.watch.errors).toEqual([]);
});

test("a file that is no model of this page is refused with what to do, and nothing else is lost", async ({ page }) => {
  const { explainer, figure } = await trained(page, `${SHORT}&train-methods=alibi`);
  const file = await saved(page, figure);
  const listed = await figure.control("yours").textContent();
  const wrong: [string, Buffer, RegExp][] = [
    ["address.txt", Buffer.from("Fellow citizens of the Senate and of the House of Representatives"), /^address\.txt is not a safetensors file\. Load a file/],
    ["empty", Buffer.alloc(0), /is not a safetensors file/],
    ["header.safetensors", file.subarray(0, 200), /is cut short: .* Save it again/],
    ["half.safetensors", file.subarray(0, file.length / 2), /does not hold the weights that it claims \(not a complete safetensors file.*\)\. Save it again/],
    ["vocabulary.safetensors", claiming(file, { n_vocab: 2048 }), /has a vocabulary of 2,048 tokens; this page’s has 1,024\./],
    ["huge.safetensors", claiming(file, { d_model: 2 ** 30 }), /claims a shape that no model here can have/],
    ["wide.safetensors", claiming(file, { d_model: 4096, n_layer: 64 }), /does not hold the weights that it claims \(tensor /],
    ["bare.safetensors", headed(file, (header) => { Reflect.deleteProperty(header, "__metadata__"); }), /does not say which model/],
    ["long.safetensors", Buffer.concat([file, Buffer.alloc(16_000_000)]), /this page reads at most 16,000,000/],
  ];
  for (const [name, buffer, says] of wrong) {
    await load(figure, name, buffer);
    await expect(figure.control("load-status")).toHaveText(says);
  }
  expect(await figure.control("yours").textContent()).toBe(listed);
  await figure.control("yours-in-attention").click();
  await explainer.figure("attention").runs();
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("after a file whose header is wrong the right one is taken, whatever values they share", async ({ page }) => {
  const { figure } = await trained(page, `${SHORT}&train-methods=alibi`);
  const file = await saved(page, figure);
  const wrong = headed(file, (header) => {
    const tensors = header as unknown as Record<string, { dtype?: string }>;
    const [first] = Object.values(tensors).filter(({ dtype }) => dtype);
    first.dtype = "I8";
  });
  await page.reload();
  const again = new Explainer(page).figure("train");
  await again.near();
  for (let round = 0; round < 2; round += 1) {
    await load(again, "wrong.safetensors", wrong);
    await expect(again.control("load-status")).toContainText(/^wrong\.safetensors does not hold the weights that it claims/);
  }
  await load(again, "good.safetensors", file);
  await expect(again.control("load-status")).toHaveText(/^Loaded: ALiBi, 32 tokens \(\w{4}\)\.$/);
  await load(again, "half.safetensors", claiming(file, { n_layer: 3.5 }));
  await expect(again.control("load-status")).toContainText(/^half\.safetensors /);
  await expect(again.control("load-status")).not.toContainText("Loaded");
});

test("workers that are gone in the midst of a run get the reader's model again", async ({ page }) => {
  const { explainer, figure } = await trained(page, `${SHORT}&train-methods=alibi`);
  await figure.control("yours-in-perplexity").click();
  const laboratory = explainer.figure("perplexity");
  await laboratory.tick("length-16384", true);
  const trainers = page.workers();
  await laboratory.control("run").click();
  await expect(laboratory.control("status")).toContainText(/now/);
  const gone = page.workers().filter((worker) => !trainers.includes(worker));
  expect(gone.length).toBeGreaterThan(0);
  await Promise.all(gone.map((worker) => worker.evaluate(() => self.close()).catch(() => {})));
  await laboratory.reaches("done", 60_000);
  await expect(laboratory.control("failure")).toHaveCount(0);
  expect(Object.values(await perplexities(laboratory)).filter(Number.isFinite)).toHaveLength(6);
});

test("where workers fall silent the page itself runs the reader's model", async ({ page }) => {
  await inWorkers(page, `if (typeof document === "undefined") addEventListener("message", (event) => event.data?.body?.Run && self.close())`);
  const { explainer, figure } = await trained(page, `${SHORT}&train-methods=alibi`);
  await figure.control("yours-in-attention").click();
  await explainer.figure("attention").runs(60_000);
  await expect(explainer.figure("attention").control("failure")).toHaveCount(0);
});

test("a model of another visit in the address is said to be gone, and the default stands in", async ({ page }) => {
  const query = `?v=1&models=${STRANGER}&attention-method=${STRANGER}&what-if-method=${STRANGER}&reach-method=${STRANGER}&generate-models=${STRANGER}&cost-models=${STRANGER}`;
  const { explainer } = await opened(page, query, "attention");
  for (const id of FIGURES) {
    const figure = explainer.figure(id);
    await figure.near();
    await expect(figure.control("yours-missing")).toHaveText(/^Your model ALiBi, 32 tokens \(0123\) is not here: .* Train it again or load its file/);
    await expect(figure.root).not.toContainText("Nothing is recorded of your own");
  }
  for (const [id, method] of [["attention", "alibi"], ["what-if", "rotary"], ["reach", "alibi"]]) {
    await expect(explainer.figure(id).control(`${id}-method`)).toHaveValue(method);
  }
  for (const model of ["sinusoidal", "rotary", "alibi"]) await expect(explainer.figure("perplexity").control(`model-${model}-256`)).toBeChecked();
  await expect(explainer.figure("generate").control("generate-models-alibi-256")).toBeChecked();
  await expect(page.getByTestId("address-notice")).toHaveCount(0);
  // What the reader chooses then replaces it.
  await explainer.figure("attention").set("attention-method", "none");
  await expect(explainer.figure("attention").control("yours-missing")).toHaveCount(0);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a figure that stands alone says where its models can be used", async ({ page }) => {
  const { figure } = await trained(page, "?embed=train&train-tokens=4096&train-methods=alibi");
  await expect(figure.control("yours")).toContainText("On the full page other figures can run it, too.");
  await expect(figure.root.locator(".yours-links")).toHaveCount(0);
});
