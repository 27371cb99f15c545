// A network's encode or decode without a kernel: runs the program that program.py makes of it, one image at a time.
//
// engine(program, planes) → run(Float32Array, …) → [Float32Array, …]: the outputs stay in place until the next run.
// program: { slots: [{ shape, constant? }], steps: [{ op, in, out, … }], inputs: [slot], outputs: [slot] }
// planes: Uint8Array of the weights, the first bytes of all pairs before the second ones.
"use strict";

function engine(program, planes) {
  const half = planes.length / 2;
  const bytes = Uint8Array.from(planes, (_, i) => planes[i % 2 ? half + (i - 1) / 2 : i / 2]).buffer;
  const size = (shape) => shape.reduce((a, b) => a * b, 1);
  const values = program.slots.map((slot) =>
    slot.constant ? constant(bytes, slot.constant, size(slot.shape)) : new Float32Array(size(slot.shape)),
  );
  for (const step of program.steps) if (step.op === "same") values[step.out] = values[step.in[0]]; // another shape, no copy
  const steps = program.steps
    .filter((step) => step.op !== "same")
    .map((step) => {
      const inputs = step.in.map((i) => values[i]);
      const shapes = step.in.map((i) => program.slots[i].shape);
      return OPERATIONS[step.op](step, inputs, values[step.out], shapes, program.slots[step.out].shape);
    });
  return (...given) => {
    given.forEach((array, i) => values[program.inputs[i]].set(array));
    for (const step of steps) step();
    return program.outputs.map((i) => values[i]);
  };
}

function constant(bytes, { at, half, rows }, length) {
  if (rows) {
    const scales = new Float32Array(bytes, at, rows);
    return Float32Array.from(new Int16Array(bytes, at + 4 * rows, length), (value, i) => value * scales[Math.floor((i * rows) / length)]);
  }
  if (!half) return new Float32Array(bytes.slice(at, at + 4 * length));
  const bits = new Uint16Array(bytes.slice(at, at + 2 * length));
  return Float32Array.from(bits, fromHalf);
}

function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  return exponent ? sign * 2 ** (exponent - 15) * (1 + fraction / 1024) : sign * 2 ** -14 * (fraction / 1024);
}

// Each entry gets its step, the arrays it reads, the array it writes and their shapes, and returns what runs it.
const OPERATIONS = {
  linear(_, [x, W, b], out, [shape]) {
    const width = shape[shape.length - 1];
    const units = W.length / width;
    return () => {
      for (let row = 0; row * width < x.length; row++) {
        for (let unit = 0; unit < units; unit++) {
          let sum = b ? b[unit] : 0;
          for (let i = 0, w = unit * width, at = row * width; i < width; i++) sum += W[w + i] * x[at + i];
          out[row * units + unit] = sum;
        }
      }
    };
  },

  // Every entry of x that is not 0 (half of them are, after a ReLU) is added to the outputs that see it, for all filters at
  // once. hits(i): the pairs [place in the kernel, row or column of the output] that see row or column i of the input.
  convolution(step, inputs, out, [[, channels, height, width], weights], [, filters, rows, columns]) {
    const { stride, padding, dilation } = step;
    const hits = (axis, length, size, many) =>
      list(length, (i) =>
        list(size, (k) => [k, (i + padding[axis] - k * dilation[axis]) / stride[axis]]).filter(
          ([, to]) => Number.isInteger(to) && to >= 0 && to < many,
        ),
      );
    const seen = [hits(0, height, weights[2], rows), hits(1, width, weights[3], columns)];
    return scattered(inputs, out, { seen, channels, filters, rows, columns, size: weights.slice(2), groups: step.groups });
  },

  transposed(step, inputs, out, [[, channels, height, width], weights], [, filters, rows, columns]) {
    const { stride, padding, dilation } = step;
    const hits = (axis, length, size, many) =>
      list(length, (i) =>
        list(size, (k) => [k, i * stride[axis] - padding[axis] + k * dilation[axis]]).filter(([, to]) => to >= 0 && to < many),
      );
    const seen = [hits(0, height, weights[2], rows), hits(1, width, weights[3], columns)];
    const size = weights.slice(2);
    return scattered(inputs, out, { seen, channels, filters, rows, columns, size, groups: step.groups, transposed: true });
  },

  // Batch norm in eval mode, folded: a · x + b for each channel.
  affine(_, [x, a, b], out) {
    const area = x.length / a.length;
    return () => {
      for (let c = 0, i = 0; c < a.length; c++) for (const end = i + area; i < end; i++) out[i] = a[c] * x[i] + b[c];
    };
  },

  pointwise({ name, by = [] }, [x], out) {
    const f = POINTWISE[name](...by);
    return () => {
      for (let i = 0; i < x.length; i++) out[i] = f(x[i]);
    };
  },

  // Two tensors, or one and a number. Shapes broadcast as in PyTorch.
  binary({ name, by }, [x, second], out, [xShape, secondShape], shape) {
    const f = BINARY[name];
    if (second === undefined) {
      return () => {
        for (let i = 0; i < x.length; i++) out[i] = f(x[i], by);
      };
    }
    const [a, b] = [places(xShape, shape), places(secondShape, shape)];
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = f(x[a[i]], second[b[i]]);
    };
  },

  // Copies by a list of places that never changes: slices, permutations, nearest-neighbour enlargement.
  gather({ from }, [x], out) {
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = x[from[i]];
    };
  },

  join({ dim }, inputs, out, shapes, shape) {
    const after = shape.slice(dim + 1).reduce((a, b) => a * b, 1);
    const before = out.length / after / shape[dim];
    return () => {
      for (let row = 0, at = 0; row < before; row++) {
        inputs.forEach((x, i) => {
          const length = shapes[i][dim] * after;
          out.set(x.subarray(row * length, (row + 1) * length), at);
          at += length;
        });
      }
    };
  },

  pool({ kind, kernel, stride, padding }, [x], out, [[, channels, height, width]], [, , rows, columns]) {
    const largest = kind === "max";
    return () => {
      for (let c = 0, i = 0; c < channels; c++) {
        for (let y = 0; y < rows; y++) {
          for (let xx = 0; xx < columns; xx++, i++) {
            let result = largest ? -Infinity : 0;
            for (let ky = 0; ky < kernel[0]; ky++) {
              for (let kx = 0; kx < kernel[1]; kx++) {
                const row = y * stride[0] + ky - padding[0];
                const column = xx * stride[1] + kx - padding[1];
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const value = x[(c * height + row) * width + column];
                result = largest ? Math.max(result, value) : result + value;
              }
            }
            out[i] = largest ? result : result / (kernel[0] * kernel[1]);
          }
        }
      }
    };
  },
};

