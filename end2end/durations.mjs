// @ts-check
// Playwright's reporter of how long tests took.
import { tell } from "../.ci/durations.mjs";

export default class Durations {
  /** @type {{ title: string, seconds: number }[]} */
  #tests = [];

  /** @param {import("@playwright/test/reporter").TestCase} test @param {import("@playwright/test/reporter").TestResult} result */
  onTestEnd(test, result) {
    this.#tests.push({ title: test.titlePath().filter(Boolean).join(" › "), seconds: result.duration / 1000 });
  }

  onEnd() {
    tell(this.#tests);
  }
}
