// The model and one step of its training in jax-js, written from the formulas: the peer of the rows `train …`.

const EPS = 1e-5;
/** A score that no softmax lets through. */
const MASKED = -1e9;

/** Biases of all heads, `[1, H, T, T]`: −slope · distance, the future masked. */
export function biases({ numpy: np }, slopes, length) {
  const data = new Float32Array(slopes.length * length * length).fill(MASKED);
  slopes.forEach((slope, head) => {
    for (let i = 0; i < length; i++) for (let j = 0; j <= i; j++) data[(head * length + i) * length + j] = -slope * (i - j);
  });
  return np.array(data).reshape([1, slopes.length, length, length]);
}

/** Rows of one-hot vectors `[n, V]`, weighted: jax-js compiles no gradient of a look-up (its `take`), but that of a product. */
export function oneHot({ numpy: np }, ids, nVocab, weight = () => 1) {
  const data = new Float32Array(ids.length * nVocab);
  ids.forEach((id, i) => (data[i * nVocab + id] = weight(id)));
  return np.array(data).reshape([ids.length, nVocab]);
}

/** Mean loss, nats, by parameters (by name) and one-hot tokens and targets `[B·T, V]`. Arguments are used up, as jax-js has it. */
export function makeLoss({ numpy: np, nn }, { d_model: width, n_head: nHead, n_layer: nLayer }, batch, length, bias) {
  const headDim = width / nHead;
  return (parameters, tokens, targets) => {
    const get = (name) => parameters[name].ref;
    const norm = (x, name) => {
      const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
      const variance = np.square(centred.ref).mean(-1, { keepdims: true });
      return centred.div(np.sqrt(variance.add(EPS))).mul(get(`${name}.weight`)).add(get(`${name}.bias`));
    };
    const linear = (x, name) => np.matmul(x, get(`${name}.weight`).transpose()).add(get(`${name}.bias`));
    let x = np.matmul(tokens, get("embedding.weight")).mul(Math.sqrt(width));
    for (let layer = 0; layer < nLayer; layer++) {
      const at = (part) => `blocks.${layer}.${part}`;
      const qkv = linear(norm(x.ref, at("ln1")), at("attention.qkv")).reshape([batch, length, 3, nHead, headDim]);
      const [q, k, v] = np.split(qkv, 3, 2).map((part) => part.reshape([batch, length, nHead, headDim]).transpose([0, 2, 1, 3]));
      const scores = np.matmul(q, k.transpose([0, 1, 3, 2])).mul(headDim ** -0.5).add(bias.ref);
      const attended = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3]).reshape([batch * length, width]);
      x = x.add(linear(attended, at("attention.out")));
      // The tanh approximation, as in the model.
      x = x.ref.add(linear(nn.gelu(linear(norm(x, at("ln2")), at("mlp.up"))), at("mlp.down")));
    }
    const logits = np.matmul(norm(x, "ln_f"), get("embedding.weight").transpose());
    for (const array of Object.values(parameters)) array.dispose();
    return nn.logSoftmax(logits, -1).mul(targets).sum().mul(-1 / (batch * length));
  };
}

/**
 * One step of AdamW, compiled: parameters and both moments (by name), learning rate, the moments' corrections, tokens and targets
 * → loss, parameters, moments. `loss` is what `makeLoss` gives, `decays` says by name what weight decay pulls to 0.
 */
export function makeStep(jax, loss, { betas: [b1, b2], clip, weight_decay: decay }, decays) {
  const { numpy: np } = jax;
  const gradient = jax.valueAndGrad(loss);
  const names = Object.keys(decays);
  return jax.jit((parameters, first, second, rate, correct1, correct2, tokens, targets) => {
    const held = Object.fromEntries(names.map((name) => [name, parameters[name].ref]));
    const [value, gradients] = gradient(held, tokens, targets);
    const squares = names.map((name) => np.square(gradients[name].ref).sum()).reduce((a, b) => a.add(b));
    const scale = np.array(clip).div(np.maximum(np.sqrt(squares), clip));
    const [moved, m, v] = [{}, {}, {}];
    for (const name of names) {
      const g = gradients[name].mul(scale.ref);
      m[name] = first[name].mul(b1).add(g.ref.mul(1 - b1));
      v[name] = second[name].mul(b2).add(np.square(g).mul(1 - b2));
      const step = m[name].ref.mul(correct1.ref).div(np.sqrt(v[name].ref.mul(correct2.ref)).add(1e-8)).mul(rate.ref);
      const kept = decays[name] ? parameters[name].mul(np.array(1).sub(rate.ref.mul(decay))) : parameters[name];
      moved[name] = kept.sub(step);
    }
    for (const scalar of [scale, rate, correct1, correct2]) scalar.dispose();
    return [value, moved, m, v];
  });
}
