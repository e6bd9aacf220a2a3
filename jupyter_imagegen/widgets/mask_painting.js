/** What was painted, how it is undone, and the mask that is made of it.

What was painted is a list of steps in the picture's own pixels: drawn on a canvas of screen size while painting,
and once more at full size when the mask is made. So edges are as fine as the picture, and undoing is drawing
again without the last step. The oldest steps are merged into one bitmap, so that memory has an end. */

const VIEW_SIDE = 1600;      // pixels of the canvas that is painted on, at most
const MOST_STEPS = 80;       // that can be undone
const MOST_POINTS = 60000;   // in all of them
const MOST_ZOOM = 16;
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
    const full = surface(this.width, this.height), ctx = full.getContext("2d");
    if (this.base) this.draw(ctx, { kind: "bitmap", bitmap: this.base }, 1);
    for (const step of this.steps) this.draw(ctx, step, 1);
    if (feather) {
      // Only the shadow of what was painted, under it: soft outside, and the inside stays whole. Unlike `filter`
      // every browser has it. What is blurred needs no fine pixels: a smaller copy is several times as fast.
      const k = Math.min(1, 8 / feather);
      const soft = surface(Math.ceil(this.width * k), Math.ceil(this.height * k)), painter = soft.getContext("2d");
      painter.shadowColor = "#000";
      painter.shadowBlur = feather * k;
      painter.shadowOffsetX = 2 * soft.width;
      painter.drawImage(full, -2 * soft.width, 0, soft.width, soft.height);
      ctx.setTransform(1, 0, 0, 1, 0, 0);
      ctx.globalCompositeOperation = "destination-over";
      ctx.drawImage(soft, 0, 0, this.width, this.height);
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

function shareWords(share) {
  if (!share) return "nothing will change";
  return `${share < .01 ? "under 1" : Math.min(Math.round(share * 100), 100)} % will change`;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** How far a sheet is enlarged, and what of it is seen: fractions of its frame, so that a page that is resized
needs no arithmetic. */
class Zoom {
  constructor(sheet, output) {
    Object.assign(this, { sheet, output });
    this.fit();
  }
  place() {
    this.x = clamp(this.x, 1 - this.level, 0);
    this.y = clamp(this.y, 1 - this.level, 0);
    this.sheet.style.transform = `translate(${this.x * 100}%, ${this.y * 100}%) scale(${this.level})`;
    this.sheet.style.setProperty("--zoom", this.level);
    this.output.textContent = `${Math.round(this.level * 100)} %`;
  }
  /** Enlarge by a factor, so that what is at a place of the frame stays there. */
  by(factor, at = [.5, .5]) {
    const level = clamp(this.level * factor, 1, MOST_ZOOM), times = level / this.level;
    this.x = at[0] - (at[0] - this.x) * times;
    this.y = at[1] - (at[1] - this.y) * times;
    this.level = level;
    this.place();
  }
  fit() {
    Object.assign(this, { level: 1, x: 0, y: 0 });
    this.place();
  }
}
