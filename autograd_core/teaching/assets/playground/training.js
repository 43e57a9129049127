"use strict";
// Training in the page: the loss, its gradient and the units are programs that Python compiled; here are the numbers they run on.

// A network of the sizes that a person chose. Its program may be of a wider one, whose further weights are 0 and stay so.
class Network {
  constructor(page, sizes, activation) {
    Object.assign(this, { page, sizes, activation });
    const choice = page.programs[activation], depth = sizes.length - 2;
    this.program = choice.shapes[depth];
    this.slopes = choice.slopes;
    this.shape = page.units ? [sizes[0], ...Array(depth).fill(page.units), sizes[depth + 1]] : sizes;
    this.offsets = [0, 0];  // of the layers' parameters, the first layer being number 1
    this.firsts = [0, 0];  // of the layers' units among the outputs of the program
    for (let l = 1; l < sizes.length; l++) {
      this.offsets.push(this.offsets[l] + this.shape[l] * (this.shape[l - 1] + 1));
      this.firsts.push(this.firsts[l] + this.shape[l]);
    }
    this.parameters = Array(this.offsets[sizes.length]).fill(0);
    this.live = [];
    for (let l = 1; l < sizes.length; l++) {
      for (let j = 0; j < sizes[l]; j++) {
        for (let i = 0; i < sizes[l - 1]; i++) this.live.push(this.weight(l, j, i));
        if (page.bias) this.live.push(this.bias(l, j));
      }
    }
  }

  // The places of parameters: of the weight of unit j of layer l for unit i of the layer before, and of its bias.
  weight(l, j, i) { return this.offsets[l] + j * (this.shape[l - 1] + 1) + i; }
  bias(l, j) { return this.weight(l, j, this.shape[l - 1]); }

  // The weights that Python gave, or, for another network, some drawn by the rule of the activation (He, else Xavier; biases 0).
  begin(seed) {
    const { page, sizes } = this;
    const isGiven = seed === page.seed && this.activation === page.activation && String(sizes) === String(page.sizes);
    const random = generator(seed);
    for (let l = 1; l < sizes.length; l++) {
      const isHe = l < sizes.length - 1 && page.he.includes(this.activation);
      const most = Math.sqrt(6 / (isHe ? sizes[l - 1] : sizes[l - 1] + sizes[l]));
      for (let j = 0; j < sizes[l]; j++) {
        for (let i = 0; i < sizes[l - 1]; i++) {
          this.parameters[this.weight(l, j, i)] = isGiven ? page.start[l - 1][j][i] : (2 * random() - 1) * most;
        }
        this.parameters[this.bias(l, j)] = isGiven ? page.start[l - 1][j][sizes[l - 1]] || 0 : 0;
      }
    }
    return this;
  }

  // The weighted sums and the outputs of all layers for one sample; layer 0 are the inputs.
  units(x) {
    const found = this.program.units(this.parameters, x.slice(0, this.sizes[0])), half = found.length / 2;
    const part = (start) => (size, l) => (l ? found.slice(start + this.firsts[l], start + this.firsts[l] + size) : x.slice(0, size));
    return { totals: this.sizes.map(part(0)), outputs: this.sizes.map(part(half)) };
  }

  // The mean loss over rows, each a sample and its targets, and its gradient; added up in their order.
  mean(rows, penalty = "", strength = 0) {
    const sums = Array(this.parameters.length).fill(0);
    let total = 0;
    for (const row of rows) {
      const [value, gradients] = this.program.gradient(this.parameters, row);
      total += value;
      for (let k = 0; k < sums.length; k++) sums[k] += gradients[k];
    }
    let value = total / rows.length;
    const gradients = sums.map((sum) => sum / rows.length);
    if (penalty) {
      this.parameters.forEach((w, k) => {
        const [added, [further]] = this.page.penalties[penalty]([w], [strength]);
        value += added;
        gradients[k] += further;
      });
    }
    return [value, gradients];
  }

  loss(rows) {
    let total = 0;
    for (const row of rows) total += this.program.gradient(this.parameters, row)[0];
    return total / rows.length;
  }

