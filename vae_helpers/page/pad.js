// A pad to draw a digit on, by mouse, pen or finger; the drawing is centred and scaled as MNIST's digits are.
"use strict";

// canvas: the pad. size: pixels of the model's images. onImage(Float32Array of size², in 0 … 1) is called as one draws.
function drawingPad(canvas, size, onImage) {
  const side = (canvas.width = canvas.height = 280);
  const ink = canvas.getContext("2d", { willReadFrequently: true });
  let last = null;
  const clear = () => {
    ink.fillStyle = "#000";
    ink.fillRect(0, 0, side, side);
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * side, ((event.clientY - box.top) / box.height) * side];
  };
  const line = (from, to) => {
    Object.assign(ink, { strokeStyle: "#fff", lineWidth: side / 13, lineCap: "round", lineJoin: "round" });
    ink.beginPath();
    ink.moveTo(...from);
    ink.lineTo(...to);
    ink.stroke();
  };
  const report = paced(() => {
    const image = centred(ink.getImageData(0, 0, side, side), size);
    if (image) onImage(image);
  });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = place(event);
    line(last, last);
    report();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      const next = place(part);
      line(last, next);
      last = next;
    }
    report();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  clear();
  return {
    clear,
    show(image) {
      clear();
      const small = picture(image, size, 1);
      ink.imageSmoothingEnabled = false;
      ink.drawImage(small, 0, 0, side, side);
    },
  };
}

// As Y. LeCun's MNIST was made: the ink's box is fitted into 20 of 28 pixels, and its centre of mass lies in the middle.
function centred({ data, width, height }, size) {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i += 4) {
      if (data[i] < 32) continue;
      [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x), Math.min(top, y), Math.max(bottom, y)];
    }
  }
  if (right < 0) return null; // nothing drawn
  const scale = ((20 / 28) * size) / Math.max(right - left + 1, bottom - top + 1);
  const image = new Float32Array(size * size);
  let [mass, atX, atY] = [0, 0, 0];
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const value = data[4 * (y * width + x)];
      [mass, atX, atY] = [mass + value, atX + value * x, atY + value * y];
    }
  }
  const [midX, midY] = [atX / mass, atY / mass];
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      // The mean of the pad's pixels that this pixel covers.
      const x0 = midX + (x - size / 2) / scale;
      const y0 = midY + (y - size / 2) / scale;
      let [sum, count] = [0, 0];
      for (let v = Math.round(y0); v < Math.round(y0 + 1 / scale); v++) {
        for (let u = Math.round(x0); u < Math.round(x0 + 1 / scale); u++, count++) {
          if (u >= 0 && u < width && v >= 0 && v < height) sum += data[4 * (v * width + u)];
        }
      }
      image[y * size + x] = count ? sum / count / 255 : 0;
    }
  }
  return image;
}

// A canvas with an image of channels · size² values in 0 … 1.
function picture(image, size, channels, canvas = document.createElement("canvas")) {
  if (canvas.width !== size || canvas.height !== size) canvas.width = canvas.height = size; // setting it clears the canvas, and makes a new one
  const paper = canvas.getContext("2d");
  const pixels = paper.createImageData(size, size);
  const area = size * size;
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) pixels.data[4 * i + c] = 255 * image[(channels === 1 ? 0 : c * area) + i] + 0.5;
    pixels.data[4 * i + 3] = 255;
  }
  paper.putImageData(pixels, 0, 0);
  return canvas;
}
