// Ten exercises: what is right, what is not yet, what cannot be read; and what the address keeps of it.
import { expect, test, type Page } from "@playwright/test";
import { Explainer, site } from "./page";

/** One exercise, and what a reader does with it. */
class Exercise {
  readonly root;

  constructor(page: Page, id: string) {
    this.root = page.locator(`[data-exercise="${id}"]`);
  }

  part(testid: string) {
    return this.root.getByTestId(testid);
  }

  /** Types an answer, or chooses one, and checks it. */
  async answers(answer: string): Promise<void> {
    const field = this.part("answer");
    if ((await field.evaluate((e) => e.tagName)) === "FIELDSET") await field.locator("label").filter({ hasText: answer }).click();
    else await field.fill(answer);
    await this.part("check").click();
  }

  async isRight(why: string | RegExp = /^Right\./): Promise<void> {
    await expect(this.part("said")).toHaveText(why);
    await expect(this.part("said")).toHaveAttribute("data-right", "true");
    await expect(this.part("mark")).toHaveText("Solved");
  }

  async isNot(why: string | RegExp): Promise<void> {
    await expect(this.part("said")).toHaveText(why);
    await expect(this.part("said")).toHaveAttribute("data-right", "false");
    await expect(this.part("mark")).toBeEmpty();
  }
}

/** Opens the page, and waits for the exercises' fields. */
async function open(page: Page, query = ""): Promise<Explainer> {
  const explainer = new Explainer(page);
  await explainer.open(query);
  await expect(page.locator("[data-exercise]").getByTestId("check")).toHaveCount(10);
  return explainer;
}

const solved = (page: Page) => page.getByTestId("solved");

test("every exercise can be solved, and the address keeps which", async ({ page }) => {
  const explainer = await open(page);
  await expect(solved(page)).toHaveText("0 of 10 solved");
  await expect(page.getByTestId("start-over")).toBeHidden();
  const answers = {
    perplexity: "14.15", weight: "65 %", "six-heads": "1/8", snippets: "D", plus: "B", "one-percent": "74 tokens", values: "D", share: "19,5", penalty: "A",
  };
  for (const [id, answer] of Object.entries(answers)) {
    const exercise = new Exercise(page, id);
    await exercise.answers(answer);
    await exercise.isRight();
  }
  await expect(solved(page)).toHaveText("9 of 10 solved");
  // The tenth asks for a state of a figure.
  const jump = new Exercise(page, "jump");
  await jump.part("check").click();
  await jump.isNot(/^Not yet\./);
  await explainer.figure("slopes").set("heads", 12);
  await expect(jump.part("state")).toHaveText("The figure shows 12 heads.");
  await expect(jump.part("said"), "what was said is of another state").toBeEmpty();
  await explainer.figure("slopes").set("order", "sorted");
  await jump.part("check").click();
  await jump.isNot(/Set its order/);
  await explainer.figure("slopes").set("order", "authors");
  await jump.part("check").click();
  await jump.isRight();
  await expect(solved(page)).toHaveText("10 of 10 solved");
  await expect.poll(() => explainer.query.get("solved")).toBe("1,2,3,4,5,6,7,8,9,10");
  await explainer.reload();
  await expect(solved(page)).toHaveText("10 of 10 solved");
  await expect(page.locator("[data-exercise]").getByTestId("mark").filter({ hasText: "Solved" })).toHaveCount(10);
  await page.getByTestId("start-over").click();
  await expect(solved(page)).toHaveText("0 of 10 solved");
  await expect.poll(() => explainer.query.has("solved")).toBe(false);
  expect(explainer.watch).toEqual({ errors: [], foreign: [] });
});

