// Small things that every step uses.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** What the site is built from. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Ends the build with a sentence that says what to do. */
export function fail(message) {
  console.error(message);
  process.exit(1);
}

/** Runs a command, with further variables of the environment; what it says is shown, and a failure is an error. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, ...env } });
    child.on("error", reject).on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${command} ended with ${code}`))));
  });
}

/** The folder that cargo builds into. */
export function targetFolder() {
  return JSON.parse(execFileSync("cargo", ["metadata", "--format-version", "1", "--no-deps"], { cwd: ROOT, encoding: "utf8" })).target_directory;
}

/** Every file below `dir`, as paths relative to it with `/`, sorted. */
export function files(dir, below = "") {
  return readdirSync(join(dir, below), { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? files(dir, `${below}${entry.name}/`) : [`${below}${entry.name}`]))
    .sort();
}

/** A short name for these contents: strings and buffers. */
export function digest(...contents) {
  const hash = createHash("sha256");
  for (const content of contents) hash.update(createHash("sha256").update(content).digest());
  return hash.digest("hex").slice(0, 12);
}

export const text = (...path) => readFileSync(join(...path), "utf8");

export const kilobytes = (bytes) => (bytes / 1000).toFixed(1);
