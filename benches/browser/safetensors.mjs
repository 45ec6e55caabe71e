// Reads safetensors files: a length, a JSON header, the tensors' bytes. f16 becomes f32, as in the engine.
// https://huggingface.co/docs/safetensors/index#format

/** The number behind 16 bits of IEEE 754 half precision. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The header's metadata, and arrays by name: `{ shape, data: Float32Array }`. `buffer` is the file as a Node Buffer or Uint8Array. */
function read(buffer) {
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(buffer.subarray(8, start)));
  const arrays = new Map();
  const { __metadata__: metadata, ...tensors } = header;
  for (const [name, { dtype, shape, data_offsets: [from, to] }] of Object.entries(tensors)) {
    if (dtype !== "F16" && dtype !== "F32") throw new Error(`tensor ${name} is ${dtype}: only F16 and F32 are read here`);
    const width = dtype === "F16" ? 2 : 4;
    const data = new Float32Array((to - from) / width);
    for (let i = 0; i < data.length; i++) {
      const at = start + from + i * width;
      data[i] = width === 2 ? fromHalf(view.getUint16(at, true)) : view.getFloat32(at, true);
    }
    arrays.set(name, { shape, data });
  }
  return { metadata, arrays };
}

/** The model's configuration (ModelConfig of the Rust code) and its arrays by name. */
export function readModel(buffer) {
  const { metadata, arrays } = read(buffer);
  return { config: JSON.parse(metadata.config), arrays };
}

/** A training's state (src/train/state.rs): its setting, steps done, and by kind (value, first, second) arrays by name. */
export function readState(buffer) {
  const { metadata, arrays } = read(buffer);
  const parts = { value: new Map(), first: new Map(), second: new Map() };
  for (const [name, array] of arrays) parts[name.slice(0, name.indexOf("."))].set(name.slice(name.indexOf(".") + 1), array);
  return { setting: JSON.parse(metadata.identity), step: Number(metadata.step), parts };
}