const POINTWISE = {
  relu: () => (x) => (x > 0 ? x : 0),
  leaky_relu: (slope) => (x) => (x > 0 ? x : slope * x),
  elu: (alpha) => (x) => (x > 0 ? x : alpha * Math.expm1(x)),
  sigmoid: () => (x) => 1 / (1 + Math.exp(-x)),
  tanh: () => Math.tanh,
  softplus: (beta, threshold) => (x) => (x * beta > threshold ? x : Math.log1p(Math.exp(beta * x)) / beta),
  silu: () => (x) => x / (1 + Math.exp(-x)),
  gelu: () => (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  gelu_tanh: () => (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  clamp: (low, high) => (x) => Math.min(Math.max(x, low), high),
  exp: () => Math.exp,
  log: () => Math.log,
  sqrt: () => Math.sqrt,
  abs: () => Math.abs,
  neg: () => (x) => -x,
  power: (p) => (x) => x ** p,
};

const BINARY = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
};

// W. J. Cody's error is below 1e-7; this one's (M. Abramowitz, I. Stegun, 7.1.26) is below 1.5e-7, and shorter.
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

// A convolution either way round: x (channels, rows of seen[0], columns of seen[1]) → out (filters, rows, columns).
function scattered([x, W, b], out, { seen, channels, filters, rows, columns, size: [kh, kw], groups, transposed }) {
  const [per, from] = [filters / groups, channels / groups]; // filters and channels of a group
  const kernel = new Float32Array(channels * kh * kw * per); // W in the order in which it is read: channel, place, filter
  for (let c = 0, i = 0; c < channels; c++) {
    const group = Math.floor(c / from);
    for (let k = 0; k < kh * kw; k++) {
      for (let f = 0; f < per; f++, i++) {
        kernel[i] = transposed ? W[(c * per + f) * kh * kw + k] : W[((group * per + f) * from + (c % from)) * kh * kw + k];
      }
    }
  }
  const sum = new Float32Array(rows * columns * filters); // filters last
  const [height, width] = seen.map((axis) => axis.length);
  const pairs = seen.map((axis) => Int32Array.from(axis.flat(2))); // flat: reading pairs of arrays took most of the time
  const starts = seen.map((axis) => axis.reduce((ends, hits) => [...ends, ends[ends.length - 1] + 2 * hits.length], [0]));
  return () => {
    for (let i = 0; i < sum.length; i += filters) for (let f = 0; f < filters; f++) sum[i + f] = b ? b[f] : 0;
    for (let c = 0, i = 0; c < channels; c++) {
      const first = Math.floor(c / from) * per;
      for (let y = 0; y < height; y++) {
        for (let column = 0; column < width; column++, i++) {
          const value = x[i];
          if (value === 0) continue;
          for (let v = starts[0][y]; v < starts[0][y + 1]; v += 2) {
            for (let h = starts[1][column]; h < starts[1][column + 1]; h += 2) {
              const at = (pairs[0][v + 1] * columns + pairs[1][h + 1]) * filters + first;
              const w = ((c * kh + pairs[0][v]) * kw + pairs[1][h]) * per;
              for (let f = 0; f < per; f++) sum[at + f] += value * kernel[w + f];
            }
          }
        }
      }
    }
    const area = rows * columns;
    for (let f = 0, i = 0; f < filters; f++) for (let place = f; i < (f + 1) * area; i++, place += filters) out[i] = sum[place];
  };
}

// For each entry of a tensor of that shape the place in a smaller one that is broadcast to it.
function places(small, shape) {
  const result = new Int32Array(shape.reduce((a, b) => a * b, 1));
  const offset = shape.length - small.length;
  for (let i = 0; i < result.length; i++) {
    let rest = i;
    let place = 0;
    let step = 1;
    for (let d = shape.length - 1; d >= 0; d--) {
      const index = rest % shape[d];
      rest = (rest - index) / shape[d];
      if (d < offset) continue;
      if (small[d - offset] > 1) place += index * step;
      step *= small[d - offset];
    }
    result[i] = place;
  }
  return result;
}
