// What the tests of faults share.
import { expect, type Page } from "@playwright/test";
import { expectReference } from "./golden";
import { Explainer, type Figure } from "./page";

/** Three models at one short length. */
export const FEW = "?v=1&lengths=32&targets=2048";

/** What loads an engine begins with this script, in workers as in the page. */
export async function inWorkers(page: Page, script: string): Promise<void> {
  await page.route(/worker_loader[^/]*\.js/, async (route) => {
    // With its headers: a page that isolates itself starts no worker without them.
    const response = await route.fetch();
    await route.fulfill({ response, body: `${script};\n${await response.text()}` });
  });
}

/** The laboratory at a query. */
export async function laboratory(page: Page, query: string): Promise<Figure> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  return explainer.figure("perplexity");
}

/** Every point is there and right; what computed it. */
export async function expectPoints(figure: Figure, n: number): Promise<string[]> {
  const points = await figure.csv();
  expect(points.length).toBe(n);
  for (const point of points) expectReference(point, 2048);
  return points.map((point) => point.source);
}
