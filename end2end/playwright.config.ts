import { defineConfig } from "@playwright/test";
import { findChrome } from "./chrome.mjs";

const args = ["--no-sandbox", "--disable-background-networking"];

// One test at a time: several measure time, and the models need every core.
export default defineConfig({
  testDir: ".",
  outputDir: "test-results",
  globalSetup: "./server.mjs",
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  // Some tests measure time, and a shared machine may stall; a test that needed its second try is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  // A service worker would answer before a test's routes; end2end/delivery.spec.ts lets it.
  use: { serviceWorkers: "block", viewport: { width: 1280, height: 900 }, trace: "retain-on-failure", acceptDownloads: true },
  projects: [
    // As most readers on Linux find it: navigator.gpu is there, an adapter is not.
    { name: "cpu", testIgnore: "gpu.spec.ts", use: { launchOptions: { executablePath: findChrome(), args } } },
    // The browser's software adapter: slow, and the same WGSL compiler as on a real one.
    {
      name: "gpu",
      testMatch: "gpu.spec.ts",
      use: { launchOptions: { executablePath: findChrome(), args: [...args, "--enable-unsafe-webgpu"] } },
    },
  ],
});