  // What explains the gradient of the weight of unit j of layer l for unit i (or null: of its bias) at one sample: the chain rule
  // along the path, each factor from a program. The gradient by a weighted sum is that by its bias.
  receipt(l, j, i, row) {
    const [loss, gradients] = this.program.gradient(this.parameters, row), { totals, outputs } = this.units(row);
    const upstream = gradients[this.bias(l, j)], local = i === null ? 1 : outputs[l - 1][i];
    const place = i === null ? this.bias(l, j) : this.weight(l, j, i);
    const found = { loss, upstream, local, contribution: gradients[place], value: this.parameters[place] };
    Object.assign(found, { total: totals[l][j], output: outputs[l][j] });
    if (l === this.sizes.length - 1) return found;
    found.slope = this.slope(l, totals[l][j]);
    found.terms = Array.from({ length: this.sizes[l + 1] }, (_, k) => {
      const weight = this.parameters[this.weight(l + 1, k, j)], delta = gradients[this.bias(l + 1, k)];
      return { weight, delta, product: delta * weight };
    });
    return found;
  }

  slope(l, z) { return this.slopes[Math.min(l, this.slopes.length) - 1]([z], [])[1][0]; }
}

// Numbers from 0 to 1 by mulberry32: the same for the same seed.
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Gradient descent on one data set: batches are cut from the rows in their order.
class Training {
  constructor(network, set, options) {
    Object.assign(this, { network, set, options, steps: 0, epoch: 0, at: 0, curve: [] });
    this.record();
  }

  // The rows of the next update.
  batch() { return this.set.rows.slice(this.at, this.at + (this.options.batch || this.set.rows.length)); }

  // One update; false, and no change, where it would not be finite.
  step() {
    const { lr, penalty, strength } = this.options, { network } = this, rows = this.batch();
    const [value, gradients] = network.mean(rows, penalty, strength);
    const moved = network.parameters.slice();
    for (const k of network.live) moved[k] = moved[k] - lr * gradients[k];
    if (!Number.isFinite(value) || !moved.every(Number.isFinite)) return false;
    network.parameters = moved;
    this.steps++;
    this.at = (this.at + rows.length) % this.set.rows.length;
    if (this.at === 0) this.epoch++;
    return true;
  }

  // Updates until the rows have been gone through.
  pass() {
    do { if (!this.step()) return false; } while (this.at !== 0);
    return true;
  }

  // The losses now, without penalties, on the rows that it learns from and on those held out.
  record() {
    const { rows, held } = this.set;
    const point = { epoch: this.epoch + this.at / rows.length, train: this.network.loss(rows) };
    point.test = held.length ? this.network.loss(held) : NaN;
    this.curve.push(point);
    if (this.curve.length > 800) this.curve = this.curve.filter((_, k) => k % 2 === 0 || k === this.curve.length - 1);
    return point;
  }
}

// The program that the page was given, with the network as it is now: a line that has nothing for one of its places is left out.
function codeText(training) {
  const { network, set, options } = training, { page, sizes } = network;
  const text = (name) => (page.own.includes(name) ? name : JSON.stringify(name));  // a function of one's own stands by its name
  const isOwn = network.activation === page.activation && sizes.length === page.sizes.length;
  const rows = [];
  for (let l = 1; l < sizes.length; l++) {
    for (let j = 0; j < sizes[l]; j++) {
      const places = Array.from({ length: sizes[l - 1] }, (_, i) => network.weight(l, j, i));
      if (page.bias) places.push(network.bias(l, j));
      rows.push(`    ${places.map((place) => network.parameters[place]).join(", ")},`);
    }
  }
  const found = {
    inputs: sizes[0], layers: `[${sizes.slice(1).join(", ")}]`, output: text(page.layers.at(-1)), loss: text(page.loss),
    activation: isOwn && sizes.length > 2 ? `[${page.layers.slice(0, -1).map(text).join(", ")}]` : text(network.activation),
    numbers: rows.join("\n"), data: set.code, validation: set.validation, lr: options.lr, batch: options.batch || "None",
    penalty: options.penalty || null, strength: options.strength, made: training.steps === 1 ? "1 step was" : `${training.steps} steps were`,
  };
  const place = /\{(\w+)\}/g, isWhole = (line) => [...line.matchAll(place)].every(([, name]) => found[name] !== null);
  return page.code.split("\n").filter(isWhole).map((line) => line.replace(place, (_, name) => found[name])).join("\n");
}

if (typeof module === "object") module.exports = { Network, Training, codeText };
