/** What was painted, how it is undone, and the mask that is made of it.

What was painted is a list of steps in the picture's own pixels: drawn on a canvas of screen size while painting,
and once more at full size when the mask is made. So edges are as fine as the picture, and undoing is drawing
again without the last step. The oldest steps are merged into one bitmap, so that memory has an end. */

const VIEW_SIDE = 1600;      // pixels of the canvas that is painted on, at most
const MOST_STEPS = 80;       // that can be undone
const MOST_POINTS = 60000;   // in all of them
const MOST_BITMAPS = 2;      // loaded masks among them

function surface(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas;
}

/** One segment of a stroke, up to point `i`: through the midpoints, so that few points still give a curve. */
function drawSegment(ctx, points, i) {
  const [x, y, w] = points[i];
  ctx.lineWidth = w;
  ctx.beginPath();
  if (i === 0) { ctx.moveTo(x, y); ctx.lineTo(x, y); ctx.stroke(); return; }
  const [px, py] = points[i - 1];
  const from = i > 1 ? [(points[i - 2][0] + px) / 2, (points[i - 2][1] + py) / 2] : [px, py];
  ctx.moveTo(from[0], from[1]);
  ctx.quadraticCurveTo(px, py, (px + x) / 2, (py + y) / 2);
  ctx.stroke();
}

/** The end of a stroke, from the last midpoint to the last point. */
function drawTail(ctx, points) {
  const last = points.length - 1;
  if (last < 1) return;
  const [x, y, w] = points[last], [px, py] = points[last - 1];
  ctx.lineWidth = w;
  ctx.beginPath();
  ctx.moveTo((px + x) / 2, (py + y) / 2);
  ctx.lineTo(x, y);
  ctx.stroke();
}

function prepare(ctx, step, scale, colour) {
  ctx.setTransform(scale, 0, 0, scale, 0, 0);
  ctx.globalCompositeOperation = step.erase ? "destination-out" : step.kind === "invert" ? "xor" : "source-over";
  ctx.strokeStyle = ctx.fillStyle = colour;
  ctx.lineCap = ctx.lineJoin = "round";
}

function drawStep(ctx, step, scale, colour, width, height) {
  prepare(ctx, step, scale, colour);
  if (step.kind === "stroke") {
    for (let i = 0; i < step.points.length; i++) drawSegment(ctx, step.points, i);
    drawTail(ctx, step.points);
  } else if (step.kind === "shape") {
    ctx.beginPath();
    step.points.forEach(([x, y], i) => (i ? ctx.lineTo(x, y) : ctx.moveTo(x, y)));
    ctx.closePath();
    ctx.fill();
  } else if (step.kind === "invert") {
    ctx.fillRect(0, 0, width, height);
  } else {
    ctx.clearRect(0, 0, width, height);
    if (step.bitmap) {
      ctx.drawImage(step.bitmap, 0, 0, width, height);
      ctx.globalCompositeOperation = "source-in";   // in the veil's own colour
      ctx.fillRect(0, 0, width, height);
    }
  }
}

/** What is painted, and what can be undone. */
class Painting {
  constructor(width, height, view) {
    Object.assign(this, { width, height, view, steps: [], undone: [], base: null });
    this.ctx = view.getContext("2d");
    this.scale = view.width / width;
    this.colour = "#000";
  }
  draw(ctx, step, scale) { drawStep(ctx, step, scale, this.colour, this.width, this.height); }
  clear(ctx) {
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.globalCompositeOperation = "source-over";
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
  }
  redraw() {
    this.clear(this.ctx);
    if (this.base) this.draw(this.ctx, { kind: "bitmap", bitmap: this.base }, this.scale);
    for (const step of this.steps) this.draw(this.ctx, step, this.scale);
  }
  /** Keep a step that can be undone; `drawn` where it is on the screen already. */
  add(step, drawn = false) {
    this.steps.push(step);
    this.undone = [];
    if (!drawn) this.draw(this.ctx, step, this.scale);
    const points = () => this.steps.reduce((sum, one) => sum + (one.points?.length ?? 0), 0);
    const bitmaps = () => this.steps.filter((one) => one.bitmap).length;
    while (this.steps.length > 1
        && (this.steps.length > MOST_STEPS || points() > MOST_POINTS || bitmaps() > MOST_BITMAPS)) {
      this.base ??= surface(this.width, this.height);
      this.draw(this.base.getContext("2d"), this.steps.shift(), 1);
    }
  }
  undo() { if (this.steps.length) { this.undone.push(this.steps.pop()); this.redraw(); } }
  redo() {
    if (!this.undone.length) return;
    this.steps.push(this.undone.pop());
    this.draw(this.ctx, this.steps.at(-1), this.scale);
  }
  /** How much of the picture is painted, from 0 to 1. */
  share(side = 160) {
    const k = side / Math.max(this.width, this.height);
    const small = surface(Math.max(1, Math.round(this.width * k)), Math.max(1, Math.round(this.height * k)));
    const ctx = small.getContext("2d", { willReadFrequently: true });
    ctx.drawImage(this.view, 0, 0, small.width, small.height);
    const { data } = ctx.getImageData(0, 0, small.width, small.height);
    let sum = 0;
    for (let i = 3; i < data.length; i += 4) sum += data[i];
    return sum / (255 * small.width * small.height);
  }
  /** The mask at the picture's size: black, and transparent where it was painted; null for nothing. */
  async finished(feather) {
    if (!this.steps.length && !this.base) return null;
    if (!this.share() && !this.share(Math.max(this.view.width, this.view.height))) return null;
    let full = surface(this.width, this.height);
    const ctx = full.getContext("2d");
    if (this.base) this.draw(ctx, { kind: "bitmap", bitmap: this.base }, 1);
    for (const step of this.steps) this.draw(ctx, step, 1);
    if (feather) {
      // A shadow is soft outside and leaves the inside whole, and unlike `filter` every browser has it.
      const soft = surface(this.width, this.height), painter = soft.getContext("2d");
      painter.shadowColor = "#000";
      painter.shadowBlur = feather;
      painter.drawImage(full, 0, 0);
      full = soft;
    }
    const out = surface(this.width, this.height), mask = out.getContext("2d");
    mask.fillRect(0, 0, this.width, this.height);
    mask.globalCompositeOperation = "destination-out";
    mask.drawImage(full, 0, 0);
    return new Promise((resolve, reject) => out.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error("the browser could not make a PNG"))), "image/png"));
  }
}

/** A mask's bytes as a bitmap of what is painted; a soft edge is made hard, for it is softened again when sent. */
async function bitmapOf(bytes, width, height, hard) {
  const picture = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = surface(width, height), ctx = canvas.getContext("2d", { willReadFrequently: hard });
  ctx.fillRect(0, 0, width, height);
  ctx.globalCompositeOperation = "destination-out";
  ctx.drawImage(picture, 0, 0, width, height);
  picture.close();
  if (hard) {
    const pixels = ctx.getImageData(0, 0, width, height);
    for (let i = 3; i < pixels.data.length; i += 4) pixels.data[i] = pixels.data[i] > 127 ? 255 : 0;
    ctx.putImageData(pixels, 0, 0);
  }
  return canvas;
}
