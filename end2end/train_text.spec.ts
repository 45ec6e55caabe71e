// Training on a text of the reader's own: what is too short or none is said, the tenth that is not trained on measures it.
import { readFileSync } from "node:fs";
import { expect, test } from "@playwright/test";
import { Explainer } from "./page";

// Any plain text of some length: this project's own.
const text = ["README.md", "Cargo.lock"].map((file) => readFileSync(file, "utf8")).join("\n").slice(0, 60_000);

test("a text of one's own is trained on, measured on its last tenth, survives a reload and is in no address", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=train&train-methods=alibi&train-tokens=4096&train-text=own");
  const figure = explainer.figure("train");
  await figure.near();
  const [box, said, run] = ["train-own-text", "train-own-status", "run"].map((handle) => figure.control(handle));
  await expect(said).toContainText("Paste a text of at least 20,000 characters");
  await expect(run).toHaveAttribute("aria-disabled", "true");
  await box.fill("Too short to learn from.");
  await expect(said).toContainText("24 characters; training needs at least 20,000");
  await figure.control("train-own-file").setInputFiles({ name: "x.png", mimeType: "image/png", buffer: Buffer.from([137, 80, 78, 71, 255]) });
  await expect(said).toContainText("x.png is not plain text");
  await expect(box).toHaveValue("Too short to learn from.");
  await figure.control("train-own-file").setInputFiles({ name: "x.txt", mimeType: "text/plain", buffer: Buffer.from(text) });
  await expect(said).toContainText("60,000 characters. The first nine tenths are trained on");
  await run.click();
  await expect(figure.root).toHaveAttribute("data-state", "done", { timeout: 60_000 });
  await expect(figure.control("source")).toContainText("on the first nine tenths of your text");
  await expect(figure.control("source")).toContainText(/measured over [\d,]+ tokens of the last tenth/);
  const measured = Number(/over ([\d,]+) tokens/.exec((await figure.control("source").textContent())!)![1].replace(/,/g, ""));
  expect(measured).toBeGreaterThan(1_000);
  expect(measured).toBeLessThan(6_000);
  const rows = await figure.rows("train-curve");
  for (const row of rows) expect(Number(row[1].replace(/,/g, ""))).toBeGreaterThan(10);
  const link = await page.getByTestId("full-page").getAttribute("href");
  expect(new URL(link!).searchParams.get("train-text")).toBe("own");
  expect(link!.length).toBeLessThan(300);
  await page.reload();
  await figure.near();
  await expect(box).toHaveValue(text.replace(/\r\n/g, "\n"));
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a file dropped on the box is read", async ({ page }) => {
  const explainer = new Explainer(page);
  await explainer.open("?embed=train&train-text=own");
  const figure = explainer.figure("train");
  await figure.near();
  await figure.control("train-own-text").evaluate((box, text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.txt", { type: "text/plain" }));
    box.dispatchEvent(new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: data }));
  }, text);
  await expect(figure.control("train-own-status")).toContainText("60,000 characters");
});
