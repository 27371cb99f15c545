// A VAE on points in the plane that trains in the page: two hidden layers of 32 on either side, real backpropagation, Adam.
//
// x (2) → tanh 32 → tanh 32 → mu, logvar (latent) → z → tanh 32 → tanh 32 → recon (2). Loss of a point:
// B · |x − recon|² + KL(N(mu, exp(logvar)) ‖ N(0, I)), averaged over the batch.
"use strict";

const HIDDEN = 32;

// Numbers in 0 … 1 that a seed repeats: mulberry32, T. Ettinger, public domain algorithm, written anew.
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// The layers in their order: name → [units, inputs], weights W (units × inputs) and b (units), and what Adam remembers.
function toyNetwork(latent, seed) {
  const random = randomNumbers(seed);
  const sizes = {
    enc1: [HIDDEN, 2],
    enc2: [HIDDEN, HIDDEN],
    mu: [latent, HIDDEN],
    logvar: [latent, HIDDEN],
    dec1: [HIDDEN, latent],
    dec2: [HIDDEN, HIDDEN],
    out: [2, HIDDEN],
  };
  const layers = {};
  for (const [name, [units, inputs]] of Object.entries(sizes)) {
    const bound = Math.sqrt(3 / inputs); // variance 1 / inputs: a tanh neither dies nor saturates at the start
    const W = Float64Array.from({ length: units * inputs }, () => (2 * random() - 1) * bound * (name === "logvar" ? 0.1 : 1));
    layers[name] = { units, inputs, W, b: new Float64Array(units) };
  }
  return { latent, layers, step: 0, moments: {} };
}

function dense({ units, inputs, W, b }, x, n, squash) {
  const out = new Float64Array(n * units);
  for (let row = 0; row < n; row++) {
    for (let u = 0; u < units; u++) {
      let sum = b[u];
      for (let i = 0; i < inputs; i++) sum += W[u * inputs + i] * x[row * inputs + i];
      out[row * units + u] = squash ? Math.tanh(sum) : sum;
    }
  }
  return out;
}

// From the gradient by a layer's output to those by its weights (added to grad) and by its input (returned).
function denseBack({ units, inputs, W }, grad, x, out, n, gradOut, squash) {
  const back = new Float64Array(n * inputs);
  for (let row = 0; row < n; row++) {
    for (let u = 0; u < units; u++) {
      const y = out[row * units + u];
      const g = gradOut[row * units + u] * (squash ? 1 - y * y : 1);
      if (g === 0) continue;
      grad.b[u] += g;
      for (let i = 0; i < inputs; i++) {
        grad.W[u * inputs + i] += g * x[row * inputs + i];
        back[row * inputs + i] += g * W[u * inputs + i];
      }
    }
  }
  return back;
}

function toyEncode({ layers }, x) {
  const n = x.length / 2;
  const h1 = dense(layers.enc1, x, n, true);
  const h2 = dense(layers.enc2, h1, n, true);
  return { n, h1, h2, mu: dense(layers.mu, h2, n, false), logvar: dense(layers.logvar, h2, n, false) };
}

function toyDecode({ layers, latent }, z) {
  const n = z.length / latent;
  const h1 = dense(layers.dec1, z, n, true);
  const h2 = dense(layers.dec2, h1, n, true);
  return { n, h1, h2, recon: dense(layers.out, h2, n, false) };
}

// x: n points (2 n numbers); eps: n · latent draws of N(0, 1). kl, noise: switches. Returns loss, squared error, KL (means over
// the points) and the gradients of the loss by every weight.
function toyGradients(network, x, eps, { B, kl, noise }) {
  const { layers } = network;
  const seen = toyEncode(network, x);
  const { n, mu, logvar } = seen;
  const z = mu.map((m, i) => (noise ? m + Math.exp(logvar[i] / 2) * eps[i] : m));
  const drawn = toyDecode(network, z);
  const gradient = {};
  for (const [name, { W, b }] of Object.entries(layers)) {
    gradient[name] = { W: new Float64Array(W.length), b: new Float64Array(b.length) };
  }
  let [squares, nats] = [0, 0];
  const byRecon = drawn.recon.map((value, i) => {
    squares += (value - x[i]) ** 2 / n;
    return (2 * B * (value - x[i])) / n;
  });
  for (let i = 0; i < mu.length; i++) nats += (0.5 * (mu[i] ** 2 + Math.exp(logvar[i]) - logvar[i] - 1)) / n;

  const byH2 = denseBack(layers.out, gradient.out, drawn.h2, drawn.recon, n, byRecon, false);
  const byH1 = denseBack(layers.dec2, gradient.dec2, drawn.h1, drawn.h2, n, byH2, true);
  const byZ = denseBack(layers.dec1, gradient.dec1, z, drawn.h1, n, byH1, true);
  const byMu = byZ.map((g, i) => g + (kl ? mu[i] / n : 0));
  const byLogvar = byZ.map(
    (g, i) => (noise ? 0.5 * g * Math.exp(logvar[i] / 2) * eps[i] : 0) + (kl ? (0.5 * (Math.exp(logvar[i]) - 1)) / n : 0),
  );
  const fromMu = denseBack(layers.mu, gradient.mu, seen.h2, mu, n, byMu, false);
  const fromLogvar = denseBack(layers.logvar, gradient.logvar, seen.h2, logvar, n, byLogvar, false);
  const byE2 = fromMu.map((g, i) => g + fromLogvar[i]);
  const byE1 = denseBack(layers.enc2, gradient.enc2, seen.h1, seen.h2, n, byE2, true);
  denseBack(layers.enc1, gradient.enc1, x, seen.h1, n, byE1, true);
  return { loss: B * squares + (kl ? nats : 0), squares, nats, gradient };
}

// One step of Adam, D. Kingma & J. Ba, 2015, with its usual settings.
function toyStep(network, gradient, lr) {
  const t = ++network.step;
  for (const [name, layer] of Object.entries(network.layers)) {
    for (const part of ["W", "b"]) {
      const [values, g] = [layer[part], gradient[name][part]];
      const kept = (network.moments[`${name}.${part}`] ??= [new Float64Array(g.length), new Float64Array(g.length)]);
      for (let i = 0; i < g.length; i++) {
        kept[0][i] += 0.1 * (g[i] - kept[0][i]);
        kept[1][i] += 0.001 * (g[i] ** 2 - kept[1][i]);
        values[i] -= (lr * (kept[0][i] / (1 - 0.9 ** t))) / (Math.sqrt(kept[1][i] / (1 - 0.999 ** t)) + 1e-8);
      }
    }
  }
}

// n points of a shape, around 0 and about as wide as N(0, I).
function toyPoints(shape, n, seed) {
  const random = randomNumbers(seed);
  const points = new Float64Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [a, b] = [0.08 * gaussian(random), 0.08 * gaussian(random)];
    const angle = 2 * Math.PI * random();
    let [x, y] = [1.4 * Math.cos(angle), 1.4 * Math.sin(angle)];
    if (shape === "moons") {
      const half = angle / 2;
      [x, y] = i % 2 ? [1.2 * Math.cos(half) - 0.6, 1.2 * Math.sin(half) - 0.3] : [0.6 - 1.2 * Math.cos(half), 0.3 - 1.2 * Math.sin(half)];
    }
    if (shape === "blobs") [x, y] = [1.3 * Math.cos((2 * Math.PI * (i % 5)) / 5), 1.3 * Math.sin((2 * Math.PI * (i % 5)) / 5)];
    points.set([x + a, y + b], 2 * i);
  }
  return points;
}
