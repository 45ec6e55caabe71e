// The article as a whole: what it shows first, what stays quiet, links that open states, the reader's guess, what can be
// pasted elsewhere, what a teacher hides, paper.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { Explainer, FIGURES, site } from "./page";
import { interactions, vitals } from "./vitals.mjs";

test("weights are not fetched, and nothing far away is drawn, before the reader asks or comes near", async ({ page }) => {
  const weights: string[] = [];
  page.on("request", (request) => {
    if (/safetensors/.test(request.url())) weights.push(request.url());
  });
  const explainer = new Explainer(page);
  await explainer.open();
  const far = explainer.figure("what-if").root;
  await explainer.rest();
  expect(await far.getByTestId("finding").textContent()).toBe("");
  expect(await far.locator("canvas").first().evaluate((c) => (c as HTMLCanvasElement).width)).toBe(300);
  await far.scrollIntoViewIfNeeded();
  await expect(far.getByTestId("finding")).not.toBeEmpty();
  await expect.poll(() => far.locator("canvas").first().evaluate((c) => (c as HTMLCanvasElement).width)).toBeGreaterThan(300);
  await explainer.rest();
  expect(weights).toEqual([]);
});

test("a question's link opens its state, and leaves other settings alone", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?stride=16");
  const question = page.locator("details", { hasText: "slopes of 12 heads" });
  await question.locator("summary").click();
  await question.getByRole("link", { name: "sorted" }).click();
  const slopes = explainer.figure("slopes");
  await expect(slopes.control("heads")).toHaveValue("12");
  await expect(slopes.root).toBeInViewport();
  // Steepest first: 2^(−1/2), 1/2, 2^(−3/2).
  await expect.poll(async () => (await slopes.rows("slopes")).slice(0, 3).map((row) => row[1])).toEqual(["0.707107", "0.5", "0.353553"]);
  await expect.poll(() => Object.fromEntries(explainer.query)).toEqual({ v: "1", heads: "12", order: "sorted", stride: "16" });
  expect(new URL(page.url()).hash).toBe("#slopes");
  expect(explainer.watch.errors).toEqual([]);
});

test("every link to a state leads to a figure that takes it", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const links = await page.locator("a[href^='?']").evaluateAll((all) => all.map((a) => a.getAttribute("href")!));
  expect(links.length).toBeGreaterThanOrEqual(9);
  for (const link of new Set(links)) {
    const [query, anchor] = link.split("#");
    await page.goto(`${site()}${query}&embed=${anchor}`);
    await expect(page.locator(`figure#${anchor}`)).toBeVisible();
    await expect(page.getByTestId("notices")).toHaveCount(0);
  }
});

test("predict, then reveal: nothing tells before, the guess lies over the measurement after", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const figure = explainer.figure("extrapolation");
  await figure.control("predict").click();
  await expect(figure.control("finding")).toContainText("What do you expect past 256 tokens");
  await expect.poll(async () => (await figure.rows("extrapolation")).some((row) => Number(row[1].replace(",", "")) > 256)).toBe(false);
  await expect(figure.control("guess-model")).toHaveValue("alibi-256");
  // By pointer: near the right edge, at mid-height of a logarithmic axis from 5 to 1,000, some 70.
  const canvas = figure.root.locator("canvas");
  // Its place on the page moves as the controls of the guess come.
  await explainer.rest();
  const box = (await canvas.boundingBox())!;
  await canvas.click({ position: { x: box.width * 0.88, y: box.height * 0.5 } });
  await expect(figure.control("guess-4096")).not.toHaveValue("");
  const drawn = Number(await figure.control("guess-4096").inputValue());
  expect(drawn).toBeGreaterThan(30);
  expect(drawn).toBeLessThan(150);
  // By keyboard.
  await figure.control("guess-1024").fill("40");
  await figure.control("guess-1024").press("Enter");
  await figure.control("guess-model").selectOption("rotary-256");
  await expect(figure.control("guess-1024")).toHaveValue("");
  await figure.control("guess-1024").fill("52");
  await figure.control("guess-1024").press("Enter");
  await figure.redraws("revealing", () => figure.control("reveal").click());
  await expect(figure.control("verdict")).toContainText(`You guessed ${drawn} for ALiBi at 4,096 tokens; it scores 13.74.`);
  await expect(figure.control("verdict")).toContainText("You guessed 52 for Rotary at 1,024 tokens; it scores 51.95.");
  // The address follows the settings when they stand still: all of it, before the page is opened by it again.
  const said = () => ["guess", "predict"].map((key) => explainer.query.get(key));
  await expect.poll(said).toEqual([`alibi-256_0_40_0_${drawn},rotary-256_0_52_0_0`, null]);
  await explainer.reload();
  await expect(figure.control("verdict")).toContainText("51.95");
  await figure.control("clear-guess").click();
  await expect(figure.control("verdict")).toBeEmpty();
});

