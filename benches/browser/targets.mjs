// What rows are held against: budgets of the page, and leads over the peer. A row without a target only tells.

/** Least ratio that a row should reach (`least`), or most that `ours` should be (`most`), by name and perhaps length. */
const TARGETS = [
  { name: /^cpu alibi/, length: 256, least: 1.5 },
  { name: /^cpu alibi/, length: 1024, least: 2.5 },
  { name: /^cpu alibi/, length: 4096, least: 5 },
  { name: /^cpu/, length: 256, least: 1.2 },
  { name: /^cpu/, length: 1024, least: 2 },
  { name: /^cpu/, length: 4096, least: 3 },
  { name: /^webgpu/, least: 10 },
  { name: /^kernel wasm attention 4x32$/, length: 1024, least: 2 },
  { name: /^kernel wasm product .* peak$/, least: 0.75 },
  { name: /^train alibi/, least: 2.5 },
  { name: /^train two workers$/, least: 1.8 },
  { name: /^page first figure$/, most: 1000 },
  { name: /^page first figure throttled$/, most: 4000 },
  { name: /^page slider step p95$/, most: 50 },
  { name: /^page size .*trainer brotli$/, most: 260 },
  { name: /^page size .* brotli$/, most: 220 },
  { name: /^page memory/, length: 16384, most: 128 },
  { name: /^page two workers$/, least: 1.7 },
];

/** The target of a row as a text, and whether its values meet it; nothing where it has none. */
export function held({ name, length, ours, ratio }) {
  const target = TARGETS.find((t) => t.name.test(name) && (t.length ?? length) === length);
  if (!target) return {};
  const { least, most } = target;
  return least === undefined
    ? { target: `${most} at most`, met: ours !== null && ours <= most }
    : { target: `ratio ≥ ${least}`, met: ratio !== null && ratio >= least };
}
