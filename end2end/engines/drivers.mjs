// One handle for three browsers. A driver knows a page's frames by their place (`path`: the index of an <iframe> in its
// document, from the top down), evaluates functions in them, and moves pointer and keys as a reader does. All that is
// said of figures is in scenarios.mjs.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import puppeteer from "puppeteer-core";
import { findChrome } from "../chrome.mjs";
import { ELEMENT, WebDriver, findMiniBrowser } from "./webdriver.mjs";

const FIREFOX = ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"];

/** Chromium and Firefox: puppeteer, by their own protocol and by WebDriver BiDi. */
class Puppeteer {
  #browser;
  #page;
  #said = [];

  static async start(options) {
    const self = new Puppeteer();
    self.downloads = mkdtempSync(join(tmpdir(), "alibi-downloads-"));
    self.#browser = await puppeteer.launch({
      headless: true,
      ...options(self.downloads),
      // Evaluations wait for whole runs.
      protocolTimeout: 600_000,
    });
    self.version = (await self.#browser.version()).replace("/", " ");
    [self.#page] = await self.#browser.pages();
    self.#page.on("console", (message) => message.type() === "error" && self.#said.push(message.text()));
    self.#page.on("pageerror", (error) => self.#said.push(error.message));
    return self;
  }

  narrowest = 0;

  resize(width, height) {
    return this.#page.setViewport({ width, height });
  }

  async goto(url) {
    await this.#page.goto(url, { waitUntil: "load" });
  }

  async #frame(path) {
    let frame = this.#page.mainFrame();
    for (const index of path) {
      const handle = (await frame.$$("iframe"))[index];
      frame = await handle?.contentFrame();
      if (!frame) throw new Error(`there is no frame ${path}`);
    }
    return frame;
  }

  async evaluate(path, body, args) {
    // As text, as WebDriver takes it.
    return (await this.#frame(path)).evaluate(`(${body}).apply(null, ${JSON.stringify(args)})`);
  }

  move(x, y) {
    return this.#page.mouse.move(x, y);
  }

  click(x, y) {
    return this.#page.mouse.click(x, y);
  }

  press(key) {
    return this.#page.keyboard.press(key);
  }

  async screenshot(path) {
    await this.#page.screenshot({ path });
  }

  /** Ends the page's process, as a crash does, and loads the page again. */
  async crash() {
    if (this.version.startsWith("firefox")) {
      // Firefox cannot be told to: the processes of its pages are ended from outside.
      for (const pid of contentProcesses(this.#browser.process().pid)) process.kill(pid, "SIGKILL");
      const alive = () => this.#page.evaluate("1").then(() => true, () => false);
      while (await alive());
    } else {
      const crashed = new Promise((crashed) => this.#page.once("error", crashed));
      const session = await this.#page.createCDPSession();
      session.send("Page.crash").catch(() => {});
      await crashed;
    }
    await this.#page.reload({ waitUntil: "load" });
  }

  /** What the browser has written to its console as errors since the last call. */
  said() {
    return this.#said.splice(0);
  }

  async end() {
    await this.#browser.close();
    rmSync(this.downloads, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** The processes in which a Firefox runs pages: of all that it has started, itself or by others, those that say so. */
function contentProcesses(browser) {
  const all = execFileSync("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="], { encoding: "utf8" })
    .split("\n").map((line) => /^\s*(\d+)\s+(\d+) (.*)$/.exec(line)).filter(Boolean)
    .map(([, pid, parent, args]) => ({ pid: Number(pid), parent: Number(parent), args: args.trim() }));
  const under = (parent) => all.filter((p) => p.parent === parent).flatMap((p) => [p, ...under(p.pid)]);
  return under(browser).filter(({ args }) => args.includes("-contentproc") && args.endsWith(" tab")).map(({ pid }) => pid);
}

/** Keys as the protocol has them. */
const KEYS = {
  Tab: "\uE004", Enter: "\uE007", PageUp: "\uE00E", PageDown: "\uE00F", End: "\uE010", Home: "\uE011",
  ArrowLeft: "\uE012", ArrowUp: "\uE013", ArrowRight: "\uE014", ArrowDown: "\uE015",
};

/** WebKitGTK, by W3C WebDriver. Its console cannot be read from outside: what the page tells (WATCH) has to do. */
class WebKit {
  #driver;
  #path = "";

  static async start() {
    const self = new WebKit();
    self.#driver = await WebDriver.start();
    self.version = self.#driver.version;
    self.downloads = self.#driver.downloads;
    return self;
  }

  // Its window does not get narrower.
  narrowest = 450;

  async resize(width, height) {
    await this.#top();
    // The window is larger than the page by what the browser shows around it.
    for (let tries = 0; tries < 10; tries++) {
      const { w, h } = await this.evaluate([], () => ({ w: innerWidth, h: innerHeight }), []);
      if (w === width && h === height) return;
      const rect = await this.#driver.call("GET", "/window/rect");
      await this.#driver.call("POST", "/window/rect", { x: 0, y: 0, width: rect.width + width - w, height: rect.height + height - h });
    }
    throw new Error(`the window cannot be made ${width} × ${height}`);
  }

  async #top() {
    this.#path = "";
    await this.#driver.call("POST", "/frame", { id: null });
  }

  async goto(url) {
    await this.#top();
    await this.#driver.call("POST", "/url", { url });
  }

  async evaluate(path, body, args) {
    if (path.join() !== this.#path) {
      await this.#top();
      for (const index of path) {
        const frames = await this.#driver.call("POST", "/elements", { using: "css selector", value: "iframe" });
        if (!frames[index]) throw new Error(`there is no frame ${path}`);
        await this.#driver.call("POST", "/frame", { id: frames[index] });
      }
      this.#path = path.join();
    }
    const script = `const done = arguments[arguments.length - 1];
      (async () => (${body}).apply(null, [...arguments].slice(0, -1)))().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = await this.#driver.call("POST", "/execute/async", { script, args });
    if (error) throw new Error(error);
    return value;
  }

  async #pointer(...actions) {
    // Places are counted from the top page's corner.
    await this.#top();
    await this.#driver.call("POST", "/actions", { actions: [{ type: "pointer", id: "mouse", parameters: { pointerType: "mouse" }, actions }] });
  }

  move(x, y) {
    return this.#pointer({ type: "pointerMove", x: Math.round(x), y: Math.round(y), duration: 0, origin: "viewport" });
  }

  click(x, y) {
    return this.#pointer(
      { type: "pointerMove", x: Math.round(x), y: Math.round(y), duration: 0, origin: "viewport" },
      { type: "pointerDown", button: 0 },
      { type: "pointerUp", button: 0 },
    );
  }

  press(key) {
    const value = KEYS[key] ?? key;
    // In the frame that was asked last: to go to the top page would give that the focus.
    return this.#driver.call("POST", "/actions", { actions: [{ type: "key", id: "keys", actions: [{ type: "keyDown", value }, { type: "keyUp", value }] }] });
  }

  async screenshot(path) {
    await this.#top();
    writeFileSync(path, Buffer.from(await this.#driver.call("GET", "/screenshot"), "base64"));
  }

  // A page that crashes takes the session with it, by its driver's design: what comes after a crash cannot be seen.
  crash = null;

  said() {
    return [];
  }

  end() {
    return this.#driver.end();
  }
}

/** By name: where the browser is, how it is started, what to install where it is not there. */
export const ENGINES = {
  chromium: {
    find() {
      try {
        return findChrome();
      } catch {
        return null;
      }
    },
    start: () =>
      Puppeteer.start((downloads) => ({
        executablePath: findChrome(),
        args: ["--no-sandbox", "--disable-background-networking"],
        downloadBehavior: { policy: "allow", downloadPath: downloads },
      })),
    missing: "Chromium: install Debian's package chromium, or set CHROME to its path",
  },
  firefox: {
    find: () => process.env.FIREFOX ?? FIREFOX.find((path) => existsSync(path)) ?? null,
    start: (prefs = {}) =>
      Puppeteer.start((downloads) => ({
        browser: "firefox",
        executablePath: ENGINES.firefox.find(),
        extraPrefsFirefox: { "browser.download.dir": downloads, "browser.download.folderList": 2, ...prefs },
      })),
    missing: "Firefox: install Debian's package firefox-esr, or set FIREFOX to its path",
  },
  webkit: {
    find: findMiniBrowser,
    start: () => WebKit.start(),
    missing: "WebKit: install Debian's packages webkit2gtk-driver and xvfb",
  },
};
