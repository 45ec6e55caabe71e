// What goes wrong with the network, the files or the engine: a message, a way on, and the rest still works.
import { expect, test, type FrameLocator, type Locator, type Page, type Route } from "@playwright/test";
import { expectReference, reference } from "./golden";
import { Explainer, FIGURES, site, stop } from "./page";
import { fileName } from "./server.mjs";

const FEW = "?v=1&engine=cpu&lengths=32&targets=2048";

/** Where a model's weights are. */
const weights = (model: string) => site() + fileName(`assets/models/${model}.safetensors`);

const BREAKS: Record<string, (page: Page, url: string) => Promise<unknown>> = {
  "missing (404)": (page, url) => page.route(url, (route) => route.fulfill({ status: 404, body: "gone" })),
  "out of reach": (page, url) => page.route(url, (route) => route.abort("connectionfailed")),
  "cut short": async (page, url) => {
    const body = await (await page.request.get(url)).body();
    await page.route(url, (route) => route.fulfill({ body: body.subarray(0, body.length / 2) }));
  },
  "of the wrong hash": async (page, url) => {
    const body = await (await page.request.get(url)).body();
    body[body.length - 1] ^= 1;
    await page.route(url, (route) => route.fulfill({ body }));
  },
};

for (const [what, breaks] of Object.entries(BREAKS)) {
  test(`weights ${what}: message, the other methods go on, retry works`, async ({ page }) => {
    test.setTimeout(3 * 60_000);
    const explainer = new Explainer(page);
    await explainer.open(FEW);
    const url = weights("rotary-256");
    await breaks(page, url);
    const figure = explainer.figure("perplexity");
    await figure.runs();
    await expect(figure.control("failure")).toContainText("rotary-256.safetensors");
    expect(new Set((await figure.rows("perplexity")).map((row) => row[0]))).toEqual(new Set(["sinusoidal-256", "alibi-256"]));
    await page.unroute(url);
    await figure.control("retry").click();
    await expect(figure.control("failure")).toHaveCount(0, { timeout: 60_000 });
    await expect.poll(async () => (await figure.rows("perplexity")).length).toBe(3);
  });
}

test("no manifest and no recorded results: messages, and a retry that works", async ({ page }) => {
  await page.route(/models\/(manifest|recorded)[^/]*\.json/, (route) => route.fulfill({ status: 500, body: "" }));
  const explainer = new Explainer(page);
  await explainer.open();
  for (const id of ["opening", "extrapolation", "perplexity"]) {
    await expect(explainer.figure(id).root).toContainText(".json");
  }
  // Figures that need no model are not affected.
  await expect.poll(async () => (await explainer.figure("slopes").rows("slopes")).length).toBe(8);
  await page.unroute(/models\/(manifest|recorded)[^/]*\.json/);
  await explainer.figure("extrapolation").control("retry").first().click();
  await expect.poll(async () => (await explainer.figure("extrapolation").rows("extrapolation")).length).toBeGreaterThan(0);
});

test("where no worker can start, the page computes", async ({ page }) => {
  // As a host's policy or a frame without an origin has it.
  await page.addInitScript(() => {
    window.Worker = class {
      constructor() {
        throw new DOMException("no workers here", "SecurityError");
      }
    } as never;
  });
  const explainer = new Explainer(page);
  await explainer.open(FEW);
  const figure = explainer.figure("perplexity");
  await figure.runs();
  const points = await figure.csv();
  expect(points.length).toBe(3);
  for (const point of points) expectReference(point, 2048);
});

/** The laboratory in a sandboxed frame of another site: the frame and its figure. */
async function sandboxed(page: Page): Promise<{ frame: FrameLocator; root: Locator }> {
  await page.goto(process.env.BLOG!);
  const src = `${site()}?v=1&embed=perplexity&engine=cpu&models=alibi-256&lengths=32,4096&targets=2048`;
  await page.evaluate((src) => {
    const frame = document.createElement("iframe");
    Object.assign(frame, { src, width: "800", height: "1600" });
    frame.setAttribute("sandbox", "allow-scripts");
    document.body.append(frame);
  }, src);
  const frame = page.frameLocator("iframe");
  return { frame, root: frame.locator('figure[data-figure="perplexity"]') };
}

