// Settings live in the address; a figure stands alone in a frame.
import { expect, test } from "@playwright/test";
import { Explainer, FIGURES, site } from "./page";

test("settings survive the way into the address and back", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  await explainer.figure("slopes").set("heads", 12);
  await explainer.figure("bias").set("length", 100);
  await explainer.figure("bias").set("form", "code");
  const written = () => Object.fromEntries(new URL(page.url()).searchParams);
  await expect.poll(written).toEqual({ v: "1", heads: "12", length: "100", form: "code" });
  await page.reload();
  await expect(explainer.figure("slopes").control("heads")).toHaveValue("12");
  await expect(explainer.figure("bias").control("length")).toHaveValue("100");
});

test("values out of bounds are clamped, and the reader is told", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&heads=99999&length=1&engine=abacus&lengths=1000000&head=77");
  await expect(explainer.figure("slopes").control("heads")).toHaveValue("64");
  await expect(explainer.figure("bias").control("length")).toHaveValue("2");
  const notices = page.locator('[data-testid="address-notice"]');
  await expect(notices.first()).toBeVisible();
  const said = (await notices.allTextContents()).join(" ");
  for (const word of ["99999", "length", "abacus", "1000000"]) expect(said).toContain(word);
  expect(explainer.watch.errors).toEqual([]);
});

test("hostile addresses do no harm", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open(`?v=1&heads=NaN&models=%3Cscript%3E,..%2F..%2Fetc&embed=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E&length=${"9".repeat(500)}`);
  await expect(explainer.figure("slopes").control("heads")).toHaveValue("8");
  expect(explainer.watch.errors).toEqual([]);
});

for (const id of FIGURES) {
  test(`${id} stands alone in a sandboxed frame on another site`, async ({ page }) => {
    await page.goto(process.env.BLOG!);
    const height = await page.evaluate(
      ([src, id]) =>
        new Promise<number>((resolve, reject) => {
          const frame = document.createElement("iframe");
          Object.assign(frame, { src, width: "600" });
          frame.setAttribute("sandbox", "allow-scripts");
          addEventListener("message", ({ data }) => {
            if (data?.type !== "alibi:height") return;
            if (data.v !== 1 || data.id !== id) reject(new Error(JSON.stringify(data)));
            frame.style.height = `${data.height}px`;
            // The last of several: the height settles.
            setTimeout(() => resolve(data.height), 1500);
          });
          document.body.append(frame);
        }),
      [`${site()}?v=1&embed=${id}`, id],
    );
    expect(height).toBeGreaterThan(100);
    expect(height).toBeLessThan(4000);
    const frame = page.frames().find((f) => f !== page.mainFrame())!;
    const figures = frame.locator("figure[data-figure]");
    await expect(figures).toHaveCount(1);
    await expect(figures).toHaveAttribute("data-figure", id);
    // The page's own styles, which a browser refuses a frame without an origin if they carry an integrity hash.
    expect(await frame.evaluate(() => getComputedStyle(document.body).margin)).toBe("0px");
    // A link to the whole page.
    await expect(frame.getByTestId("full-page")).toHaveAttribute("href", new RegExp(`#${id}$`));
    const scroll = await frame.evaluate(() => ({
      x: document.documentElement.scrollWidth - document.documentElement.clientWidth,
      y: document.documentElement.scrollHeight - document.documentElement.clientHeight,
    }));
    expect(scroll.x, "horizontal scroll in the frame").toBeLessThanOrEqual(0);
    expect(scroll.y, "vertical scroll in a frame that follows the height").toBeLessThanOrEqual(1);
  });
}
