// A GPU that throws or is lost, on the browser's software adapter: the run ends with right numbers.
import { expect, test } from "@playwright/test";
import { SOFTWARE_GPU, shellOptions } from "./chrome.mjs";
import { FEW, expectPoints, inWorkers, laboratory } from "./faults";

test.use({ launchOptions: shellOptions(SOFTWARE_GPU) });

const BROKEN: [string, string][] = [
  ["a pipeline that throws", 'GPUDevice.prototype.createComputePipeline = () => { throw new TypeError("no pipelines") }'],
  ["a buffer that throws", 'GPUDevice.prototype.createBuffer = () => { throw new RangeError("no buffers") }'],
  ["a queue that throws", 'GPUQueue.prototype.submit = () => { throw new TypeError("no queue") }'],
];
for (const [what, breaks] of BROKEN) {
  test(`${what} leaves the work to the CPU`, async ({ page }) => {
    await inWorkers(page, breaks);
    const figure = await laboratory(page, `${FEW}&engine=gpu&models=alibi-256,rotary-256`);
    await figure.control("run").click();
    await figure.reaches("done", 90_000);
    expect(new Set(await expectPoints(figure, 2))).toEqual(new Set(["cpu"]));
    await expect(figure.control("notice").first()).toContainText("The GPU is not available");
    await expect(figure.control("failure")).toHaveCount(0);
  });
}

/** Loses every device after so many submissions, for the first devices. */
const loses = (devices: number) => `let lost = 0, submitted = 0;
  const request = GPUAdapter.prototype.requestDevice, submit = GPUQueue.prototype.submit;
  let device;
  GPUAdapter.prototype.requestDevice = async function (...all) { submitted = 0; return (device = await request.apply(this, all)); };
  GPUQueue.prototype.submit = function (...all) {
    submit.apply(this, all);
    if ((submitted += 1) === 3 && lost < ${devices}) { lost += 1; device.destroy(); }
  }`;

for (const [devices, source] of [[1, "gpu"], [2, "cpu"]] as const) {
  test(`a GPU that is lost ${devices === 1 ? "once is set up again" : "twice leaves the work to the CPU"}`, async ({ page }) => {
    await inWorkers(page, loses(devices));
    const figure = await laboratory(page, `${FEW}&engine=gpu`);
    await figure.control("run").click();
    await figure.reaches("done", 90_000);
    expect(new Set(await expectPoints(figure, 3))).toEqual(new Set([source]));
    // One thing is said of the engine, not both.
    const said = (await figure.control("notice").allTextContents()).join();
    if (source === "gpu") expect(said).not.toContain("not available");
    else expect(said).toContain("not available");
    expect(said).not.toMatch(/JsValue/);
  });
}

test("an input too long for the GPU's buffers is refused beforehand, with the length that fits, and the CPU computes it", async ({ page }) => {
  // Room for 512 rows of three times 128 numbers.
  await inWorkers(page, `const limits = Object.getOwnPropertyDescriptor(GPUDevice.prototype, "limits").get;
    Object.defineProperty(GPUDevice.prototype, "limits", { get() {
      const own = limits.call(this);
      return new Proxy(own, { get: (_, name) => (name === "maxStorageBufferBindingSize" ? ${512 * 4 * 3 * 128} : own[name]) });
    } })`);
  const figure = await laboratory(page, "?v=1&lengths=512,1024&targets=2048&engine=gpu&models=alibi-256");
  await figure.control("run").click();
  await figure.reaches("done", 90_000);
  expect(await expectPoints(figure, 2)).toEqual(["gpu", "cpu"]);
  await expect(figure.control("notice").first()).toContainText("1,024 tokens are too many for this GPU: its limit is 512");
  await expect(figure.control("failure")).toHaveCount(0);
});

test("a driver that never gives results back is given up as lost, and the CPU goes on @long", async ({ page }) => {
  test.setTimeout(4 * 60_000);
  await inWorkers(page, "GPUBuffer.prototype.mapAsync = () => new Promise(() => {})");
  const figure = await laboratory(page, `${FEW}&engine=gpu&models=alibi-256`);
  await figure.control("run").click();
  // Once for each of the two devices.
  await figure.reaches("done", 150_000);
  expect(await expectPoints(figure, 1)).toEqual(["cpu"]);
  await expect(figure.control("notice").first()).toContainText("the driver stopped answering");
});
