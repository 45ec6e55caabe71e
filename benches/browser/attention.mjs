// Inputs of attention measured alone, and the check of its output; used by the page and by tests, so nothing here knows
// of a browser.
import { attendedRow } from "./reference.mjs";

/** Uniform numbers in −1..1, the same in every run. */
function noise(n, seed) {
  let state = seed;
  return Float32Array.from({ length: n }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** q, k and v, `[H, T, D]` each. */
export function attentionInputs({ nHead, length, headDim }) {
  return Object.fromEntries(["q", "k", "v"].map((name, i) => [name, noise(nHead * length * headDim, i + 1)]));
}

/**
 * Largest absolute difference of `attended` from the plain rows, over some queries of every head. Slopes are ALiBi's;
 * the head count must be a power of two.
 */
export function attentionError({ nHead, length, headDim }, { q, k, v }, attended) {
  let worst = 0;
  for (let head = 0; head < nHead; head++) {
    const row = (x, i) => x.subarray((head * length + i) * headDim, (head * length + i + 1) * headDim);
    for (const i of [0, 1, length >> 1, length - 1]) {
      const expected = attendedRow(row(q, i), i, (j) => row(k, j), (j) => row(v, j), 2 ** ((-8 / nHead) * (head + 1)));
      const found = row(attended, i);
      // A value that is no number must not pass as a small difference.
      expected.forEach((e, d) => (worst = Math.max(worst, Number.isFinite(found[d]) ? Math.abs(found[d] - e) : Infinity)));
    }
  }
  return worst;
}
