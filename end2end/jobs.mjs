// Questions to the engine, as src/protocol/task.rs has them.

/** Where the page's own questions begin in a stream: src/config.rs. */
const RUN_IN = 16_384;

/** A question about a model and the held-out text, or what `rest` says instead. */
export const job = (model, task, rest = {}) => ({ model, stream: "held-out", engine: "cpu", change: "None", ...rest, task });

/**
 * A stretch of targets.
 * @param {number} length
 * @param {number} n_targets
 * @param {"Nonoverlapping" | "LastTokens" | { Sliding: { stride: number } }} [protocol]
 */
export const stretch = (length, n_targets, protocol = "Nonoverlapping") => ({ protocol, length, first: RUN_IN, n_targets });
