import { defineConfig } from "@playwright/test";
import { findChrome, launchOptions, shellOptions } from "./chrome.mjs";

// The shell has no window to show. Playwright's own processes are told by the environment.
if (process.argv.some((argument) => ["--headed", "--debug", "--ui"].includes(argument))) process.env.CHROME ??= findChrome();

// Lanes. Functional tests run three at a time, which keeps two cores busy; what a title marks with @timing holds a
// time to its budget and runs by itself, with nothing beside it; @long takes minutes and has a short twin without the mark.
const MARKS = /@timing|@long/;

export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  globalSetup: "./server.mjs",
  workers: 3,
  fullyParallel: true,
  forbidOnly: true,
  // A test that passes at its second try is a race: in the page or in the test.
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"], ["./durations.mjs"]],
  // A service worker would answer before a test's routes; end2end/delivery.spec.ts lets it.
  use: {
    launchOptions: shellOptions(), serviceWorkers: "block", viewport: { width: 1280, height: 900 },
    // Costs a third of the time: for looking into a failure.
    trace: process.env.TRACE ? "retain-on-failure" : "off",
    acceptDownloads: true,
  },
  projects: [
    { name: "functional", grepInvert: MARKS },
    { name: "smoke", grep: /@smoke/ },
    { name: "timing", grep: /@timing/, workers: 1, use: { launchOptions: launchOptions() } },
    { name: "long", grep: /@long/, workers: 1 },
  ],
});
