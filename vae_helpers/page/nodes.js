// What the pages share: elements, buttons, numbers in the page's language, lists, draws of N(0, 1).
"use strict";

// An element with properties (names with a dash, and role, are attributes) and children.
function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children);
  return node;
}

const formats = []; // decimals → how they are written: made once, for making takes longer than writing

// A number with so many decimals, with the decimal mark and the minus sign of the page's language.
function number(value, decimals) {
  const form = { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false };
  formats[decimals] ??= new Intl.NumberFormat(document.documentElement.lang, form);
  return formats[decimals].format(value).replace("-", "−");
}

function tool(text, action) {
  const button = element("button", { type: "button", textContent: text });
  button.addEventListener("click", action);
  return button;
}

function list(length, entry) {
  return Array.from({ length }, (_, i) => entry(i));
}

// A draw of N(0, 1) from a source of numbers in 0 … 1: G. Box & M. Muller, 1958.
function gaussian(random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

// action, run at once when it is called, and then at most every 8 ms: calls in between are answered together. (A frame of
// waiting for requestAnimationFrame would be seen: browsers hand over the pointer's moves once a frame as it is.)
function paced(action) {
  let [busy, asked] = [false, false];
  const run = () => {
    [busy, asked] = [true, false];
    action();
    setTimeout(() => {
      busy = false;
      if (asked) run();
    }, 8);
  };
  return () => {
    asked = true;
    if (!busy) run();
  };
}