test("in a sandboxed frame of another site the page computes", async ({ page }) => {
  const { root } = await sandboxed(page);
  await root.getByTestId("run").click();
  await expect(root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  const table = root.locator('table[data-series="perplexity"] tbody tr');
  await expect(table).toHaveCount(2);
  const rows = await table.allTextContents();
  // The longest input says how many targets every length scores.
  expect(rows[0]).toContain(reference("alibi-256", 32, 4096).perplexity.toFixed(2));
  expect(rows[1]).toContain(reference("alibi-256", 4096, 4096).perplexity.toFixed(2));
});

test("a sandboxed frame stays responsive: a stop is heard in the midst of a long input @timing", async ({ page }) => {
  const { frame, root } = await sandboxed(page);
  await root.locator("label").filter({ has: frame.getByTestId("length-16384") }).click();
  await root.getByTestId("run").click();
  // The engine is there and works: the first point has come, the last takes long.
  const measured = root.locator('table[data-series="perplexity"] tbody tr').filter({ has: page.locator("td", { hasText: /^cpu$/ }) });
  await expect(measured).not.toHaveCount(0, { timeout: 30_000 });
  await expect(root).toHaveAttribute("data-state", "running");
  const took = await stop(root);
  expect(took).toBeLessThan(200);
});

test("recorded answers that are missing are said to be missing, and can be asked for again", async ({ page }) => {
  await page.route(/precomputed[^/]*\.json/, (route) => route.fulfill({ status: 404 }));
  const explainer = new Explainer(page);
  await explainer.open("?embed=early-tokens");
  const figure = explainer.figure("early-tokens");
  await figure.near();
  await expect(figure.control("failure")).toContainText("The recorded answers could not be loaded.");
  await expect(figure.control("finding")).toContainText("are missing");
  await page.unroute(/precomputed[^/]*\.json/);
  await figure.control("retry").click();
  await expect(figure.control("finding")).toContainText("From inputs of 256 tokens");
  await expect(figure.control("failure")).toHaveCount(0);
});

/** What a host gives that answers everything with its first page, and what is left of a file on a line that breaks. */
const WRONG: [string, (text: string) => string][] = [
  ["another page", () => "<!doctype html>\n<title>Not here</title>\n<p>a, b</p>\n"],
  ["half of it", (text) => text.slice(0, text.length / 2)],
  ["one character changed", (text) => text.replace(/[0-9a-z](?=[^0-9a-z]*$)/, (character) => (character === "1" ? "2" : "1"))],
];
/** Files that the page reads, a figure that needs each, and what it says with it. */
const READ: [RegExp, string, RegExp][] = [
  [/paper\/table-1-\w+\.csv/, "cost", /Not measured on this machine yet/],
  [/paper\/table-2-\w+\.csv/, "paper", /Trained at 512 tokens/],
  [/data\/words-\w+\.txt/, "generate", /of the words that Sinusoidal writes are real/],
  [/precomputed-\w+\.json/, "early-tokens", /From inputs of 256 tokens/],
  [/manifest-\w+\.json/, "early-tokens", /From inputs of 256 tokens/],
  [/recorded-\w+\.json/, "extrapolation", /64 times the training length/],
  [/recorded-\w+\.json/, "opening", /16 times the training length/],
  [/lines-\w+\.json/, "opening", /16 times the training length/],
];

for (const [what, change] of WRONG) {
  test(`files that arrive as ${what} are refused, and can be asked for again`, async ({ page }) => {
    for (const [path, id, says] of READ) {
      const broken = async (route: Route) => route.fulfill({ status: 200, contentType: "text/html", body: change(await (await route.fetch()).text()) });
      await page.route(path, broken);
      const explainer = new Explainer(page);
      await explainer.open(`?v=1&embed=${id}&cost-models=alibi-256&cost-longest=1024`);
      const figure = explainer.figure(id);
      await expect(figure.control("failure"), id).toContainText(/could not be loaded.*as it was published/);
      // The page is whole: another figure's run, the same one's without its table, goes to its end.
      if (id === "cost") {
        await figure.runs();
        expect((await figure.rows("cost")).map((row) => row[1])).toEqual(["256", "1,024"]);
      }
      await page.unroute(path, broken);
      await figure.control("retry").click();
      await expect(figure.control("failure"), id).toHaveCount(0);
      if (id !== "cost") await expect(figure.control("finding"), id).toContainText(says);
      else await expect.poll(async () => (await figure.rows("cost-paper"))[11]).toEqual(["ALiBi", "3,072", "15.5", "42.2", "15.2"]);
    }
  });
}

test("a host that requires trusted types gets every figure, and their runs", async ({ page }) => {
  await page.route((url) => url.href.startsWith(site()) && url.pathname.endsWith("/"), async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, headers: { ...response.headers(), "Content-Security-Policy": "require-trusted-types-for 'script'" } });
  });
  const explainer = new Explainer(page);
  await explainer.open(`${FEW}&models=alibi-256`);
  // It is required indeed.
  expect(await page.evaluate(() => {
    try {
      new Worker("https://example.org/");
      return "taken";
    } catch (error) {
      return (error as Error).name;
    }
  })).toBe("TypeError");
  await expect(page.locator("figure[data-figure]")).toHaveCount(FIGURES.length);
  const figure = explainer.figure("perplexity");
  await figure.runs();
  expectReference((await figure.csv())[0], 2048);
  await explainer.figure("bias").near();
  expect((await explainer.figure("slopes").rows("slopes")).length).toBe(8);
  await expect(page.getByTestId("broken")).toHaveCount(0);
});

