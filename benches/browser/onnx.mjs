// Writes ONNX models: the few messages of the format (onnx.proto) that a graph of standard operators needs, in
// protobuf's wire encoding. What the graph computes is export.mjs's business.

const IR_VERSION = 9;
/** First operator set with Gelu. */
const OPSET = 20;
const DTYPES = new Map([[Float32Array, 1], [Int32Array, 6], [BigInt64Array, 7]]);

/** One protobuf message, as a list of encoded fields. */
class Message {
  parts = [];
  length = 0;

  push(bytes) {
    this.parts.push(bytes);
    this.length += bytes.length;
    return this;
  }

  varint(value) {
    const bytes = [];
    // Negative numbers stand as their two's complement of 64 bits.
    let rest = BigInt.asUintN(64, BigInt(value));
    do {
      bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0));
      rest >>= 7n;
    } while (rest > 0n);
    return this.push(Uint8Array.from(bytes));
  }

  int(field, value) {
    return this.varint(field << 3).varint(value);
  }

  float(field, value) {
    return this.varint((field << 3) | 5).push(new Uint8Array(Float32Array.of(value).buffer));
  }

  /** A string, raw bytes or a nested message. */
  bytes(field, value) {
    const body = typeof value === "string" ? new TextEncoder().encode(value) : value;
    this.varint((field << 3) | 2).varint(body.length);
    if (!(body instanceof Message)) return this.push(body);
    this.parts.push(...body.parts);
    this.length += body.length;
    return this;
  }

  encoded() {
    const out = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

function attribute(name, value) {
  const message = new Message().bytes(1, name);
  if (typeof value === "string") return message.bytes(4, value).int(20, 3);
  if (Array.isArray(value)) {
    for (const item of value) message.int(8, item);
    return message.int(20, 7);
  }
  // A number in the graphs here is an axis, a count or an epsilon.
  return Number.isInteger(value) ? message.int(3, value).int(20, 2) : message.float(2, value).int(20, 1);
}

function valueInfo(name, dtype, shape) {
  const dims = new Message();
  for (const length of shape) dims.bytes(1, new Message().int(1, length));
  const tensor = new Message().int(1, dtype).bytes(2, dims);
  return new Message().bytes(1, name).bytes(2, new Message().bytes(1, tensor));
}

/** A graph under construction. Every method that adds a value returns its name. */
export class Graph {
  #nodes = [];
  #initializers = [];
  #inputs = [];
  #outputs = [];
  #count = 0;

  /** An input of a typed array's element type. */
  input(name, type, shape) {
    this.#inputs.push(valueInfo(name, DTYPES.get(type), shape));
    return name;
  }

  /** A constant; `data` is a Float32Array, Int32Array or BigInt64Array. */
  constant(name, shape, data) {
    const size = shape.reduce((a, b) => a * b, 1);
    if (data.length !== size) throw new Error(`constant ${name}: ${data.length} values for shape [${shape}]`);
    const message = new Message();
    for (const length of shape) message.int(1, length);
    message.int(2, DTYPES.get(data.constructor)).bytes(8, name);
    message.bytes(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#initializers.push(message);
    return name;
  }

  /** A constant list of integers, as shapes, axes and lengths are given. */
  ints(values) {
    return this.constant(`ints_${this.#count++}`, [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A node with one output. */
  op(type, inputs, attributes = {}) {
    return this.ops(type, inputs, 1, attributes)[0];
  }

  /** A node with several outputs. */
  ops(type, inputs, nOutputs, attributes = {}) {
    const name = `${type}_${this.#count++}`;
    const outputs = Array.from({ length: nOutputs }, (_, i) => `${name}:${i}`);
    const message = new Message();
    for (const input of inputs) message.bytes(1, input);
    for (const output of outputs) message.bytes(2, output);
    message.bytes(3, name).bytes(4, type);
    for (const [key, value] of Object.entries(attributes)) message.bytes(5, attribute(key, value));
    this.#nodes.push(message);
    return outputs;
  }

  /** Gives a value the name under which it leaves the graph. */
  output(name, value, type, shape) {
    this.#nodes.push(new Message().bytes(1, value).bytes(2, name).bytes(3, `out_${name}`).bytes(4, "Identity"));
    this.#outputs.push(valueInfo(name, DTYPES.get(type), shape));
  }

  /** The finished model, as the bytes of an .onnx file. */
  encoded(name) {
    const graph = new Message();
    for (const node of this.#nodes) graph.bytes(1, node);
    graph.bytes(2, name);
    for (const initializer of this.#initializers) graph.bytes(5, initializer);
    for (const input of this.#inputs) graph.bytes(11, input);
    for (const output of this.#outputs) graph.bytes(12, output);
    const opset = new Message().bytes(1, "").int(2, OPSET);
    return new Message().int(1, IR_VERSION).bytes(7, graph).bytes(8, opset).encoded();
  }
}