test("what is offered for pasting shows the figure as it stands", async ({ page, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const explainer = new Explainer(page);
  await explainer.open("?heads=12&theme=dark&stride=16");
  const slopes = explainer.figure("slopes");
  await slopes.root.scrollIntoViewIfNeeded();
  await slopes.control("embed").click();
  const text = slopes.control("embed-text");
  const { height } = JSON.parse(readFileSync("assets/figures.json", "utf8")).find((f: { id: string }) => f.id === "slopes");
  await expect(text).toHaveValue(`<iframe src="${site()}embed/slopes/?v=1&amp;heads=12&amp;theme=dark" title="The slope of every head" width="100%" height="${height}" style="border:0" loading="lazy" allow="clipboard-write"></iframe>`);
  // It follows the settings.
  await slopes.set("heads", 6);
  await expect(text).toHaveValue(/heads=6&amp;/);
  await slopes.set("embed-kind", "script");
  await expect(text).toHaveValue(/<alibi-figure figure="slopes" heads="6" theme="dark">/);
  await slopes.control("embed-copy").click();
  await expect(slopes.root).toContainText("Copied.");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await text.inputValue());
  await slopes.control("embed-show").click();
  const inside = page.frameLocator('[data-testid="embed-preview"]');
  await expect(inside.locator('figure[data-figure="slopes"]')).toBeVisible();
  await expect(inside.getByTestId("heads")).toHaveValue("6");
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("an address with a figure's name opens at that figure", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("#bias");
  await expect(page.locator("#section-bias")).toBeInViewport();
  await expect(explainer.figure("bias").root.locator("canvas")).toBeVisible();
});

test("after a step back the address still says what is shown", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const slopes = explainer.figure("slopes");
  await page.locator('nav a[href="#section-slopes"]').first().click();
  await slopes.set("heads", 12);
  await expect.poll(() => new URL(page.url()).search).toBe("?v=1&heads=12");
  await page.goBack();
  await expect.poll(() => new URL(page.url()).search).toBe("?v=1&heads=12");
  await expect(slopes.control("heads")).toHaveValue("12");
});

test("two figures' panels for pasting are apart, and a preview follows when the settings stand still", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  const [slopes, bias] = [explainer.figure("slopes"), explainer.figure("bias")];
  for (const figure of [slopes, bias]) {
    await figure.root.scrollIntoViewIfNeeded();
    await figure.control("embed").click();
    await expect(figure.control("embed-text")).toBeVisible();
  }
  await slopes.set("embed-kind", "script");
  await expect(bias.control("embed-kind").locator("input").first()).toBeChecked();
  await expect(bias.control("embed-text")).toHaveValue(/^<iframe /);
  await slopes.control("embed-show").click();
  const frame = slopes.control("embed-preview");
  await expect(frame).toHaveAttribute("src", /slopes/);
  const steps = await page.evaluate(() => history.length);
  for (const heads of [9, 10, 11]) await slopes.set("heads", heads);
  await expect(frame).toHaveAttribute("src", /heads=11/);
  expect(await page.evaluate(() => history.length)).toBe(steps);
  // What is shut away loads nothing.
  await slopes.control("embed").click();
  await expect(frame).toHaveCount(0);
  expect(explainer.watch.foreign).toEqual([]);
});

test("a figure that is far away does not follow what another one shares with it", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?heads=4");
  const [slopes, bias] = [explainer.figure("slopes"), explainer.figure("bias")];
  await page.setViewportSize({ width: 1280, height: 400 });
  await bias.root.scrollIntoViewIfNeeded();
  await expect.poll(() => bias.finding()).not.toBe("");
  await page.evaluate(() => scrollTo(0, 0));
  await explainer.rest();
  const label = () => bias.root.locator("canvas").getAttribute("aria-label");
  expect(await label()).toMatch(/(of|all) 4 /);
  await slopes.control("heads").evaluate((box: HTMLInputElement) => {
    box.value = "16";
    box.dispatchEvent(new Event("input", { bubbles: true }));
  });
  // Not brought into sight: the other stands above it.
  await expect(slopes.control("finding")).toContainText("16");
  await explainer.rest();
  expect(await label()).toMatch(/(of|all) 4 /);
  await bias.root.scrollIntoViewIfNeeded();
  await expect.poll(label).toMatch(/(of|all) 16 /);
});

