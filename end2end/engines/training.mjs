// A training in the page, in whichever browser: its losses, a pause, a reload.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Trains the default choice for a while, pauses it, reloads the page in the midst of it, goes on and stops. */
export async function trains(view) {
  const trained = JSON.parse(readFileSync("assets/models/trained.json", "utf8"));
  // Once it answers: what still starts cannot be paused. Where it stands: what a model writes moves it.
  const press = (what) =>
    view.until(`${what} can be pressed`, (what) => {
      const button = document.querySelector(`[data-testid="${what}"]`);
      if (!button || button.ariaDisabled === "true") return false;
      button.click();
      return true;
    }, [what]);
  // What still starts would be ended by a stop, with nothing learned.
  const going = () => view.until("a training", () => document.querySelector("figure").dataset.state === "running" && document.querySelector('[data-testid="pause"]').ariaDisabled === "false");
  // A row of losses is the mean of eight steps; the first ones stand long before the end. Until the table follows the figure it
  // shows the recorded training, whose rows are the same.
  const some = async (n) => {
    await view.until(`${n} rows of losses of the reader's own`, (n) => {
      const table = document.querySelector('table[data-series="train-loss"]');
      const rows = [...(table?.tBodies[0].rows ?? [])];
      const own = document.querySelector('[data-testid="source"]')?.textContent.includes("Trained in your browser");
      return own && table?.ariaBusy !== "true" && rows.length >= n && rows.slice(0, n).every((row) => !row.textContent.includes("–"));
    }, [n], 120_000);
    return (await view.rows("train-loss")).slice(0, n);
  };
  const right = (rows) => {
    for (const [i, row] of rows.entries()) {
      trained.courses.forEach(({ losses }, column) => {
        const mean = losses.slice(8 * i, 8 * i + 8).reduce((a, b) => a + b) / 8;
        assert.ok(Math.abs(Number(row[column + 1]) - mean) <= 1e-3, `${row} against ${mean}`);
      });
    }
  };
  /** Tokens seen, by what is said of them. */
  const seen = async (where) => Number(/([\d,]+) of 600,064 tokens/.exec(await view.text(`[data-testid="${where}"]`))?.[1].replaceAll(",", ""));
  await press("run");
  await going();
  right(await some(3));
  await press("pause");
  await view.until("a pause", () => document.querySelector("figure").dataset.state === "idle" && document.querySelector('[data-testid="status"]').textContent.includes("Paused"));
  const before = await some(3);
  const paused = await seen("status");
  await view.until("a checkpoint of each model", async () => {
    const [, records] = await alibiTraining.read();
    return records.length === 2 && records.every(([, state]) => state?.length > 1e6);
  }, [], 60_000);
  await press("pause");
  await going();
  await view.evaluate(() => {
    window.before = true;
    setTimeout(() => location.reload());
  });
  await view.until("the question", () => !window.before && Boolean(document.querySelector('[data-testid="kept-go-on"]')));
  assert.match(await view.text('[data-testid="kept"]'), /You were training Sinusoidal and ALiBi: [\d,]+ of 600,064 tokens/);
  assert.ok((await seen("kept")) >= paused, "what was trained before the pause is kept");
  assert.equal(await view.evaluate(() => document.querySelector("figure").dataset.state), "idle");
  await press("kept-go-on");
  await going();
  assert.deepEqual(await some(3), before);
  await press("stop");
  await view.until("the last curve", () => document.querySelector("figure").dataset.state === "done", [], 120_000);
  assert.ok((await seen("status")) >= paused, "it goes on where it was");
  assert.ok((await view.rows("train-loss")).length < trained.courses[0].losses.length / 10, "it was stopped before its end");
  assert.equal((await view.rows("train-curve")).length, 5);
}
