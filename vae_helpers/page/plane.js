// The map of a two-dimensional latent space: codes in class colours, the prior's circles, the cloud of q(z|x), and z itself.
"use strict";

// limit: how far the map reaches from 0; onPlace(z) is called on a click, a drag or an arrow key.
function latentPlane(canvas, limit, colours, onPlace) {
  const side = (canvas.width = canvas.height = 600);
  const paper = canvas.getContext("2d");
  const still = document.createElement("canvas"); // what never changes, drawn once
  still.width = still.height = side;
  const at = (value, axis) => side / 2 + ((axis ? -value : value) / limit) * (side / 2);
  let z = [0, 0];

  // codes: [[z1, z2, class], …]
  function show(codes) {
    const ground = still.getContext("2d");
    ground.fillStyle = "#fff";
    ground.fillRect(0, 0, side, side);
    for (const [a, b, label] of codes) {
      ground.fillStyle = colours[label % colours.length];
      ground.beginPath();
      ground.arc(at(a, 0), at(b, 1), 4, 0, 2 * Math.PI);
      ground.fill();
    }
    ground.strokeStyle = "#000";
    ground.setLineDash([8, 7]);
    for (const radius of [1, 2, 3]) {
      ground.beginPath();
      ground.arc(at(0, 0), at(0, 1), (radius / limit) * (side / 2), 0, 2 * Math.PI);
      ground.stroke();
    }
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return share.map((value, axis) => (axis ? -1 : 1) * (2 * Math.min(1, Math.max(0, value)) - 1) * limit);
  };
  const report = paced(() => onPlace(z));
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    z = place(event);
    report();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.buttons) return;
    z = place(event);
    report();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = (event.shiftKey ? 0.5 : 0.1) * (limit / 4);
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (!move) return;
    event.preventDefault();
    z = z.map((value, axis) => Math.min(limit, Math.max(-limit, value + move[axis])));
    report();
  });

  return {
    show,
    // Draw z, and the cloud of q(z|x) where there is one: mu and sigma.
    mark(newZ, mu, sigma) {
      z = [...newZ];
      paper.fillStyle = "#fff";
      paper.fillRect(0, 0, side, side);
      paper.globalAlpha = mu ? 0.45 : 1; // the codes step back behind a cloud
      paper.drawImage(still, 0, 0);
      paper.globalAlpha = 1;
      if (mu) {
        paper.fillStyle = "rgba(0, 114, 178, .45)";
        paper.strokeStyle = "#0072b2";
        paper.lineWidth = 6;
        paper.beginPath();
        const radii = sigma.map((value) => Math.max(4, ((2 * value) / limit) * (side / 2)));
        paper.ellipse(at(mu[0], 0), at(mu[1], 1), radii[0], radii[1], 0, 0, 2 * Math.PI);
        paper.fill();
        paper.stroke();
      }
      paper.beginPath(); // z: small enough to leave the cloud in sight
      paper.arc(at(z[0], 0), at(z[1], 1), 9, 0, 2 * Math.PI);
      paper.fillStyle = "#000";
      paper.fill();
      paper.strokeStyle = "#fff";
      paper.lineWidth = 4;
      paper.stroke();
    },
  };
}
