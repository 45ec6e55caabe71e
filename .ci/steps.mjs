// Runs make targets one after another and says in the end how long each took, and which tests were the slowest.
//
// What a + joins runs at the same time, each a target or several with commas between, one after another. The first of them has
// precedence: the others have what of the processor it leaves (a compiler or a browser seldom keeps every core busy), and what
// they print comes when they are done.
// Usage: node .ci/steps.mjs TARGET[,TARGET...][+TARGET[,TARGET...]...]...
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { slowest, told } from "./durations.mjs";

const FILE = "target/durations.jsonl";
/** The lowest priority that there is. */
const LAST = 19;
mkdirSync("target", { recursive: true });
rmSync(FILE, { force: true });

/** What each target took: target, seconds, exit status. */
const taken = [];
const failed = () => taken.find(({ status }) => status !== 0);
const running = new Set();
let stopped = false;

/** Runs one target; the first of its group prints as it goes. */
function run(step, first) {
  return new Promise((resolve) => {
    const begin = performance.now();
    const said = [];
    const child = spawn("make", ["--no-print-directory", step], {
      stdio: first ? "inherit" : ["ignore", "pipe", "pipe"], env: { ...process.env, DURATIONS: FILE },
    });
    running.add(child);
    // What it starts inherits that.
    if (!first) setPriority(child.pid, LAST);
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => said.push(data));
    child.on("exit", () => {
      running.delete(child);
      // What was ended may leave a program behind that still holds its output.
      if (stopped) resolve();
    });
    child.on("close", (status) => {
      if (stopped) return resolve();
      for (const data of said) process.stdout.write(data);
      taken.push({ step, seconds: (performance.now() - begin) / 1000, status });
      resolve();
    });
  });
}

/** Runs targets one after another until one of the whole group fails, which ends what still runs. */
async function follow(steps, first) {
  for (const step of steps.split(",")) {
    if (stopped) return;
    await run(step, first);
    if (!failed() || stopped) continue;
    stopped = true;
    for (const child of running) child.kill();
  }
}

const begin = performance.now();
for (const group of process.argv.slice(2)) {
  const [first, ...others] = group.split("+");
  if (others.length) console.log(`==> ${first.replaceAll(",", ", then ")}; beside them ${others.join(" and ").replaceAll(",", ", then ")}`);
  await Promise.all([follow(first, true), ...others.map((steps) => follow(steps, false))]);
  if (failed()) break;
}
const all = (performance.now() - begin) / 1000;

const tests = told(FILE);
if (tests.length) console.log(slowest(tests));
const time = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
console.log("==> Minutes by step");
for (const { step, seconds } of taken) console.log(`${time(seconds).padStart(8)}  ${step}`);
console.log(`${time(all).padStart(8)}  in all`);
if (failed()) {
  console.error(`'make ${failed().step}' failed: the messages above say why.`);
  process.exit(1);
}
