// The windows that a step of the trainer reads (src/train/order.rs): starts drawn by ChaCha8, seeded as rand_core does it, with the
// step as its stream.

const BITS = (1n << 64n) - 1n;
const rotate = (x, n) => ((x << n) | (x >>> (32 - n))) >>> 0;

/** `seed_from_u64` of rand_core: eight words by PCG32. */
function key(seed) {
  let state = BigInt(seed);
  return Array.from({ length: 8 }, () => {
    state = (state * 6364136223846793005n + 11634580027462260723n) & BITS;
    const shifted = Number((((state >> 18n) ^ state) >> 27n) & 0xffffffffn);
    const by = Number(state >> 59n);
    return by ? rotate(shifted, 32 - by) : shifted >>> 0;
  });
}

/** One block of ChaCha with eight rounds: sixteen words. */
export function block(words, counter, stream) {
  const start = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574, ...words, counter, 0, stream, 0];
  const x = [...start];
  const quarter = (a, b, c, d) => {
    for (const [p, q, r, n] of [[a, b, d, 16], [c, d, b, 12], [a, b, d, 8], [c, d, b, 7]]) {
      x[p] = (x[p] + x[q]) >>> 0;
      x[r] = rotate((x[r] ^ x[p]) >>> 0, n);
    }
  };
  for (let round = 0; round < 4; round++) {
    for (let i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i++) quarter(i, 4 + ((i + 1) % 4), 8 + ((i + 2) % 4), 12 + ((i + 3) % 4));
  }
  return x.map((word, i) => (word + start[i]) >>> 0);
}

/** Words of the generator with that seed and stream (both below 2³²), as many as wanted. */
export function chacha8(seed, stream, n) {
  const words = key(seed);
  return Array.from({ length: Math.ceil(n / 16) }, (_, i) => block(words, i, stream)).flat().slice(0, n);
}

/** Tokens and targets of step `step`, window after window. `stream` is what is trained on, the separator after its end included. */
export function batch(stream, seed, step, nWindow, length) {
  const room = stream.length - length;
  const starts = chacha8(seed, step, nWindow).map((word) => word % room);
  const part = (shift) => starts.flatMap((start) => Array.from(stream.subarray(start + shift, start + shift + length)));
  return { tokens: part(0), targets: part(1) };
}
