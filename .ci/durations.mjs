// How long tests took. Reporters write a line per test into the file that $DURATIONS names; .ci/steps.mjs, which runs the
// steps of `make test`, reads them all. Where nobody collects them, a reporter prints its own.
// By default a reporter for `node --test`: it adds nothing to what another one prints.
import { appendFileSync, existsSync, readFileSync } from "node:fs";

/** How many of the slowest are told. */
const TOLD = 10;

/** Writes down tests as `{ title, seconds }`, or prints the slowest. */
export function tell(tests) {
  if (tests.length === 0) return;
  if (process.env.DURATIONS) appendFileSync(process.env.DURATIONS, tests.map((test) => `${JSON.stringify(test)}\n`).join(""));
  else console.log(slowest(tests));
}

/** What was written down. */
export function told(file) {
  return existsSync(file) ? readFileSync(file, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line)) : [];
}

/** The slowest tests and the sum of all, as lines. */
export function slowest(tests) {
  const first = [...tests].sort((a, b) => b.seconds - a.seconds).slice(0, TOLD);
  const sum = tests.reduce((sum, { seconds }) => sum + seconds, 0);
  const lines = first.map(({ title, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${title}`);
  return [`==> The slowest of ${tests.length} tests, which took ${sum.toFixed(0)} s one by one`, ...lines].join("\n");
}

export default async function* nodeReporter(events) {
  const tests = [];
  for await (const { type, data } of events) {
    const over = type === "test:pass" || type === "test:fail";
    if (over && data.details?.type !== "suite") tests.push({ title: data.name, seconds: data.details.duration_ms / 1000 });
  }
  tell(tests);
  yield "";
}
