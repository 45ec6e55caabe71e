// Rounds, medians, the comparison of outputs, and the table: what every row needs, whatever it measures.
import { held } from "./targets.mjs";

/** How far mean losses may differ, relative, for two outputs to be the same. */
const TOLERANCE = 1e-3;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Runs each of `parties` (name → async function giving a number) once per round, in turn; all numbers by name. */
export async function alternate(rounds, parties) {
  const runs = Object.fromEntries(Object.keys(parties).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of Object.entries(parties)) runs[name].push(await run());
  }
  return runs;
}

/** Mean loss of sums by block, nats per target. */
function mean(blocks) {
  const sum = (part) => blocks.reduce((total, block) => total + block[part], 0);
  return sum("nll") / sum("n_targets");
}

/**
 * Throws unless two evaluations agree: as many targets in every block of 1,024, and equal mean losses, in each block as
 * over all. A loss that is not finite never agrees.
 */
export function expectEqual(what, ours, peer) {
  const compare = (where, a, b) => {
    const [x, y] = [mean(a), mean(b)];
    if (Math.abs(x - y) <= TOLERANCE * Math.abs(y)) return;
    throw new Error(`${what}: outputs differ ${where}: mean loss ${x} (ours) against ${y}. Find out which one is wrong before timing either.`);
  };
  const counts = (blocks) => blocks.map((block) => block.n_targets).join(" ");
  if (counts(ours) !== counts(peer)) {
    throw new Error(`${what}: different targets were scored: ${counts(ours)} (ours) against ${counts(peer)} per block.`);
  }
  ours.forEach((block, i) => compare(`in block ${i}`, [block], [peer[i]]));
  compare("over all blocks", ours, peer);
}

/** Four significant digits: more would be noise. */
const rounded = (value) => (value === null ? null : Number(value.toPrecision(4)));

/**
 * A row: medians of the runs, their ratio, which is above 1 where ours is better, and the target. Rates (…/s) are
 * better when larger, everything else when smaller.
 */
export function row({ name, length = null, unit, ours = [], peer = [], note }) {
  const [a, b] = [ours, peer].map((runs) => (runs.length ? median(runs) : null));
  const ratio = a === null || b === null ? null : unit.endsWith("/s") ? a / b : b / a;
  const values = { ours: rounded(a), peer: rounded(b), ratio: rounded(ratio) };
  const all = { ours_runs: ours.map(rounded), peer_runs: peer.map(rounded) };
  return { name, length, ...values, unit, ...all, ...held({ name, length, ours: a, ratio }), ...(note && { note }) };
}

const cell = (value) => (value === null ? "–" : typeof value === "number" ? value.toLocaleString("en") : value);

function line([name, length, ours, peer, ratio, unit, ...rest]) {
  const numbers = [length, ours, peer, ratio].map((value) => cell(value).padStart(10)).join("");
  return `${name.padEnd(40)}${numbers}  ${unit.padEnd(10)}${rest.filter(Boolean).join("; ")}`.trimEnd();
}

export const heading = () => line(["row", "length", "ours", "peer", "ratio", "unit", "target"]);

export function tableLine({ name, length, ours, peer, ratio, unit, target, met, note }) {
  return line([name, length, ours, peer, ratio, unit, target && `${target}: ${met ? "met" : "missed"}`, note]);
}
