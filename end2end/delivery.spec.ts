// What is handed to a host: names, compressed copies, headers; and what the browser keeps of it.
import { expect, test, type Page } from "@playwright/test";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { digest, files } from "../.ci/dist/files.mjs";
import { STABLE } from "../.ci/dist/names.mjs";
import { headersFor, parseHeaders } from "../.ci/dist/policy.mjs";
import { expectReference } from "./golden";
import { Explainer, FIGURES, Traffic } from "./page";
import { ROOT, fileName, listen, stop } from "./server.mjs";

const COPY = /\.(?:br|gz)$/;
const shipped: string[] = existsSync(ROOT) ? files(ROOT).filter((path: string) => !COPY.test(path)) : [];
const read = (path: string) => readFileSync(join(ROOT, path));

test("every file but the stable ones has a hash of its contents in its name", () => {
  const changing = shipped.filter((path) => !STABLE.test(path));
  expect(changing.filter((path) => !/^assets\/.*-[0-9a-f]{12}\.\w+$/.test(path))).toEqual([]);
  expect(changing.length).toBeGreaterThan(30);
  // Code is named after more than itself: what it loads changes its name as well.
  for (const path of changing.filter((p) => !/\.(?:js|wasm)$/.test(p))) expect(path).toContain(`-${digest(read(path))}.`);
});

test("compressed copies hold what they are copies of, and save something", () => {
  const copies: string[] = files(ROOT).filter((path: string) => COPY.test(path));
  for (const path of copies) {
    const open = path.endsWith(".br") ? brotliDecompressSync : gunzipSync;
    const original = read(path.replace(COPY, ""));
    expect(open(read(path)).equals(original), path).toBe(true);
    expect(read(path).length, path).toBeLessThanOrEqual(original.length * 0.95);
  }
  for (const path of shipped.filter((p) => /\.(?:html|js|css|wasm)$/.test(p) && read(p).length > 1000)) {
    for (const ending of [".br", ".gz"]) expect(copies, `a copy of ${path}`).toContain(path + ending);
  }
});

test("_headers: any site may use every file, hashed names are kept for ever, the rest is asked for anew", () => {
  const text = read("_headers").toString();
  expect(text).not.toMatch(/x-frame-options|frame-ancestors/i);
  const rules = parseHeaders(text);
  for (const path of ["", ...shipped.filter((p) => p !== "_headers")]) {
    const headers: Record<string, string> = headersFor(rules, `/${path}`);
    expect(headers, path).toMatchObject({
      "Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin",
      "Cross-Origin-Embedder-Policy": "require-corp", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer",
    });
    const hashed = path !== "" && !STABLE.test(path);
    const expected = hashed ? "public, max-age=31536000, immutable" : path.startsWith("pictures/") ? "public, max-age=86400" : "no-cache";
    expect(headers["Cache-Control"], path).toBe(expected);
  }
});

test("nothing tells of the machine it was built on, and every address is relative", () => {
  // Joined here: the sources are searched for them as well.
  const machine = ["/ro|ot/", "/ho|me/", "/Us|ers/", "/wo|rk/", "file|:///", "local|host", "127.|0.0.1"].map((part) => part.replace("|", ""));
  for (const path of files(ROOT).filter((p: string) => !COPY.test(p))) {
    const contents = read(path).toString("latin1");
    expect(machine.filter((part) => contents.includes(part)), path).toEqual([]);
    if (!path.endsWith(".html")) continue;
    const loaded = [...contents.matchAll(/<(?:script|link|img|iframe)\b[^>]*?\b(?:src|href|data-js|data-wasm|data-offline)="([^"]+)"/g)];
    const foreign = loaded.map(([tag, address]) => ({ tag, address })).filter(({ address }) => !/^(?:\.\/|data:)/.test(address));
    // An address that tells where the site lies needs the whole of it (BASE_URL), and loads nothing.
    expect(foreign.filter(({ tag }) => !/rel="(?:canonical|alternate)"/.test(tag)), path).toEqual([]);
  }
});

test("every figure has a page and a picture", () => {
  for (const id of FIGURES) {
    expect(shipped).toContain(`embed/${id}/index.html`);
    expect(shipped).toContain(`pictures/${id}.png`);
  }
});

