// Runs make targets one after another and says in the end how long each took, and which tests were the slowest. Targets joined
// by + run at the same time, since a compiler uses one core for much of its work; what each prints comes when it is done.
// Usage: node .ci/steps.mjs TARGET[+TARGET...]...
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { slowest, told } from "./durations.mjs";

const FILE = "target/durations.jsonl";
mkdirSync("target", { recursive: true });
rmSync(FILE, { force: true });

/** Runs one target; alone it prints as it goes. */
function run(step, alone) {
  return new Promise((resolve) => {
    const begin = performance.now();
    const said = [];
    const child = spawn("make", ["--no-print-directory", step], {
      stdio: alone ? "inherit" : ["ignore", "pipe", "pipe"], env: { ...process.env, DURATIONS: FILE },
    });
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => said.push(data));
    child.on("close", (status) => {
      for (const data of said) process.stdout.write(data);
      resolve({ step, seconds: (performance.now() - begin) / 1000, status });
    });
  });
}

const taken = [];
let failed = null;
const begin = performance.now();
for (const steps of process.argv.slice(2).map((steps) => steps.split("+"))) {
  if (steps.length > 1) console.log(`==> ${steps.join(" and ")}, at the same time`);
  const done = await Promise.all(steps.map((step) => run(step, steps.length === 1)));
  taken.push(...done);
  failed = done.find(({ status }) => status !== 0)?.step;
  if (failed) break;
}
const all = (performance.now() - begin) / 1000;

const tests = told(FILE);
if (tests.length) console.log(slowest(tests));
const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
console.log("==> Minutes by step");
for (const { step, seconds } of taken) console.log(`${time(seconds).padStart(8)}  ${step}`);
console.log(`${time(all).padStart(8)}  in all`);
if (failed) {
  console.error(`'make ${failed}' failed: the messages above say why.`);
  process.exit(1);
}
