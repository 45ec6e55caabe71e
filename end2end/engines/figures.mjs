// What single figures need beyond what is asked of every one. A figure without an entry is asked the same at its defaults.

/** Figures that must have a run, each with settings with which that has less to do. */
export const RUNS = {
  extrapolation: "&targets=2048&without=t5-256,none-256,extras",
  perplexity: "&lengths=32,256&targets=2048",
  reach: "",
  recall: "&recall-methods=alibi",
  "train-short": "",
  "early-tokens": "&early-length=64",
  cost: "&cost-longest=1024&cost-models=alibi-256",
  "what-if": "",
  attention: "",
  generate: "&generate-tokens=128&generate-models=alibi-256",
  train: "&train-tokens=4096",
  verify: "&verify-models=alibi-256",
};

/** Does something to an element and waits until what `read` gives of it has changed. */
async function changes(view, what, selector, read, act) {
  const before = await view.evaluate(read, selector);
  await act();
  await view.until(what, `(selector, before) => (${read})(selector) !== before`, [selector, before], 10_000, async () => (await view.missed()) && act());
}

/** A row of radio buttons. */
async function buttons(view, figure) {
  const group = `${figure} fieldset.segmented`;
  const chosen = (group) => document.querySelector(`${group} input:checked`).value;
  const other = await view.evaluate((group) => [...document.querySelectorAll(`${group} input`)].findIndex((i) => !i.checked) + 1, group);
  await changes(view, `${figure}: a button answers to the pointer`, group, chosen, () => view.click(`${group} label:nth-of-type(${other})`));
  await changes(view, `${figure}: buttons answer to keys`, group, chosen, () => view.press(`${group} input:checked`, "ArrowRight"));
}

/** A slider. */
async function slider(view, figure) {
  const slider = `${figure} input[type="range"]`;
  const value = (slider) => document.querySelector(slider).value;
  await changes(view, "a slider answers to the pointer", slider, value, () => view.click(slider));
  await changes(view, "a slider answers to keys", slider, value, () => view.press(slider, "ArrowRight"));
}

/** Boxes to tick, and a number with its slider. */
async function ticks(view, figure) {
  const box = `${figure} .ticks label`;
  await view.until("boxes to tick", (box) => Boolean(document.querySelector(box)), [box]);
  await changes(view, "a box answers to the pointer", `${box} input`, (box) => document.querySelector(box).checked, () => view.click(box));
  const slider = `${figure} input[type="range"]`;
  await changes(view, "a slider answers to keys", slider, (slider) => document.querySelector(slider).value, () => view.press(slider, "ArrowRight"));
}

/** Parts of a sentence. */
async function tokens(view, figure) {
  const sentence = `${figure} .sentence`;
  const pressed = (sentence) => [...document.querySelectorAll(`${sentence} button`)].findIndex((b) => b.ariaPressed === "true");
  await changes(view, "a token answers to the pointer", sentence, pressed, () => view.click(`${sentence} button:nth-of-type(3)`));
  await changes(view, "tokens answer to keys", sentence, pressed, () => view.press(`${sentence} button[aria-pressed="true"]`, "ArrowRight"));
}

/** A chart whose place of interest a slider moves. */
async function track(view, figure) {
  const thumb = `${figure} input[type="range"]`;
  const value = (thumb) => document.querySelector(thumb).value;
  await changes(view, "a chart answers to the pointer", thumb, value, () => view.click(`${figure} canvas`, [0.3, 0.5]));
  await changes(view, "a slider answers to keys", thumb, value, () => view.press(thumb, "ArrowRight"));
}

/** How figures without a chart to point at answer to pointer and keyboard, but for those that do so by a row of buttons. */
const CHARTLESS = { opening: track, idea: slider, attention: tokens, generate: ticks };

/** Tries a figure's chart by `chart`, which is told which it is; where there is none, what the figure has instead. */
export async function answering(view, id, chart) {
  const figure = `figure[data-figure="${id}"]`;
  if (CHARTLESS[id]) return CHARTLESS[id](view, figure);
  // Recorded results may still be on their way. A place for a chart is there before them.
  const found = await view.until(`${id} has a chart or a row of buttons (if it answers otherwise, say how in CHARTLESS, end2end/engines/figures.mjs)`, (figure) => {
    const charts = [...document.querySelectorAll(`${figure} canvas[role="application"]`)];
    const shown = charts.find((c) => c.offsetParent);
    return shown ? `#${shown.id}` : charts.length === 0 && document.querySelector(`${figure} fieldset.segmented`) && "buttons";
  }, [figure]);
  return found === "buttons" ? buttons(view, figure) : chart(found);
}