test("what a teacher hides is gone, and stays in the address", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=bias&hide=head,form,export,table");
  const { root } = explainer.figure("bias");
  await expect(root.getByTestId("length")).toBeVisible();
  for (const gone of ["head", "head-slider", "form", "export-csv"]) await expect(root.getByTestId(gone)).toBeHidden();
  await expect(root.locator("details.data")).toBeHidden();
  await explainer.figure("bias").set("length", 32);
  await expect.poll(() => new URL(page.url()).search).toContain("hide=head,form,export,table");
  await explainer.open("?embed=bias&hide=controls");
  await expect(root.getByTestId("length")).toBeHidden();
  // What is no name is said, and does no harm.
  await explainer.open("?embed=bias&hide=%22%5D%7B%7D*%7Bdisplay:none%7D,form");
  await expect(page.getByTestId("address-notice")).toContainText("is not the name of any control");
  await expect(root).toBeVisible();
});

test("on paper every figure is drawn, in light colours", async ({ page }) => {
  test.setTimeout(120_000);
  await page.emulateMedia({ colorScheme: "dark" });
  const explainer = new Explainer(page);
  await explainer.open();
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  for (const id of FIGURES) {
    await expect(explainer.figure(id).root.getByTestId("finding"), id).not.toBeEmpty();
  }
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  const corner = () => explainer.figure("bias").root.locator("canvas").evaluate((c) => {
    const [r, g, b, a] = (c as HTMLCanvasElement).getContext("2d")!.getImageData(1, 1, 1, 1).data;
    return a === 0 ? 255 : (r + g + b) / 3;
  });
  await expect.poll(corner).toBeGreaterThan(200);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  await expect(page.locator("html")).not.toHaveAttribute("data-theme", "light");
  const pdf = await page.pdf({ format: "A4" });
  expect(pdf.length).toBeGreaterThan(50_000);
  await explainer.rest();
  expect(explainer.watch.errors).toEqual([]);
});

test("zoomed in and out, drawings follow and nothing breaks", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=slopes");
  const canvas = explainer.figure("slopes").root.locator("canvas").first();
  const client = await page.context().newCDPSession(page);
  for (const zoom of [1.25, 1.5, 2, 1]) {
    // As a browser's zoom does: more pixels to a CSS pixel, fewer CSS pixels in the window.
    await client.send("Emulation.setDeviceMetricsOverride", {
      width: Math.round(1280 / zoom), height: Math.round(800 / zoom), deviceScaleFactor: zoom, mobile: false,
    });
    const density = () => canvas.evaluate((c: HTMLCanvasElement) => c.width / c.getBoundingClientRect().width);
    await expect.poll(density).toBeCloseTo(zoom, 1);
  }
  await expect(page.getByTestId("broken")).toHaveCount(0);
  expect(explainer.watch.errors).toEqual([]);
});

test("a finding is spoken once it stands, not at every step", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=slopes");
  const figure = explainer.figure("slopes");
  const spoken = figure.control("spoken");
  await expect(spoken).toBeEmpty();
  const said: string[] = [];
  await page.exposeFunction("said", (text: string) => said.push(text));
  await spoken.evaluate((node) => {
    new MutationObserver(() => (window as unknown as { said: (t: string) => void }).said(node.textContent!)).observe(node, { childList: true, characterData: true, subtree: true });
  });
  // Steps that follow one another as fast as a reader's, however busy the machine is.
  await figure.control("heads").evaluate(async (box: HTMLInputElement) => {
    for (const heads of [9, 10, 11, 12]) {
      box.value = String(heads);
      box.dispatchEvent(new Event("input", { bubbles: true }));
      await Promise.resolve();
    }
  });
  await expect(figure.control("finding")).toContainText("12");
  await expect(spoken).toHaveText(await figure.finding());
  await expect.poll(() => said.filter((text) => text !== "")).toEqual([await figure.finding()]);
});

test("nothing jumps, and answers to the reader come at once @timing", async ({ page }) => {
  test.setTimeout(120_000);
  const explainer = new Explainer(page);
  const measured = await vitals(page, site());
  const slowest = await interactions(page);
  console.log(`      LCP ${measured.lcp.toFixed(0)} ms, CLS ${measured.cls.toFixed(3)}, slowest interaction ${slowest.toFixed(0)} ms, ${(measured.bytes / 1000).toFixed(0)} KB before the first click`);
  expect(measured.cls).toBeLessThan(0.05);
  expect(measured.lcp).toBeLessThan(2_500);
  expect(slowest).toBeLessThan(200);
  expect(explainer.watch.errors).toEqual([]);
});

