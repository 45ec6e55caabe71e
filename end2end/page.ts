// The page as the tests see it: the handles of figures, controls and tables, and what a reader can do with them.
import { readFile } from "node:fs/promises";
import { expect, type Locator, type Page } from "@playwright/test";

/** What must stay empty while the page is used. */
export interface Watch {
  /** Console errors and uncaught exceptions. */
  errors: string[];
  /** Requests to other origins. */
  foreign: string[];
}

declare global {
  /** Where a file of the site is: assets/start.js. */
  function alibiFile(path: string): string;
}

/** Base URL of the site under test, with a final slash. */
export const site = () => process.env.SITE!;

export class Explainer {
  readonly watch: Watch = { errors: [], foreign: [] };

  constructor(
    readonly page: Page,
    readonly base = site(),
  ) {
    page.on("console", (message) => {
      if (message.type() === "error") this.watch.errors.push(message.text());
    });
    page.on("pageerror", (error) => this.watch.errors.push(error.message));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.origin !== new URL(base).origin) {
        this.watch.foreign.push(request.url());
      }
    });
  }

  /** Opens the page with that query and waits for its figures. */
  async open(query = ""): Promise<void> {
    await this.page.goto(this.base + query);
    await expect(this.page.locator("figure[data-figure]").first()).toBeVisible();
    // The other figures come when the first one stands.
    if (!(await this.page.locator("main.embed").count())) {
      await expect(this.page.locator("figure[data-figure]")).toHaveCount(FIGURES.length);
    }
  }

  figure(id: string): Figure {
    return new Figure(this.page, this.page.locator(`figure[data-figure="${id}"]`));
  }

  /** Ids of the figures, in the page's order: the registry. */
  async figureIds(): Promise<string[]> {
    return this.page.locator("figure[data-figure]").evaluateAll((all) => all.map((f) => f.getAttribute("data-figure")!));
  }
}

/** Chooses a value of a group of radio buttons, by its label as a reader does. */
export async function choose(group: Locator, value: string): Promise<void> {
  const button = group.locator(`input[value="${value}"]`);
  await group.locator("label").filter({ has: group.page().locator(`input[value="${value}"]`) }).click();
  await expect(button).toBeChecked();
}

/** Presses a figure's Stop; milliseconds, measured inside the page, until its state shows it. */
export async function stop(root: Locator): Promise<number> {
  return root.evaluate(
    (root) =>
      new Promise<number>((resolve) => {
        const begin = performance.now();
        new MutationObserver(() => {
          if (root.getAttribute("data-state") !== "running") resolve(performance.now() - begin);
        }).observe(root, { attributes: true, attributeFilter: ["data-state"] });
        root.querySelector<HTMLButtonElement>('[data-testid="stop"]')!.click();
      }),
  );
}

/** Ids of the figures in the page's order: what the registry should hold. */
export const FIGURES = [
  "extrapolation", "methods", "slopes", "bias", "reach", "perplexity", "train-short", "early-tokens", "cost", "what-if", "attention",
  "generate", "paper", "verify",
];

export class Figure {
  constructor(
    readonly page: Page,
    readonly root: Locator,
  ) {}

  control(testid: string): Locator {
    return this.root.getByTestId(testid);
  }

  /** Sets a control to a value, whatever element it is. */
  async set(testid: string, value: string | number): Promise<void> {
    const control = this.control(testid).first();
    const kind = await control.evaluate((e) => `${e.tagName}:${(e as HTMLInputElement).type ?? ""}`.toLowerCase());
    if (kind.startsWith("select")) await control.selectOption(String(value));
    else if (kind.startsWith("input")) await control.fill(String(value));
    else await choose(control, String(value));
  }

  /** Ticks a box, or takes its tick away, by its label as a reader does. */
  async tick(testid: string, on: boolean): Promise<void> {
    const box = this.control(testid);
    if ((await box.isChecked()) !== on) await this.root.locator("label").filter({ has: this.page.getByTestId(testid) }).click();
    await expect(box).toBeChecked({ checked: on });
  }

  /** Rows of a table as texts. What is far from the reader computes nothing: this comes near first. */
  async rows(series: string): Promise<string[][]> {
    await this.root.scrollIntoViewIfNeeded();
    return this.root
      .locator(`table[data-series="${series}"] tbody tr`)
      .evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent?.trim() ?? "")));
  }

  /** The figure's CSV file, one object per line. */
  async csv(): Promise<Record<string, string>[]> {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.control("export-csv").first().click()]);
    const lines = (await readFile(await download.path(), "utf8")).trim().split("\n").map((line) => line.split(","));
    const [names, ...rows] = lines;
    return rows.map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  }

  /** Fingerprint of everything drawn in the figure's canvases and pictures. */
  async drawing(): Promise<string> {
    await this.root.scrollIntoViewIfNeeded();
    return this.root.evaluate((root) => {
      let hash = 0n;
      for (const drawn of root.querySelectorAll<HTMLCanvasElement | HTMLImageElement>("canvas, img")) {
        for (const c of "src" in drawn ? drawn.src : drawn.toDataURL()) hash = (hash * 31n + BigInt(c.charCodeAt(0))) % 18446744073709551557n;
      }
      return hash.toString();
    });
  }

  /** Does something and waits until the drawing has changed because of it. */
  async redraws(what: string, act: () => Promise<void>): Promise<void> {
    const before = await this.drawing();
    await act();
    await expect.poll(() => this.drawing(), { message: `${what} must redraw the figure` }).not.toBe(before);
  }

  async finding(): Promise<string> {
    await this.root.scrollIntoViewIfNeeded();
    return (await this.control("finding").first().textContent()) ?? "";
  }

  /** Waits until the figure is in that state. */
  async reaches(state: string, timeout?: number): Promise<void> {
    await expect(this.root).toHaveAttribute("data-state", state, { timeout });
  }
}
