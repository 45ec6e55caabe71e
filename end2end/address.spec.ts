// Settings live in the address; a figure stands alone in a frame.
import { expect, test } from "@playwright/test";
import { Explainer, FIGURES, Traffic, site } from "./page";

declare global {
  interface Window {
    /** Messages about heights. */
    told: { v: number; id: string; height: number }[];
  }
}

test("settings survive the way into the address and back", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open();
  await explainer.figure("slopes").set("heads", 12);
  await explainer.figure("bias").set("length", 100);
  await explainer.figure("bias").set("form", "code");
  const written = () => Object.fromEntries(new URL(page.url()).searchParams);
  await expect.poll(written).toEqual({ v: "1", heads: "12", length: "100", form: "code" });
  await explainer.reload();
  await expect(explainer.figure("slopes").control("heads")).toHaveValue("12");
  await expect(explainer.figure("bias").control("length")).toHaveValue("100");
});

test("values out of bounds are clamped, and the reader is told", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&heads=99999&length=1&engine=abacus&lengths=1000000&head=77");
  await expect(explainer.figure("slopes").control("heads")).toHaveValue("64");
  await expect(explainer.figure("bias").control("length")).toHaveValue("2");
  const notices = page.locator('[data-testid="address-notice"]');
  for (const word of ["99999", "length", "abacus", "1000000"]) await expect(notices.filter({ hasText: word })).not.toHaveCount(0);
  expect(explainer.watch.errors).toEqual([]);
});

test("names that nothing here has are left out, and the reader is told", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?v=1&hide=zzz,export&solved=3,99&lesson=nowhere");
  const notices = page.getByTestId("address-notice");
  await expect(notices).toHaveText([/control “zzz”/, /figure “nowhere”/, /exercise “99”/]);
  await expect(explainer.figure("slopes").root.locator(".export").first()).toBeHidden();
  await explainer.figure("slopes").set("heads", 12);
  await expect.poll(() => Object.fromEntries(explainer.query)).toEqual({ v: "1", heads: "12", hide: "export", solved: "3" });
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
    const traffic = new Traffic(page);
    await page.goto(process.env.BLOG!);
    await page.evaluate((src) => {
      const frame = document.createElement("iframe");
      Object.assign(frame, { src, width: "600" });
      frame.setAttribute("sandbox", "allow-scripts");
      window.told = [];
      addEventListener("message", ({ data }) => {
        if (data?.type !== "alibi:height") return;
        window.told.push(data);
        frame.style.height = `${data.height}px`;
      });
      document.body.append(frame);
    }, `${site()}?v=1&embed=${id}`);
    const frame = page.frames().find((f) => f !== page.mainFrame())!;
    const figures = frame.locator("figure[data-figure]");
    await expect(figures).toHaveCount(1);
    await expect(figures).toHaveAttribute("data-figure", id);
    await expect(figures.getByTestId("finding").first()).not.toBeEmpty();
    await traffic.rest(frame);
    const told = () => page.evaluate(() => window.told);
    await expect.poll(told).not.toEqual([]);
    for (const { v, id: from, height } of await told()) {
      expect([v, from]).toEqual([1, id]);
      expect(height).toBeGreaterThan(100);
      expect(height).toBeLessThan(4000);
    }
    // The page's own styles, which a browser refuses a frame without an origin if they carry an integrity hash.
    expect(await frame.evaluate(() => getComputedStyle(document.body).margin)).toBe("0px");
    // A link to the whole page.
    await expect(frame.getByTestId("full-page")).toHaveAttribute("href", new RegExp(`#${id}$`));
    const scroll = () => frame.evaluate(() => {
      const { scrollWidth, clientWidth, scrollHeight, clientHeight } = document.documentElement;
      return { x: Math.max(0, scrollWidth - clientWidth), y: Math.max(0, scrollHeight - clientHeight - 1) };
    });
    await expect.poll(scroll, { message: "scroll in a frame that follows the height" }).toEqual({ x: 0, y: 0 });
  });
}