test("the page keeps to the order of its contents", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  expect(await explainer.figureIds()).toEqual(FIGURES);
  const listed = await page.locator("#contents a").evaluateAll((all) => all.map((a) => a.getAttribute("href")!));
  for (const anchor of listed) await expect(page.locator(anchor)).toHaveCount(1);
  const places = await page.locator(listed.join(", ")).evaluateAll((all) => all.map((e) => `#${e.id}`));
  expect(places).toEqual(listed);
  const figures = JSON.parse(readFileSync("assets/figures.json", "utf8")) as { id: string; title: string }[];
  for (const { id, title } of figures) await expect(page.locator(`#${id}-title`)).toHaveText(title);
});

for (const width of [1280, 360]) {
  test(`a link to any place in the page leads there, ${width} px`, async ({ page, context }) => {
    test.setTimeout(180_000);
    const watched = new Explainer(page);
    await page.setViewportSize({ width, height: 800 });
    // Where the page is when it has come to rest: it keeps to its place while what stands above takes its room.
    const settled = async (explainer: Explainer, where: () => Promise<number>) => {
      await explainer.rest();
      return where();
    };
    const places = [...FIGURES.filter((id) => width > 400 || ["slopes", "reach", "what-if", "paper"].includes(id)), "questions", "training"];
    const top = (tab: typeof page, id: string) =>
      tab.evaluate((id) => (document.getElementById(id) ?? document.getElementById(`section-${id}`)!).getBoundingClientRect().top, id);
    for (const id of places) {
      const tab = await context.newPage();
      await tab.setViewportSize({ width, height: 800 });
      const explainer = new Explainer(tab);
      // As a reader who waits: what is far from the place stays a picture.
      await tab.goto(`${site()}?v=1&heads=12#${id}`);
      // At the top, or where the figure stands below the text of its section.
      const inSight = () => tab.evaluate((id) => {
        const place = document.getElementById(id) ?? document.getElementById(`section-${id}`)!;
        const section = place.closest("section")!;
        const tops = [place, section].map((e) => e.getBoundingClientRect().top);
        return Math.min(...tops.map((t) => Math.abs(t)));
      }, id);
      await expect.poll(() => settled(explainer, inSight), { message: `arriving at #${id}` }).toBeLessThan(100);
      await tab.close();
    }
    await watched.open();
    for (const href of ["#section-attention", "#questions", "#section-reach"]) {
      await page.evaluate(() => scrollTo(0, 0));
      // A menu, where the window is narrow.
      if (width < 1200) await page.getByRole("button", { name: "Contents" }).click();
      await page.locator(`nav.contents a[href="${href}"]`).click();
      const away = async () => Math.abs(await top(page, href.slice(1)));
      await expect.poll(() => settled(watched, away), { message: `the contents' ${href}` }).toBeLessThan(100);
    }
  });
}

test("a reader who moves is left where they are", async ({ page }) => {
  await page.clock.install();
  const explainer = new Explainer(page);
  await explainer.open();
  const away = () => page.evaluate(() => Math.abs(document.getElementById("section-bias")!.getBoundingClientRect().top));
  await page.locator('nav.contents a[href="#section-bias"]').click();
  await expect.poll(away).toBeLessThan(100);
  await page.mouse.move(640, 400);
  await page.mouse.wheel(0, 900);
  await expect.poll(away).toBeGreaterThan(300);
  // Longer than the page looks after a place that it has gone to.
  await page.clock.runFor(10_000);
  await explainer.rest();
  expect(await away()).toBeGreaterThan(300);
});

test("the keyboard stays where it is used", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?engine=cpu&targets=2048");
  const figure = explainer.figure("extrapolation");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("data-testid"));
  await figure.control("predict").focus();
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("guess-model");
  await figure.control("reveal").focus();
  await page.keyboard.press("Enter");
  await expect.poll(focused).toBe("predict");
  await figure.control("run").focus();
  await page.keyboard.press("Enter");
  await expect(figure.root).toHaveAttribute("data-state", "running");
  expect(await focused()).toBe("run");
  await figure.control("stop").focus();
  await page.keyboard.press("Enter");
  await expect(figure.root).toHaveAttribute("data-state", /idle|done/);
  expect(await focused()).toBe("stop");
});
