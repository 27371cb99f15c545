// What both pages are built with: an element, and a number in the page's language.
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

// A number with so many decimals, with the decimal mark and the minus sign of the page's language.
function number(value, decimals) {
  const text = value.toLocaleString(document.documentElement.lang, { minimumFractionDigits: decimals, maximumFractionDigits: decimals, useGrouping: false });
  return text.replace("-", "−");
}
