// The toy's page: points in the plane on the left, their codes on the right, the knobs below, and the loss as it falls.
"use strict";

const BATCH = 128;
const SHOWN = 60; // points whose clouds are drawn
const REACH = 3; // how far both maps reach from 0

function toyPage({ words, colours, settings }) {
  const choice = { shape: "ring", latent: 2, B: 20, kl: true, noise: true, lr: 0.005, seed: 1, ...settings };
  let [network, points, random, running, history, every, waiting] = [null, null, null, false, [], 1, false]; // every: steps from one entry to the next

  const canvas = (name, onPointer) => {
    const node = element("canvas", { className: "plane", role: "img", "aria-label": name });
    node.width = node.height = 480;
    if (onPointer) {
      node.addEventListener("pointerdown", onPointer);
      node.addEventListener("pointermove", (event) => event.buttons && onPointer(event));
    }
    return node;
  };
  const data = canvas(words.data, (event) => drawn(event));
  const codes = canvas(words.codes);
  const curve = element("canvas", { className: "curve", role: "img", "aria-label": words.curve, width: 960, height: 160 });
  const status = element("p", { role: "status" });

  const at = (value, axis) => 240 + ((axis ? -value : value) / REACH) * 240;
  const colourOf = (i) => colours[Math.floor(((Math.atan2(points[2 * i + 1], points[2 * i]) / (2 * Math.PI) + 1) % 1) * 8)];

  function drawn(event) {
    if (choice.shape !== "own") return;
    const box = data.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    const place = share.map((value, axis) => (axis ? -1 : 1) * (2 * value - 1) * REACH);
    points = Float64Array.from([...points, ...place]);
    later();
  }

  function reset() {
    network = toyNetwork(choice.latent, choice.seed);
    if (choice.shape !== "own") points = toyPoints(choice.shape, 400, choice.seed + 1);
    else if (!points || points.length === 800) points = new Float64Array(0);
    random = randomNumbers(choice.seed + 2);
    [history, every] = [[], 1];
    paint();
  }

  function step() {
    if (points.length < 4) return;
    const n = Math.min(BATCH, points.length / 2);
    const x = new Float64Array(2 * n);
    for (let i = 0; i < n; i++) {
      const chosen = Math.floor(random() * (points.length / 2));
      x.set(points.subarray(2 * chosen, 2 * chosen + 2), 2 * i);
    }
    const eps = Float64Array.from({ length: n * choice.latent }, () => gaussian(random));
    const result = toyGradients(network, x, eps, choice);
    toyStep(network, result.gradient, choice.lr);
    if (network.step % every === 0) history.push([result.squares, result.nats]);
    if (history.length > 4000) [history, every] = [history.filter((_, i) => i % 2), 2 * every];
  }

  function frame() {
    if (!running) return;
    const until = performance.now() + 9; // the rest of the frame is for painting
    do step();
    while (performance.now() < until);
    paint();
    requestAnimationFrame(frame);
  }

  function later() {
    if (waiting || running) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  }

  function dots(paper, values, radius, colour) {
    for (let i = 0; i < values.length / 2; i++) {
      paper.fillStyle = typeof colour === "string" ? colour : colour(i);
      paper.beginPath();
      paper.arc(at(values[2 * i], 0), at(values[2 * i + 1], 1), radius, 0, 2 * Math.PI);
      paper.fill();
    }
  }

  // The lines of a grid over the latent space, as the decoder bends them (one latent dimension: a single line).
  function grid(paper) {
    const line = (z) => {
      const { recon } = toyDecode(network, Float64Array.from(z.flat()));
      paper.beginPath();
      for (let i = 0; i < recon.length / 2; i++) paper.lineTo(at(recon[2 * i], 0), at(recon[2 * i + 1], 1));
      paper.stroke();
    };
    const ticks = list(41, (i) => (i - 20) / 8);
    paper.strokeStyle = "#717581";
    paper.lineWidth = choice.latent === 1 ? 3 : 1.2;
    if (choice.latent === 1) return line(ticks.map((z) => [z]));
    for (const fixed of list(11, (i) => (i - 5) / 2)) {
      line(ticks.map((z) => [z, fixed]));
      line(ticks.map((z) => [fixed, z]));
    }
  }

  function paint() {
    const paper = data.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, 480, 480);
    grid(paper);
    dots(paper, points, 3.2, colourOf);
    const fixed = randomNumbers(9);
    const z = Float64Array.from({ length: 80 * choice.latent }, () => gaussian(fixed));
    const samples = toyDecode(network, z).recon;
    paper.strokeStyle = "#000";
    paper.lineWidth = 1.5;
    for (let i = 0; i < 80; i++) {
      const [x, y] = [at(samples[2 * i], 0), at(samples[2 * i + 1], 1)];
      paper.beginPath();
      paper.moveTo(x - 4, y);
      paper.lineTo(x + 4, y);
      paper.moveTo(x, y - 4);
      paper.lineTo(x, y + 4);
      paper.stroke();
    }
    paintCodes();
    paintCurve();
  }

  function paintCodes() {
    const paper = codes.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, 480, 480);
    paper.setLineDash([6, 6]);
    paper.strokeStyle = "#000";
    paper.lineWidth = 1;
    for (const radius of [1, 2]) {
      paper.beginPath();
      if (choice.latent === 2) paper.arc(240, 240, radius * 80, 0, 2 * Math.PI);
      else for (const x of [-radius, radius]) [paper.moveTo(at(x, 0), 0), paper.lineTo(at(x, 0), 480)];
      paper.stroke();
    }
    paper.setLineDash([]);
    const some = points.subarray(0, 2 * SHOWN);
    const { n, mu, logvar } = toyEncode(network, some);
    for (let i = 0; i < n; i++) {
      const sigma = list(choice.latent, (j) => (choice.noise ? Math.exp(logvar[i * choice.latent + j] / 2) : 0));
      const middle = choice.latent === 2 ? [mu[2 * i], mu[2 * i + 1]] : [mu[i], 2.7 - (5.4 * i) / SHOWN];
      const radii = choice.latent === 2 ? sigma.map((s) => Math.max(3, s * 80)) : [Math.max(3, sigma[0] * 80), 3];
      paper.beginPath();
      paper.ellipse(at(middle[0], 0), at(middle[1], 1), radii[0], radii[1], 0, 0, 2 * Math.PI);
      paper.globalAlpha = 0.35;
      paper.fillStyle = paper.strokeStyle = colourOf(i);
      paper.fill();
      paper.globalAlpha = 1;
      paper.stroke();
    }
  }

  function paintCurve() {
    const paper = curve.getContext("2d");
    const [width, height] = [curve.width, curve.height];
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, width, height);
    const highest = [Math.max(0.1, ...history.map(([squares]) => squares)), Math.max(1, ...history.map(([, nats]) => nats))];
    ["#0072b2", "#d55e00"].forEach((colour, part) => {
      paper.strokeStyle = colour;
      paper.lineWidth = 2.5;
      paper.setLineDash(part ? [8, 5] : []);
      paper.beginPath();
      history.forEach((row, i) => {
        paper.lineTo((i / Math.max(1, history.length - 1)) * width, height - 6 - (row[part] / highest[part]) * (height - 12));
      });
      paper.stroke();
    });
    const last = history.slice(-20);
    const mean = (part) => last.reduce((sum, row) => sum + row[part], 0) / last.length;
    status.textContent = last.length
      ? `${words.step} ${network.step} · ${words.error} ${number(mean(0), 3)} · KL ${number(mean(1), 2)}`
      : words.ready;
  }

  const run = tool(words.run, () => {
    running = !running;
    run.textContent = running ? words.pause : words.run;
    run.setAttribute("aria-pressed", running);
    if (running) requestAnimationFrame(frame);
  });
  const select = (name, text, options, convert = String) => {
    const node = element("select", {}, ...options.map(([value, label]) => element("option", { value, textContent: label })));
    node.value = choice[name];
    node.addEventListener("change", () => {
      choice[name] = convert(node.value);
      if (name === "shape") points = new Float64Array(0);
      reset();
    });
    return element("label", { className: "short" }, text, node);
  };
  const slider = (name, text, low, high) => {
    const node = element("input", { type: "range", min: Math.log10(low), max: Math.log10(high), step: 0.01 });
    const shown = element("output", {});
    const show = () => {
      shown.textContent = number(choice[name], choice[name] < 0.1 ? 4 : choice[name] < 10 ? 1 : 0);
      node.setAttribute("aria-valuetext", shown.textContent);
    };
    node.value = Math.log10(choice[name]);
    node.addEventListener("input", () => {
      choice[name] = 10 ** node.value;
      show();
    });
    show();
    return element("label", {}, text, node, shown);
  };
  const check = (name, text) => {
    const node = element("input", { type: "checkbox", checked: choice[name] });
    node.addEventListener("change", () => {
      choice[name] = node.checked;
      later();
    });
    return element("label", { className: "short" }, node, text);
  };

  const shapes = ["ring", "moons", "blobs", "own"].map((name) => [name, words[name]]);
  const main = document.querySelector("main");
  main.className = "toy";
  main.append(
    element("section", {}, element("h2", { textContent: words.data }), data, element("p", { textContent: words.dataHint })),
    element("section", {}, element("h2", { textContent: words.codes }), codes, element("p", { textContent: words.codesHint })),
    element(
      "section",
      {},
      element("div", { className: "row" }, run, tool(words.one, () => (step(), later())), tool(words.again, reset)),
      slider("B", "B", 0.05, 1000),
      slider("lr", words.lr, 0.0005, 0.05),
      element("div", { className: "row" }, check("kl", "KL"), check("noise", words.noise)),
      element("div", { className: "row" }, select("shape", words.points, shapes), select("latent", words.latent, [["1", "1"], ["2", "2"]], Number)),
      curve,
      status,
      element("p", { textContent: words.curveHint }),
    ),
  );
  reset();
}
