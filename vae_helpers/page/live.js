// The living page: draw a digit → mu and sigma → z → picture, for one model or two side by side, without a kernel.
"use strict";

const normal = () => gaussian(Math.random);

function bar(kind, name) {
  const [share, value] = [element("span"), element("span", { textContent: "–" })];
  const node = element("div", { className: `bar ${kind}` }, element("span", { textContent: name }), share, value);
  return {
    node,
    show(amount, whole) {
      value.textContent = amount === null ? "–" : number(amount, 1);
      share.style.setProperty("--share", `${amount === null ? 0 : Math.min(100, (100 * amount) / whole)}%`);
    },
  };
}

// One model: its map or sliders, its picture, its bars. onZ(z) is called when somebody moves z on it. With more than one
// variant (the same network trained with another B, say) a knob chooses which of them lives; onKnob() is called then.
function view(variants, weights, words, colours, onZ, onKnob) {
  const networks = variants.map((model) => ({
    ...model,
    run: [model.encode, model.decode].map((program) => engine(program, weights.slice(...program.weights))),
  }));
  let model = networks[0];
  const { latent, size, channels } = model;
  const image = element("canvas", { role: "img", "aria-label": words.picture });
  const [wrong, kl] = [bar("error", words.error), bar("kl", "KL")];
  const status = element("p", { role: "status" });
  const title = element("h2", { textContent: model.name });
  const node = element("section", { className: "view" }, title);
  let plane = null;
  let sliders = [];
  if (networks.length > 1) {
    const input = element("input", { type: "range", min: 0, max: networks.length - 1, step: 1, value: 0, "aria-valuetext": model.name });
    input.addEventListener("input", () => {
      model = networks[input.value];
      title.textContent = model.name;
      input.setAttribute("aria-valuetext", model.name);
      plane?.show(model.codes);
      onKnob();
    });
    node.append(element("label", { className: "knob" }, words.knob, input), element("p", { textContent: words.knobHint }));
  }
  if (latent === 2) {
    const canvas = element("canvas", { className: "plane", tabIndex: 0, role: "application", "aria-label": words.map });
    plane = latentPlane(canvas, model.limit, colours, onZ);
    plane.show(model.codes);
    node.append(canvas);
  } else {
    const box = element("div", { className: "sliders", tabIndex: 0, role: "group", "aria-label": words.sliders });
    sliders = latentSliders(box, model, onZ);
    node.append(box);
  }
  node.append(image, wrong.node, ...(model.variational ? [kl.node] : []), status);
  if (latent === 2) node.append(element("p", { textContent: model.variational ? `${words.mapHint} ${words.cloudHint}` : words.mapHint }));
  return {
    node,
    latent,
    // mu, logvar: what the encoder says of an image
    look(x) {
      const [mu, logvar] = model.run[0](x).map((values) => Float32Array.from(values));
      return { x, mu, logvar: model.variational ? logvar : null };
    },
    draw(z, seen) {
      const [recon] = model.run[1](Float32Array.from(z));
      picture(recon, size, channels, image);
      const sigma = seen?.logvar && Array.from(seen.logvar, (value) => Math.exp(value / 2));
      plane?.mark(z, seen && Array.from(seen.mu), sigma || (seen && [0, 0]));
      sliders.forEach((slider, j) => slider.show(z[j]));
      let [squares, nats] = [null, null];
      if (seen) {
        squares = recon.reduce((sum, value, i) => sum + (value - seen.x[i]) ** 2, 0);
        if (seen.logvar) nats = seen.mu.reduce((sum, m, j) => sum + 0.5 * (m * m + Math.exp(seen.logvar[j]) - seen.logvar[j] - 1), 0);
      }
      wrong.show(squares, 100);
      kl.show(nats, latent === 2 ? 20 : 100);
      const pair = (values, decimals) => `(${Array.from(values, (value) => number(value, decimals)).join("; ")})`;
      status.textContent = latent === 2 ? `z = ${pair(z, 2)}${sigma ? ` · σ = ${pair(sigma, 3)}` : ""}` : ""; // most clouds are too small for the map
    },
  };
}

// A slider for each dimension, the one with the largest KL first. Its steps are finer than a pixel, so that a picture follows
// every move of the hand (at 0.05 one move in seven drew nothing); the arrow keys take larger ones.
function latentSliders(box, { order, kl }, onZ) {
  const sliders = [];
  const moved = paced(() => onZ(sliders.map((slider) => slider.value())));
  for (const j of order) {
    const input = element("input", { type: "range", min: -4, max: 4, step: 0.01, value: 0 });
    const shown = element("output", { textContent: number(0, 2) });
    let last = 0;
    input.addEventListener("input", moved);
    input.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1 }[event.key];
      if (!step) return;
      event.preventDefault();
      input.value = Number(input.value) + step;
      moved();
    });
    box.append(element("label", {}, `z${j + 1}${kl ? ` · ${number(kl[j], 1)}` : ""}`, input, shown));
    sliders[j] = {
      value: () => Number(input.value),
      show(value) {
        if (value === last) return;
        input.value = last = value;
        shown.textContent = number(value, 2);
      },
    };
  }
  return sliders;
}

