// WebKitGTK over its own driver: a screen of its own, the driver, the small browser that WebKitGTK brings, and the few
// calls of the W3C protocol that the tests need.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const BROWSERS = ["x86_64-linux-gnu", "aarch64-linux-gnu", ""].map((arch) => join("/usr/lib", arch, "webkit2gtk-4.1/MiniBrowser"));

/** Path of WebKitGTK's small browser, or null. */
export const findMiniBrowser = () => BROWSERS.find((path) => existsSync(path)) ?? null;

/** A port that is free now. */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject).listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Resolves to the number of a new screen of that size. */
function startScreen(size) {
  return new Promise((resolve, reject) => {
    const screen = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", size, "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    screen.on("error", reject);
    screen.on("exit", (code) => reject(new Error(`Xvfb ended (${code})`)));
    let said = "";
    screen.stdio[3].on("data", (bytes) => {
      said += bytes;
      if (said.endsWith("\n")) resolve({ screen, display: `:${said.trim()}` });
    });
  });
}

/** What an element is called in answers of the protocol. */
export const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

export class WebDriver {
  #server;
  #screen;
  #driver;
  #home;

  /** Starts screen, driver and browser. `home` gets what the browser writes: its downloads lie in `downloads`. */
  static async start() {
    const self = new WebDriver();
    self.#home = mkdtempSync(join(tmpdir(), "alibi-webkit-"));
    self.downloads = join(self.#home, "downloads");
    mkdirSync(self.downloads);
    mkdirSync(join(self.#home, ".config"));
    writeFileSync(join(self.#home, ".config/user-dirs.dirs"), 'XDG_DOWNLOAD_DIR="$HOME/downloads"\n');
    const { screen, display } = await startScreen("1600x1400x24");
    self.#screen = screen;
    const port = await freePort();
    self.#server = `http://127.0.0.1:${port}`;
    const env = { ...process.env, DISPLAY: display, HOME: self.#home, GIO_USE_VFS: "local", NO_AT_BRIDGE: "1" };
    for (const name of Object.keys(env)) if (name.startsWith("XDG_") || name === "WAYLAND_DISPLAY") delete env[name];
    self.#driver = spawn("WebKitWebDriver", [`--port=${port}`], { env, stdio: "ignore" });
    await self.#ready();
    await self.begin();
    return self;
  }

  async #ready() {
    for (let tries = 0; ; tries++) {
      const answer = await fetch(`${this.#server}/status`).catch(() => null);
      if (answer?.ok) return;
      if (tries > 200) throw new Error("WebKitWebDriver does not answer");
      await pause(50);
    }
  }

  /** A new session: a new browser without a past. */
  async begin() {
    const options = { binary: findMiniBrowser(), args: ["--automation"] };
    const { sessionId, capabilities } = await this.#send("POST", "/session", {
      capabilities: { alwaysMatch: { "webkitgtk:browserOptions": options } },
    });
    this.session = `/session/${sessionId}`;
    this.version = `WebKitGTK ${capabilities.browserVersion}`;
    await this.call("POST", "/timeouts", { script: 600_000, pageLoad: 60_000 });
  }

  async #send(method, path, body) {
    const response = await fetch(this.#server + path, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
    const { value } = await response.json();
    if (value?.error) throw new Error(`${method} ${path.replace(/^\/session\/[^/]+/, "")}: ${value.error}: ${value.message}`);
    return value;
  }

  /** One command of the session. */
  call(method, path, body) {
    return this.#send(method, this.session + path, method === "POST" ? (body ?? {}) : undefined);
  }

  async end() {
    await this.call("DELETE", "").catch(() => {});
    this.#driver.kill();
    this.#screen.removeAllListeners("exit").kill();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}
