// A training in the page, in whichever browser: its losses, a pause, a reload.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** Trains the default choice for a while, reloads the page in the midst of it, goes on and stops. */
export async function trains(view) {
  const trained = JSON.parse(readFileSync("assets/models/trained.json", "utf8"));
  const running = () => view.until("a training", () => document.querySelector("figure").dataset.state === "running");
  // A row of losses is the mean of ten steps; the first ones stand long before the end.
  const some = async (n) => {
    await view.until(`${n} rows of losses of the reader's own`, (n) => {
      const rows = document.querySelector('table[data-series="train-loss"]')?.tBodies[0].rows ?? [];
      return document.querySelector('[data-testid="source"]')?.textContent.includes("Trained in your browser") && rows.length >= n && [...rows].slice(0, n).every((row) => !row.textContent.includes("–"));
    }, [n], 120_000);
    return (await view.rows("train-loss")).slice(0, n);
  };
  const right = (rows) => {
    for (const [i, row] of rows.entries()) {
      trained.courses.forEach(({ losses }, column) => {
        const mean = losses.slice(10 * i, 10 * i + 10).reduce((a, b) => a + b) / 10;
        assert.ok(Math.abs(Number(row[column + 1]) - mean) <= 1e-3, `${row} against ${mean}`);
      });
    }
  };
  await view.click('[data-testid="run"]');
  await running();
  right(await some(3));
  // Pressed where it stands: what a model writes moves it.
  const press = (what) => view.evaluate((what) => document.querySelector(`[data-testid="${what}"]`).click(), what);
  await press("pause");
  await view.until("a pause", () => document.querySelector("figure").dataset.state === "idle" && document.querySelector('[data-testid="status"]').textContent.includes("Paused"));
  await press("pause");
  await running();
  await view.until("a checkpoint of each model", async () => {
    const [, records] = await alibiTraining.read();
    return records.length === 2 && records.every(([, state]) => state?.length > 1e6);
  }, [], 60_000);
  const before = await some(3);
  await view.evaluate(() => {
    window.before = true;
    setTimeout(() => location.reload());
  });
  await view.until("the question", () => !window.before && Boolean(document.querySelector('[data-testid="kept-go-on"]')));
  assert.match(await view.text('[data-testid="kept"]'), /You were training Sinusoidal and ALiBi: [\d,]+ of 600,064 tokens/);
  assert.equal(await view.evaluate(() => document.querySelector("figure").dataset.state), "idle");
  await press("kept-go-on");
  await running();
  assert.deepEqual(await some(3), before);
  await press("stop");
  await view.until("the last curve", () => document.querySelector("figure").dataset.state === "done", [], 120_000);
  assert.equal((await view.rows("train-curve")).length, 5);
}