test.describe("kept in the browser", () => {
  test.use({ serviceWorkers: "allow" });

  /** Waits until the page is looked after by a service worker. */
  async function kept(page: Page): Promise<void> {
    await page.waitForFunction(() => navigator.serviceWorker.controller?.state === "activated", undefined, { timeout: 30_000 });
  }

  const inCache = (page: Page) =>
    page.evaluate(async () => {
      const names = await caches.keys();
      const requests = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
      return { names, urls: requests.flat().map((request) => request.url) };
    });

  async function run(explainer: Explainer): Promise<void> {
    const figure = explainer.figure("perplexity");
    await figure.runs();
    for (const point of await figure.csv()) expectReference(point, 2048);
  }

  const FEW = "?v=1&engine=cpu&lengths=32&targets=2048&models=alibi-256";

  test("after one visit the page opens without a network, and runs the models that it has run", async ({ page, context }) => {
    test.setTimeout(2 * 60_000);
    const server = await listen();
    const home = server.site();
    try {
      const explainer = new Explainer(page, home);
      await explainer.open(FEW);
      await kept(page);
      await run(explainer);
      expect(explainer.watch).toEqual({ errors: [], foreign: [] });
      // Kept as they come, beside what the run does with them.
      await explainer.rest();
      for (const asked of ["models/alibi-256.safetensors", "models/manifest.json", "models/recorded.json", "models/lines.json"]) {
        await expect.poll(async () => (await inCache(page)).urls).toContain(home + fileName(`assets/${asked}`));
      }
      await context.setOffline(true);
    } finally {
      // No network for the service worker either.
      stop(server);
    }
    const later = await context.newPage();
    const explainer = new Explainer(later, home);
    await explainer.open(FEW);
    for (const id of ["opening", "extrapolation"]) await expect.poll(async () => (await explainer.figure(id).rows(id)).length).toBeGreaterThan(0);
    await run(explainer);
    // A model that was never run is said to be out of reach, by its name.
    await later.goto(`${home}${FEW.replace("alibi-256", "rotary-256")}`);
    await explainer.figure("perplexity").control("run").click();
    await expect(explainer.figure("perplexity").control("failure").first()).toContainText("rotary-256.safetensors");
    for (const address of ["?v=1&embed=slopes&heads=12", "embed/slopes/?v=1&heads=12"]) {
      await later.goto(home + address);
      await expect.poll(async () => (await explainer.figure("slopes").rows("slopes")).length).toBe(12);
      await expect(later.locator("figure[data-figure]")).toHaveCount(1);
    }
  });

  /** The site as its next version: another title, another start script. */
  function nextVersion(): { root: string; script: string; newScript: string } {
    const root = mkdtempSync(join(tmpdir(), "alibi-next-"));
    cpSync(ROOT, root, { recursive: true });
    const script = shipped.find((path) => /^assets\/start-/.test(path))!;
    const newScript = script.replace(/-[0-9a-f]{12}/, "-0123456789ab");
    for (const path of files(root).filter((p: string) => COPY.test(p))) rmSync(join(root, path));
    renameSync(join(root, script), join(root, newScript));
    writeFileSync(join(root, newScript), `${readFileSync(join(root, newScript))}\ndocument.body.style.outline = "3px solid rgb(1, 2, 3)";\n`);
    for (const path of ["index.html", "sw.js"]) {
      const next = readFileSync(join(root, path), "utf8").replaceAll(script, newScript);
      const checked = createHash("sha256").update(readFileSync(join(root, newScript))).digest("base64");
      const listed = next.replace(new RegExp(`("${newScript}":")[^"]*`), `$1${checked}`).replace(/(?<=integrity="sha256-)[^"]*/, checked);
      writeFileSync(join(root, path), listed.replace(/<title>/, "<title>Next: ").replace(/"version":"\w+"/, '"version":"next"'));
    }
    return { root, script, newScript };
  }

  test("an update shows at the first reload, keeps what has not changed and drops the rest", async ({ page, context }) => {
    test.setTimeout(2 * 60_000);
    const { root, script, newScript } = nextVersion();
    const server = await listen();
    const asked: string[] = [];
    server.on("request", ({ url }: { url: string }) => asked.push(url));
    const weights = fileName("assets/models/alibi-256.safetensors");
    const fetchWeights = (page: Page) =>
      page.evaluate((url) => fetch(url).then((response) => response.arrayBuffer()).then((b) => b.byteLength), server.site() + weights);
    try {
      const explainer = new Explainer(page, server.site());
      await explainer.open();
      await kept(page);
      const size = await fetchWeights(page);
      const first = await inCache(page);
      expect(first.names.length).toBe(1);
      expect(first.urls).toContain(server.site() + script);
      await expect.poll(async () => (await inCache(page)).urls).toContain(server.site() + weights);

      server.root = root;
      await explainer.reload();
      await expect(page).toHaveTitle(/^Next: /);
      await expect(page.locator("body")).toHaveCSS("outline-color", "rgb(1, 2, 3)");
      // The new worker takes over when no page of the old version is left.
      await expect.poll(() => page.evaluate(async () => Boolean((await navigator.serviceWorker.getRegistration())?.waiting)), { timeout: 30_000 }).toBe(true);
      await page.close();
      const later = await context.newPage();
      await later.goto(server.site());
      await expect.poll(async () => (await inCache(later)).names, { timeout: 30_000 }).toEqual([expect.stringContaining(" next")]);
      const second = (await inCache(later)).urls;
      expect(second).toContain(server.site() + newScript);
      expect(second).not.toContain(server.site() + script);
      expect(second).toContain(server.site() + weights);
      expect(await fetchWeights(later)).toBe(size);
      expect(asked.filter((url) => url.endsWith(weights)).length, "requests for weights that have not changed").toBe(1);
      expect(explainer.watch.errors).toEqual([]);
    } finally {
      stop(server);
      rmSync(root, { recursive: true });
    }
  });

  test("a host that answers a page for the engine's files at the first visit spoils none of the later ones", async ({ page }) => {
    test.setTimeout(2 * 60_000);
    const root = mkdtempSync(join(tmpdir(), "alibi-poisoned-"));
    cpSync(ROOT, root, { recursive: true });
    const engine = files(root).filter((path: string) => /^assets\/worker/.test(path));
    for (const path of engine) {
      if (COPY.test(path)) rmSync(join(root, path));
      else writeFileSync(join(root, path), "<!doctype html><title>Not here</title>");
    }
    const server = await listen();
    server.root = root;
    try {
      const explainer = new Explainer(page, server.site());
      await explainer.open(FEW);
      const figure = explainer.figure("perplexity");
      await figure.control("run").click();
      await expect(figure.control("failure").first()).toContainText("Retry");
      // The service worker has tried, and has kept nothing of it.
      await page.evaluate(() => navigator.serviceWorker.getRegistration());
      expect((await inCache(page)).urls.filter((url) => /worker_/.test(url))).toEqual([]);
      server.root = ROOT;
      await figure.control("retry").first().click();
      await figure.reaches("done", 60_000);
      for (const point of await figure.csv()) expectReference(point, 2048);
      await explainer.reload();
      await kept(page);
      await run(explainer);
    } finally {
      stop(server);
      rmSync(root, { recursive: true });
    }
  });

  test("another site's readers get a figure and nothing more", async ({ page, context }) => {
    const asked: string[] = [];
    await context.exposeFunction("registering", (where: string) => asked.push(where));
    await context.addInitScript(() => {
      const { register } = ServiceWorkerContainer.prototype;
      ServiceWorkerContainer.prototype.register = function (...given) {
        (window as unknown as { registering: (where: string) => void }).registering(window.top === window ? "page" : "frame");
        return register.apply(this, given);
      };
    });
    await page.goto(`${process.env.HOSTS}iframe.html`);
    await expect(page.frameLocator("iframe").locator("figure[data-figure]")).toBeVisible();
    // A page that is opened by itself, and later, has its service worker when the frame would long have had one.
    const alone = await context.newPage();
    await new Explainer(alone).open();
    await expect.poll(() => context.serviceWorkers().length).toBe(1);
    expect(asked).toEqual(["page"]);
  });

  test("where service workers are refused, nothing is said", async ({ page }) => {
    let refused = 0;
    await page.exposeFunction("refuse", () => (refused += 1));
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, "serviceWorker", {
        get: () => {
          (window as unknown as { refuse: () => void }).refuse();
          throw new DOMException("refused", "SecurityError");
        },
      });
    });
    await page.clock.install();
    const explainer = new Explainer(page);
    await explainer.open();
    await page.clock.runFor(10_000);
    await expect.poll(() => refused).toBeGreaterThan(0);
    await explainer.rest();
    expect(explainer.watch).toEqual({ errors: [], foreign: [] });
  });
});
