// The page as the tests see it: the handles of figures, controls and tables, and what a reader can do with them.
import { readFile } from "node:fs/promises";
import axe from "axe-core";
import { expect, type Frame, type Locator, type Page, type Request } from "@playwright/test";
import { EMPTY, FIGURES, figureOf, idle, open, stand } from "./open.mjs";

export { EMPTY, FIGURES };

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
  interface Window {
    /** What the page calls that may break: assets/start.js. */
    alibiAttempt: (what: () => void) => string | undefined;
    /** Fetches a file of the site: assets/start.js. */
    alibiFetch: (base: string, path: string) => Promise<Response>;
    /** Keeps a text with the tab: assets/start.js. */
    alibiStore: (name: string, text: string) => boolean;
    /** Settled when a run has begun. */
    begun: Promise<boolean>;
  }
}

/** Base URL of the site under test, with a final slash. */
export const site = () => process.env.SITE!;

/** What a page has asked for and not yet got. */
export class Traffic {
  private readonly pending = new Set<Request>();

  constructor(private readonly page: Page) {
    page.on("request", (request) => {
      if (!/^(?:blob|data):/.test(request.url())) this.pending.add(request);
    });
    page.on("requestfinished", (request) => this.pending.delete(request));
    page.on("requestfailed", (request) => this.pending.delete(request));
  }

  /** Waits until the page has all that it asked for, has drawn it and what that leads to is done. */
  async rest(frame: Page | Frame = this.page): Promise<void> {
    await expect
      .poll(async () => {
        await idle(frame);
        const before = [...this.pending];
        await idle(frame);
        return new Set([...before, ...this.pending].map((request) => request.url()));
      }, { message: "requests under way" })
      .toEqual(new Set());
  }
}

/** Whether the page is being left for another: it then hears that what it was fetching failed, and a reader never sees it. */
function leaving(page: Page): () => boolean {
  let left = false;
  const goes = (request: Request) => request.isNavigationRequest() && request.frame() === page.mainFrame();
  page.on("request", (request) => (left ||= goes(request)));
  page.on("requestfailed", (request) => (left &&= !goes(request)));
  page.on("framenavigated", (frame) => (left &&= frame !== page.mainFrame()));
  return () => left;
}

export class Explainer {
  readonly watch: Watch = { errors: [], foreign: [] };
  private readonly traffic: Traffic;

  constructor(
    readonly page: Page,
    readonly base = site(),
  ) {
    this.traffic = new Traffic(page);
    const left = leaving(page);
    const wrong = (text: string) => {
      // Chromium gives no reason where a fetch ended with its page.
      if (/^Fetch API cannot load \S+\. ?$/.test(text)) return;
      if (!left() || !text.includes("Failed to fetch")) this.watch.errors.push(text);
    };
    page.on("console", (message) => {
      if (message.type() === "error") wrong(message.text());
    });
    page.on("pageerror", (error) => wrong(error.message));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (!["data:", "blob:"].includes(url.protocol) && url.origin !== new URL(base).origin) {
        this.watch.foreign.push(request.url());
      }
    });
  }

  /** Opens the page with that query and waits for its figures. */
  async open(query = ""): Promise<void> {
    await open(this.page, this.base + query);
  }

  /** Opens the page anew at the address where it is, and waits for its figures. */
  async reload(): Promise<void> {
    await this.page.reload();
    await stand(this.page);
  }

  /** Waits until the page has all that it asked for and has drawn it. */
  async rest(): Promise<void> {
    await this.traffic.rest();
  }

  figure(id: string): Figure {
    return new Figure(this.page, figureOf(this.page, id));
  }

  /** Ids of the figures, in the page's order: the registry. */
  async figureIds(): Promise<string[]> {
    return this.page.locator("figure[data-figure]").evaluateAll((all) => all.map((f) => f.getAttribute("data-figure")!));
  }

  /** What the address says of the settings now. */
  get query(): URLSearchParams {
    return new URL(this.page.url()).searchParams;
  }

  /** Pixels by which the page is wider than its window. */
  async excess(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** What axe finds wrong with the page as it stands, every table open. */
  async violations(): Promise<string[]> {
    await this.page.locator("details").evaluateAll((all) => all.forEach((d) => ((d as HTMLDetailsElement).open = true)));
    await this.rest();
    // Evaluated by the driver, hence not subject to the page's content policy.
    await this.page.evaluate(axe.source);
    return this.page.evaluate(async () => {
      const found = await (window as unknown as { axe: typeof axe }).axe.run();
      return found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 5).map((n) => n.html).join(" | ")}`);
    });
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

  /** Comes to the figure: what is far from the reader computes and draws nothing. */
  async approach(): Promise<void> {
    await this.root.scrollIntoViewIfNeeded();
    await idle(this.page);
  }

  /** Comes to the figure and waits until it says what it found, its recorded answers among it. */
  async near(): Promise<void> {
    await this.approach();
    await expect(this.root).not.toHaveAttribute("data-state", "loading");
    await expect(this.control("finding").first()).not.toBeEmpty();
  }

  /** Rows of a table as texts. */
  async rows(series: string): Promise<string[][]> {
    await this.approach();
    // One that is closed follows when the figure stands still.
    await expect(this.root.locator(`table[data-series="${series}"][aria-busy="true"]`)).toHaveCount(0);
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
    await this.approach();
    return this.root.evaluate((root) => {
      let [a, b] = [0, 1];
      for (const drawn of root.querySelectorAll<HTMLCanvasElement | HTMLImageElement>("canvas, img")) {
        const text = "src" in drawn ? drawn.src : drawn.toDataURL();
        for (let i = 0; i < text.length; i++) {
          a = (Math.imul(a, 31) + text.charCodeAt(i)) | 0;
          b = (Math.imul(b, 37) + text.charCodeAt(i)) | 0;
        }
      }
      return `${a} ${b}`;
    });
  }

  /** Does something and waits until the drawing has changed because of it. */
  async redraws(what: string, act: () => Promise<void>): Promise<void> {
    const before = await this.drawing();
    await act();
    await expect.poll(() => this.drawing(), { message: `${what} must redraw the figure` }).not.toBe(before);
  }

  async finding(): Promise<string> {
    await this.approach();
    return (await this.control("finding").first().textContent()) ?? "";
  }

  /** Waits until the figure is in that state. */
  async reaches(state: string, timeout?: number): Promise<void> {
    await expect(this.root).toHaveAttribute("data-state", state, { timeout });
  }

  /** Runs it and waits for the end. */
  async runs(timeout = 60_000): Promise<void> {
    // The end of an earlier run is not taken for the end of this one.
    await this.root.evaluate((root) => {
      const changes = { attributes: true, attributeFilter: ["data-state"] };
      window.begun = new Promise((begun) => new MutationObserver(() => begun(true)).observe(root, changes));
    });
    await this.control("run").click();
    await this.root.evaluate(() => window.begun);
    await this.reaches("done", timeout);
  }

  /** Runs it until that many answers of this page are shown, and stops it. */
  async runsFor(answers: number): Promise<void> {
    await this.control("run").click();
    const shown = async () => {
      const source = (await this.control("source").textContent()) ?? "";
      const some = /Of these results, ([\d,]+) (?:was|were) computed/.exec(source)?.[1];
      return source.startsWith("These numbers were computed in this page") ? answers : Number.parseInt(some?.replaceAll(",", "") ?? "0");
    };
    await expect.poll(shown, { timeout: 60_000 }).toBeGreaterThanOrEqual(answers);
    await stop(this.root);
  }
}
