// WebGPU on the browser's software adapter: the same numbers as the CPU and as the native reference.
import { expect, test, type Page } from "@playwright/test";
import { expectReference, shippedModels } from "./golden";
import { Explainer, site } from "./page";

interface Scored {
  blocks: { nll: number; n_targets: number }[];
  engine: string;
}

/** Asks a worker of its own, as the page's client would: one evaluation. */
async function evaluate(page: Page, model: string, length: number, targets: number, engine: string): Promise<Scored> {
  return page.evaluate(
    ([base, model, length, targets, engine]) =>
      new Promise<Scored>((resolve, reject) => {
        const worker = new Worker(base + alibiFile("assets/worker_loader.js"), { type: "module" });
        worker.onerror = (event) => reject(new Error(event.message));
        worker.onmessage = ({ data }) => {
          if (data.body === "Ready") {
            const body = {
              model, stream: "held-out", length, protocol: "Nonoverlapping", first_target: 16384, n_targets: targets, engine,
            };
            worker.postMessage({ id: 2, body: { Evaluate: body } });
          } else if (data.body.Scored) {
            worker.terminate();
            resolve(data.body.Scored);
          } else if (data.body.Failed) {
            worker.terminate();
            reject(new Error(JSON.stringify(data.body.Failed)));
          }
        };
        worker.postMessage({ id: 1, body: { Configure: { base } } });
      }),
    [site(), model, length, targets, engine] as const,
  );
}

// Every model that the site ships; the native tests hold all methods, trained or not.
for (const id of shippedModels()) {
  test(`GPU and CPU agree: ${id}`, async ({ page }) => {
    test.setTimeout(5 * 60_000);
    const explainer = new Explainer(page);
    await explainer.open();
    for (const length of [256, 1024]) {
      const cpu = await evaluate(page, id, length, 2048, "cpu");
      const gpu = await evaluate(page, id, length, 2048, "gpu");
      expect([cpu.engine, gpu.engine]).toEqual(["cpu", "gpu"]);
      expect(gpu.blocks.map((b) => b.n_targets)).toEqual(cpu.blocks.map((b) => b.n_targets));
      gpu.blocks.forEach((block, i) => {
        const difference = (block.nll - cpu.blocks[i].nll) / block.n_targets;
        expect(Math.abs(difference), `${id} at ${length}, block ${i}: nats per token`).toBeLessThan(1e-3);
      });
    }
    expect(explainer.watch.errors).toEqual([]);
  });
}

test("the three default models to 1,024 tokens on the GPU equal the native reference", async ({ page }) => {
  test.setTimeout(20 * 60_000);
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=gpu&lengths=32,64,128,256,512,1024&targets=2048");
  const figure = explainer.figure("perplexity");
  await figure.control("run").click();
  await figure.reaches("done", 19 * 60_000);
  const points = await figure.csv();
  expect(points.length).toBe(18);
  for (const point of points) {
    expect(point.source).toBe("gpu");
    expectReference(point, 2048);
  }
  await expect(figure.root.locator('[data-engine="gpu"]').first()).toBeVisible();
});

test("auto leaves a software adapter alone, and says so", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&engine=auto&lengths=32&targets=2048&models=alibi-256");
  const figure = explainer.figure("perplexity");
  await figure.control("run").click();
  await figure.reaches("done", 60_000);
  await expect(figure.control("notice").first()).toContainText(/software/i);
  expect((await figure.csv())[0].source).toBe("cpu");
});