test("a wrong answer gets a hint that fits it, and odd input is said to be odd", async ({ page }) => {
  const explainer = await open(page, "?solved=2,2,77,x");
  await expect(solved(page)).toHaveText("1 of 10 solved");
  const six = new Exercise(page, "six-heads");
  await six.part("check").click();
  await six.isNot(/There is no answer yet/);
  for (const odd of ["one eighth", "1e999", "1/0", "<b>1</b>", "1.2.3"]) {
    await six.answers(odd);
    await six.isNot(/cannot be read as a number/);
  }
  await six.answers("0,0156");
  await six.isNot(/sixth of eight heads/);
  await six.answers("7");
  await six.isNot(/Write down four heads’ slopes first/);
  await six.part("answer").fill("0");
  await expect(six.part("said"), "what was said is of another answer").toBeEmpty();
  await six.answers("0,125");
  await six.isRight();
  // Solved stays solved.
  await six.answers("3");
  await expect(six.part("mark")).toHaveText("Solved");
  await expect(solved(page)).toHaveText("2 of 10 solved");
  const plus = new Exercise(page, "plus");
  await plus.part("check").click();
  await plus.isNot(/There is no answer yet/);
  await plus.answers("C");
  await plus.isNot(/mask removes the future/);
  expect(explainer.watch.errors).toEqual([]);
});

test("the keyboard is enough, and what is said is announced", async ({ page }) => {
  await open(page);
  const weight = new Exercise(page, "weight");
  await weight.part("answer").focus();
  await page.keyboard.type("76");
  await page.keyboard.press("Enter");
  await weight.isNot(/without the bias/);
  await expect(weight.part("answer"), "the answer can be mended where it stands").toBeFocused();
  await page.keyboard.press("ControlOrMeta+a");
  await page.keyboard.type("65");
  await page.keyboard.press("Tab");
  await expect(weight.part("check")).toBeFocused();
  await page.keyboard.press("Space");
  await weight.isRight(/65 %/);
  await expect(weight.root.getByRole("status")).toContainText("Right.");
  const values = new Exercise(page, "values");
  await values.part("answer").getByRole("radio").first().focus();
  await page.keyboard.press("Space");
  for (const key of ["ArrowRight", "ArrowRight", "ArrowRight", "Enter"]) await page.keyboard.press(key);
  await values.isRight();
  await expect(values.part("answer").getByRole("radio", { name: "D" })).toBeChecked();
  await expect(weight.root.getByRole("textbox")).toHaveAccessibleName("Your answer to exercise 2 %");
  await expect(weight.root.getByRole("button")).toHaveAccessibleName("Check exercise 2");
});

test("an answer leads to the figure that shows it", async ({ page }) => {
  const explainer = await open(page);
  const penalty = new Exercise(page, "penalty");
  await penalty.root.locator("summary").click();
  await penalty.root.getByRole("link", { name: "See it" }).click();
  const figure = explainer.figure("what-if");
  await expect(figure.control("what-if-method")).toHaveValue("rotary");
  await expect(figure.control("what-if-change")).toHaveValue("one-slope");
  await expect(figure.root).toBeInViewport();
  await expect.poll(() => figure.finding()).toContain("15.04");
});

for (const width of [1280, 360]) {
  test(`nothing sticks out, and nothing moves when an answer is checked, ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    const explainer = await open(page);
    const heights = () => page.locator("[data-exercise]").evaluateAll((all) => all.map((e) => e.getBoundingClientRect().height));
    const before = await heights();
    for (const id of ["perplexity", "values"]) {
      const exercise = new Exercise(page, id);
      await exercise.part("check").click();
      await exercise.isNot(/no answer yet/);
    }
    expect((await heights()).every((h, i) => h - before[i] < (width > 400 ? 1 : 30))).toBe(true);
    expect(await explainer.excess()).toBeLessThanOrEqual(0);
  });
}

test.describe("without scripts", () => {
  test.use({ javaScriptEnabled: false });

  test("every answer can be unfolded", async ({ page }) => {
    await page.goto(site());
    const answers = page.locator("[data-exercise] details");
    await expect(answers).toHaveCount(10);
    for (const answer of await answers.all()) {
      await expect(answer.locator("p")).toBeHidden();
      await answer.locator("summary").click();
      await expect(answer.locator("p")).toBeVisible();
    }
    expect(await page.locator(".exercise-place").evaluateAll((all) => all.reduce((sum, e) => sum + e.clientHeight, 0)), "room for what never comes").toBe(0);
  });
});
