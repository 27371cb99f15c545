// The living page: draw a digit → mu and sigma → z → picture, for one model or two side by side, without a kernel.
"use strict";

const TAU = 2 * Math.PI;
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(TAU * Math.random());

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

// One model: its map or sliders, its picture, its bars. onZ(z) is called when somebody moves z on it.
function view(model, weights, words, colours, onZ) {
  const [encode, decode] = [model.encode, model.decode].map((program) => engine(program, weights.slice(...program.weights)));
  const { latent, size, channels } = model;
  const image = element("canvas", { role: "img", "aria-label": words.picture });
  const [wrong, kl] = [bar("error", words.error), bar("kl", "KL")];
  const status = element("p", { role: "status" });
  let plane = null;
  const sliders = [];
  const parts = [element("h2", { textContent: model.name })];
  if (latent === 2) {
    const canvas = element("canvas", { className: "plane", tabIndex: 0, role: "application", "aria-label": words.map });
    plane = latentPlane(canvas, { ...model, colours }, onZ);
    parts.push(canvas);
  } else {
    const box = element("div", { className: "sliders", tabIndex: 0, role: "group", "aria-label": words.sliders });
    for (const j of model.order) {
      const input = element("input", { type: "range", min: -4, max: 4, step: 0.05, value: 0 });
      const shown = element("output", { textContent: number(0, 2) });
      input.addEventListener("input", () => {
        const z = sliders.map((slider) => Number(slider.input.value));
        onZ(z);
      });
      box.append(element("label", {}, `z${j + 1} · ${model.kl ? number(model.kl[j], 1) : ""}`, input, shown));
      sliders[j] = { input, shown };
    }
    parts.push(box);
  }
  const node = element("section", {}, ...parts, image, wrong.node, ...(model.variational ? [kl.node] : []), status);
  return {
    node,
    latent,
    // mu, logvar and what the encoder says of an image
    look(x) {
      const [mu, logvar] = encode(x).map((values) => Float32Array.from(values));
      return { x, mu, logvar: model.variational ? logvar : null };
    },
    draw(z, seen) {
      const [recon] = decode(Float32Array.from(z));
      picture(recon, size, channels, image);
      const sigma = seen?.logvar && Array.from(seen.logvar, (value) => Math.exp(value / 2));
      plane?.mark(z, seen && Array.from(seen.mu), sigma || (seen && [0, 0]));
      sliders.forEach(({ input, shown }, j) => {
        input.value = z[j];
        shown.textContent = number(z[j], 2);
      });
      let [squares, nats] = [null, null];
      if (seen) {
        squares = recon.reduce((sum, value, i) => sum + (value - seen.x[i]) ** 2, 0);
        if (seen.logvar) nats = seen.mu.reduce((sum, m, j) => sum + 0.5 * (m * m + Math.exp(seen.logvar[j]) - seen.logvar[j] - 1), 0);
      }
      wrong.show(squares, 100);
      kl.show(nats, latent === 2 ? 20 : 100);
      status.textContent = latent === 2 ? `z = (${Array.from(z, (value) => number(value, 2)).join("; ")})` : "";
    },
  };
}

function livePage({ models, examples, words, colours }, weights) {
  const main = document.querySelector("main");
  let seen = null; // per model: x, mu, logvar of the image in the pad
  let noise = [];
  const views = models.map((model) => view(model, weights, words, colours, (z) => move(z)));
  const move = (z) => {
    seen = null;
    for (const one of views) one.draw(Array.from({ length: one.latent }, (_, j) => z[j] ?? 0), null);
  };
  const look = (x) => {
    seen = views.map((one) => one.look(x));
    sampled();
  };
  const sampled = () => {
    views.forEach((one, i) => {
      const { mu, logvar } = seen[i];
      one.draw(Array.from(mu, (m, j) => m + (logvar ? Math.exp(logvar[j] / 2) * (noise[j] ?? 0) : 0)), seen[i]);
    });
  };
  const again = () => {
    noise = Array.from({ length: Math.max(...views.map((one) => one.latent)) }, normal);
    if (seen) sampled();
    else move(noise);
  };

  const canvas = element("canvas", { className: "pad", role: "img", "aria-label": words.pad });
  const pad = drawingPad(canvas, models[0].size, look);
  const chosen = element("div", { className: "examples", role: "group", "aria-label": words.examples });
  examples.forEach((bytes, i) => {
    const x = Float32Array.from(atob(bytes), (c) => c.charCodeAt(0) / 255);
    const button = element("button", { type: "button", "aria-label": `${words.example} ${i + 1}` });
    button.append(picture(x, models[0].size, models[0].channels));
    button.addEventListener("click", () => {
      if (models[0].channels === 1) pad.show(x);
      noise = [];
      look(x);
    });
    chosen.append(button);
  });
  const tool = (text, action) => {
    const button = element("button", { type: "button", textContent: text });
    button.addEventListener("click", action);
    return button;
  };
  const tools = element(
    "div",
    { className: "row" },
    tool(words.noise, again),
    tool(words.mean, () => {
      noise = [];
      if (seen) sampled();
    }),
    tool(words.clear, () => pad.clear()),
    tool(words.random, () => move(Array.from({ length: Math.max(...views.map((one) => one.latent)) }, normal))),
  );
  const input = element("section", {}, element("h2", { textContent: words.draw }), canvas, chosen, tools, element("p", { textContent: words.hint }));
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() === "e" && !event.ctrlKey && !event.metaKey) again();
  });
  main.append(...(models[0].channels === 1 ? [input] : [element("section", {}, chosen, tools)]), ...views.map((one) => one.node));
  move([]);
}