test("files that never arrive are given up, and can be asked for again @long", async ({ page }) => {
  let open = false;
  await page.route(/precomputed-\w+\.json/, (route) => (open ? route.continue() : undefined));
  const explainer = new Explainer(page);
  await explainer.open("?embed=early-tokens");
  const figure = explainer.figure("early-tokens");
  await expect(figure.control("finding")).toContainText("on their way");
  await expect(figure.control("failure")).toContainText("did not arrive within 30 seconds", { timeout: 40_000 });
  open = true;
  await figure.control("retry").click();
  await expect(figure.control("finding")).toContainText("From inputs of 256 tokens");
});

test("a worker that cannot start is said so, and can be tried again", async ({ page }) => {
  await page.route(/worker[^/]*\.js/, (route) => route.abort());
  const explainer = new Explainer(page);
  await explainer.open(FEW);
  const figure = explainer.figure("perplexity");
  await figure.control("run").click();
  await figure.reaches("failed", 30_000);
  await expect(figure.control("failure").first()).toContainText("worker");
  await page.unroute(/worker[^/]*\.js/);
  await figure.control("retry").first().click();
  await figure.reaches("done", 60_000);
});

test("without WebGPU the CPU computes, and the page says why", async ({ page }) => {
  for (const engine of ["gpu", "auto"]) {
    const explainer = new Explainer(page);
    await explainer.open(`?v=1&engine=${engine}&lengths=32&targets=2048&models=alibi-256`);
    const figure = explainer.figure("perplexity");
    await figure.runs();
    await expect(figure.control("notice").first()).toContainText(/CPU/);
    // Said again when it runs again.
    await figure.set("targets", 8192);
    await figure.runs();
    await expect(figure.control("notice").first()).toContainText(/CPU/);
    expect((await figure.csv())[0].source).toBe("cpu");
  }
});

/** Figures whose code comes with the page's first file (src/ui/page/article.rs). */
const AT_HAND = ["opening", "idea"];

/** The files of the others. */
const FURTHER = /(?:split_(?:parts|apart)|chunk_)[^/]*\.wasm/;

test("without the files of the further figures the first ones are drawn, and the others can be asked for again", async ({ page }) => {
  await page.route(FURTHER, (route) => route.abort());
  const explainer = new Explainer(page);
  await page.goto(site());
  await expect.poll(async () => (await explainer.figure("opening").rows("opening")).length).toBeGreaterThan(0);
  const failures = page.getByTestId("failure").filter({ hasText: "This part of the page could not be loaded" });
  for (const place of [...FIGURES.filter((id) => !AT_HAND.includes(id)), "training"]) {
    await expect(page.locator(`[data-place="${place}"]`).getByTestId("failure"), place).toContainText("could not be loaded");
  }
  for (const id of AT_HAND) await expect(page.locator(`figure[data-figure="${id}"]`), id).toHaveCount(1);
  await page.unroute(FURTHER);
  // One answer serves all of them. Pressed where it stands: a part that the page comes near to may ask by itself.
  await failures.first().getByTestId("retry").evaluate((button) => (button as HTMLElement).click());
  await expect(page.locator("figure[data-figure]")).toHaveCount(FIGURES.length);
  await expect(failures).toHaveCount(0);
});
