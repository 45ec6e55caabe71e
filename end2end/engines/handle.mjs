// A page under test as a reader of it acts: opens an address, looks at figures, points, presses keys. The same for every
// browser; what differs between them is in drivers.mjs.
import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

/** A page, or a frame in it. */
class View {
  /** What the pointer was moved onto last. */
  #aimed = null;

  constructor(driver, path = []) {
    this.driver = driver;
    this.path = path;
  }

  /** The frame at that place. */
  frame(index = 0) {
    return new View(this.driver, [...this.path, index]);
  }

  /** What a function gives in this page; it must not name anything outside of itself but its arguments. */
  evaluate(body, ...args) {
    return this.driver.evaluate(this.path, body, args);
  }

  /** Asks until the answer is one; the answer. `meanwhile` is called as long as it is none. */
  async until(what, body, args = [], timeout = 30_000, meanwhile = async () => {}) {
    const end = performance.now() + timeout;
    for (let before = ""; ; await pause(50)) {
      // A page that is being left or not yet there refuses to answer, or never does.
      const asked = this.evaluate(body, ...args).catch((error) => {
        before = String(error);
      });
      const answer = await Promise.race([asked, pause(5000)]);
      if (answer) return answer;
      await meanwhile();
      if (performance.now() > end) throw new Error(`${what}: not within ${timeout / 1000} s ${before}`);
    }
  }

