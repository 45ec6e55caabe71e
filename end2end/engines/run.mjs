// Runs the scenarios in every browser of the three that is installed, two at a time, and says which are not.
// Usage: node end2end/engines/run.mjs [scenarios|timing] [options of node --test]
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT as PROJECT } from "../../.ci/dist/files.mjs";
import { ROOT } from "../server.mjs";
import { ENGINES } from "./drivers.mjs";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const [what = "scenarios", ...options] = process.argv.slice(2);

if (!existsSync(join(ROOT, "index.html"))) {
  console.error(`There is no ${ROOT}/index.html: run 'make dist' first.`);
  process.exit(1);
}
const [there, missing] = [true, false].map((wanted) => Object.keys(ENGINES).filter((name) => Boolean(ENGINES[name].find()) === wanted));
for (const name of missing) console.log(`==> Not tried in ${ENGINES[name].missing}`);
if (there.length === 0) process.exit(0);
const files = what === "timing" ? [here("timing.mjs")] : there.map((name) => here(`${name}.mjs`));
const { status } = spawnSync(process.execPath, ["--test", ...["spec", join(PROJECT, ".ci/durations.mjs")].flatMap((reporter) => [`--test-reporter=${reporter}`, "--test-reporter-destination=stdout"]), "--test-concurrency=2", ...options, ...files], { stdio: "inherit" });
process.exit(status ?? 1);
