// Runs make targets one after another and says in the end how long each took, and which tests were the slowest.
// Usage: node .ci/steps.mjs TARGET...
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { slowest, told } from "./durations.mjs";

const FILE = "target/durations.jsonl";
mkdirSync("target", { recursive: true });
rmSync(FILE, { force: true });

const taken = [];
let failed = null;
for (const step of process.argv.slice(2)) {
  const begin = performance.now();
  const { status } = spawnSync("make", ["--no-print-directory", step], { stdio: "inherit", env: { ...process.env, DURATIONS: FILE } });
  taken.push({ step, seconds: (performance.now() - begin) / 1000 });
  if (status !== 0) {
    failed = step;
    break;
  }
}

const tests = told(FILE);
if (tests.length) console.log(slowest(tests));
const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
console.log("==> Minutes by step");
for (const { step, seconds } of taken) console.log(`${time(seconds).padStart(8)}  ${step}`);
console.log(`${time(taken.reduce((sum, { seconds }) => sum + seconds, 0)).padStart(8)}  in all`);
if (failed) {
  console.error(`'make ${failed}' failed: the messages above say why.`);
  process.exit(1);
}