  /** Calls in every page that this one stands in, from the top down, with the place of its frame there. */
  async #each(body) {
    for (const [depth, index] of this.path.entries()) await new View(this.driver, this.path.slice(0, depth)).evaluate(body, index);
  }

  /** The place of an element in the whole window, CSS pixels, once it can be seen and stays where it is. */
  async box(selector) {
    // A frame out of sight may get no frames of animation.
    await this.#each((index) => document.querySelectorAll("iframe")[index].scrollIntoView({ block: "nearest", behavior: "instant" }));
    const box = await this.evaluate(async (selector) => {
      const element = document.querySelector(selector);
      if (!element) throw new Error(`there is no ${selector}`);
      const frame = () => new Promise((next) => requestAnimationFrame(next));
      // What is still being drawn above it moves it.
      for (let before = ""; ; await frame()) {
        element.scrollIntoView({ block: "center", behavior: "instant" });
        const { left, top, width, height } = element.getBoundingClientRect();
        const now = [left, top, width, height].join();
        // A figure stays hidden for a moment while it settles.
        if (now === before && element.checkVisibility({ visibilityProperty: true })) return { left, top, width, height };
        before = now;
      }
    }, selector);
    // In a frame that is higher than the window it may still be out of sight.
    for (let depth = this.path.length; depth > 0; depth--) {
      const corner = await new View(this.driver, this.path.slice(0, depth - 1)).evaluate((index, y) => {
        const frame = document.querySelectorAll("iframe")[index];
        const at = frame.getBoundingClientRect().top + frame.clientTop + y;
        if (at < 0 || at > innerHeight) scrollBy({ top: at - innerHeight / 2, behavior: "instant" });
        const { left, top } = frame.getBoundingClientRect();
        return { left: left + frame.clientLeft, top: top + frame.clientTop };
      }, this.path[depth - 1], box.top + box.height / 2);
      box.left += corner.left;
      box.top += corner.top;
    }
    return box;
  }

  /**
   * Moves the pointer onto an element, to that share of its width and height; the place. What is drawn above it late may move it
   * away meanwhile, where the browser does not keep to the place: the pointer follows, as a reader's does.
   */
  async #reach(selector, [x, y]) {
    for (const end = performance.now() + 10_000; ; ) {
      const box = await this.box(selector);
      const place = [box.left + box.width * x, box.top + box.height * y];
      // From elsewhere: to where it already is, it would not move.
      await this.driver.move(1, 1);
      await this.driver.move(...place);
      this.#aimed = selector;
      if (!(await this.missed())) return place;
      if (performance.now() > end) throw new Error(`${selector} is out of the pointer's reach`);
    }
  }

  /** Whether what the pointer was moved onto has moved away from under it: a page moves while it draws what stands above. */
  async missed() {
    return this.#aimed !== null && !(await this.evaluate((selector) => document.querySelector(selector)?.matches(":hover"), this.#aimed));
  }

  /** Moves the pointer over an element, to that share of its width and height. */
  async point(selector, share = [0.5, 0.5]) {
    const [left, top] = await this.#reach(selector, share);
    await this.driver.move(left + 1, top);
  }

  /** Clicks on an element. */
  async click(selector, share = [0.5, 0.5]) {
    await this.driver.click(...(await this.#reach(selector, share)));
  }

  /** Presses a key while an element has the focus. */
  async press(selector, key) {
    this.#aimed = null;
    // A frame gets keys when it has the focus itself.
    await this.#each((index) => document.querySelectorAll("iframe")[index].focus({ preventScroll: true }));
    const focused = (selector) => {
      const element = document.querySelector(selector);
      element.focus({ preventScroll: true });
      return document.activeElement === element;
    };
    // WebKit lets no script of a frame take the focus before the reader has been there: by Tab, then, as the reader comes.
    for (let tabs = 0; !(await this.evaluate(focused, selector)); tabs++) {
      if (tabs === 100) throw new Error(`${selector} cannot be reached by keyboard`);
      await this.driver.press("Tab");
    }
    await this.driver.press(key);
  }

  /** The text of an element, or null where there is none. */
  text(selector) {
    return this.evaluate((selector) => document.querySelector(selector)?.textContent ?? null, selector);
  }

  /** The rows of a figure's table, as texts. */
  rows(series) {
    return this.evaluate(
      (series) => [...document.querySelectorAll(`table[data-series="${series}"] tbody tr`)].map((row) => [...row.children].map((c) => c.textContent.trim())),
      series,
    );
  }

  /** What went wrong in this page and its frames since this was last asked. */
  async wrongs() {
    const { heard, frames } = await this.evaluate(() => ({
      heard: window.wrongs?.splice(0) ?? [],
      frames: document.querySelectorAll("iframe").length,
    }));
    for (let i = 0; i < frames; i++) heard.push(...(await this.frame(i).wrongs()));
    return heard;
  }
}

/** A browser's window. */
export class Window {
  /** The page under test. */
  view;
  #driver;
  #before = [];

  constructor(driver) {
    this.#driver = driver;
    this.view = new View(driver);
  }

  get top() {
    return new View(this.#driver);
  }

  /** Opens an address in a window of that size; what is narrower than the browser's window can be stands in a frame. */
  async open(url, width = 1280, height = 900) {
    await this.#keep();
    const framed = width < this.#driver.narrowest;
    await this.#driver.resize(framed ? 800 : width, height);
    await this.#driver.goto(framed ? new URL("/narrow", url).href : url);
    this.view = framed ? this.top.frame(0) : this.top;
    if (framed) {
      await this.top.evaluate(
        (url, width, height) =>
          new Promise((loaded) => {
            const frame = Object.assign(document.createElement("iframe"), { src: url, width, height, onload: () => loaded(true) });
            frame.style.border = "0";
            document.body.replaceChildren(frame);
          }),
        url, width, height,
      );
    }
    return this.view;
  }

  /** Opens the same page again. */
  async reload() {
    await this.#keep();
    await this.#driver.goto(await this.top.evaluate(() => location.href));
  }

  screenshot(path) {
    return this.#driver.screenshot(path);
  }

  async #keep() {
    this.#before.push(...(await this.top.wrongs()));
  }

  /** Everything that went wrong since this was last asked. */
  async wrongs() {
    await this.#keep();
    return [...new Set([...this.#before.splice(0), ...this.#driver.said()])];
  }

  /** The text of the one file that has been downloaded by what `act` does. */
  async download(act) {
    const folder = this.#driver.downloads;
    const before = new Set(readdirSync(folder));
    await act();
    for (let tries = 0; tries < 200; tries++, await pause(50)) {
      const [name] = readdirSync(folder).filter((n) => !before.has(n) && !/\.(?:part|crdownload|wkdownload)$/.test(n));
      if (name && existsSync(join(folder, name))) {
        const text = readFileSync(join(folder, name), "utf8");
        if (text) return { name, text };
      }
    }
    assert.fail(`nothing arrived in the folder of downloads; there is ${readdirSync(folder)}`);
  }
}