// Between two codes: along the straight line, or on the arc whose length changes evenly from |a| to |b|.
function between(a, b, t, arc) {
  const line = a.map((value, j) => (1 - t) * value + t * b[j]);
  if (!arc) return line;
  const length = (z) => Math.hypot(...z);
  const cosine = a.reduce((sum, value, j) => sum + value * b[j], 0) / (length(a) * length(b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (!(angle > 1e-4) || Math.PI - angle < 1e-4) return line; // one direction, or none: every arc is as good as another
  const whole = (1 - t) * length(a) + t * length(b);
  const [left, right] = [Math.sin((1 - t) * angle) / length(a), Math.sin(t * angle) / length(b)];
  return a.map((value, j) => ((left * value + right * b[j]) * whole) / Math.sin(angle));
}

function livePage({ models, examples, words, colours }, weights) {
  const main = document.querySelector("main");
  let seen = null; // per model: x, mu, logvar of the image in the pad
  let noise = [];
  let here = []; // z of each view
  const ends = [null, null]; // of the walk: z of each view
  const refreshed = () => (seen ? look(seen[0].x) : draw());
  const views = models.map((variants) => view(variants, weights, words, colours, (z) => move(z), () => refreshed()));
  const draw = () => views.forEach((one, i) => one.draw(here[i], seen?.[i]));
  const move = (z) => {
    seen = null;
    here = views.map((one) => Array.from({ length: one.latent }, (_, j) => z[j] ?? 0));
    draw();
  };
  const look = (x) => {
    seen = views.map((one) => one.look(x));
    sampled();
  };
  const sampled = () => {
    here = seen.map(({ mu, logvar }) => Array.from(mu, (m, j) => m + (logvar ? Math.exp(logvar[j] / 2) * (noise[j] ?? 0) : 0)));
    draw();
  };
  const again = () => {
    noise = Array.from({ length: Math.max(...views.map((one) => one.latent)) }, normal);
    if (seen) sampled();
    else move(noise);
  };

  const canvas = element("canvas", { className: "pad", role: "img", "aria-label": words.pad });
  const pad = drawingPad(canvas, models[0][0].size, look);
  const chosen = element("div", { className: "examples", role: "group", "aria-label": words.examples });
  examples.forEach((bytes, i) => {
    const x = Float32Array.from(atob(bytes), (c) => c.charCodeAt(0) / 255);
    const button = element("button", { type: "button", "aria-label": `${words.example} ${i + 1}` });
    button.append(picture(x, models[0][0].size, models[0][0].channels));
    button.addEventListener("click", () => {
      if (models[0][0].channels === 1) pad.show(x);
      noise = [];
      look(x);
    });
    chosen.append(button);
  });
  const tools = element(
    "div",
    { className: "row tools" },
    tool(words.clear, () => pad.clear()),
    tool(words.noise, again),
    tool(words.mean, () => {
      noise = [];
      if (seen) sampled();
    }),
    tool(words.random, () => move(Array.from({ length: Math.max(...views.map((one) => one.latent)) }, normal))),
  );
  const walk = element("input", { type: "range", min: 0, max: 1, step: 0.01, value: 0 });
  const arc = element("input", { type: "checkbox" });
  const step = paced(() => {
    if (!ends[0] || !ends[1]) return;
    seen = null;
    here = views.map((_, i) => between(ends[0][i], ends[1][i], Number(walk.value), arc.checked));
    draw();
  });
  walk.addEventListener("input", step);
  arc.addEventListener("change", step);
  const remember = (i, text) => {
    const button = tool(text, () => {
      ends[i] = here.map((z) => [...z]);
      walk.value = i;
      button.setAttribute("aria-pressed", true);
    });
    return button;
  };
  const walking = element(
    "details",
    {},
    element("summary", { textContent: words.walk }),
    element("div", { className: "row" }, remember(0, words.from), remember(1, words.to), element("label", { className: "short" }, arc, words.arc)),
    element("label", { className: "knob" }, words.along, walk),
  );
  const hint = element("p", { textContent: words.hint });
  const input = element("section", { className: "input" }, element("h2", { textContent: words.draw }), canvas, tools, chosen, hint, walking);
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey) again();
  });
  main.append(...(models[0][0].channels === 1 ? [input] : [element("section", {}, chosen, tools, walking)]), ...views.map((one) => one.node));
  move([]);
}
