// Line crops, drawn from the one page image when they come near the view.

import { fitText, leastWidth, letters } from "./fit.js";
import { cells, isStacked, knownSpans } from "./stacked.js";

const NEAR = "600px 0px"; // around the pane: drawn before they are seen
const BENT = 1.5; // pixels off a parallelogram from which a crop is drawn in strips
const STRIPS = 12;
const TALL = 1.5; // a crop this much higher than wide is text running down: laid level
const READABLE = 20; // pixels: a lower crop is drawn larger and moves with its field
const WIDEST = 8192; // pixels of a canvas: some browsers draw none that is wider

export class Crops {
  /** `lineOf(id)` is the line whose field a crop belongs to; `fitted(line)` hears of its new size. */
  constructor({ image, root, lineOf = () => null, fitted = () => {}, signal }) {
    Object.assign(this, { image, lineOf, fitted });
    this.near = new Set();
    this.observer = new IntersectionObserver((entries) => this.#moved(entries), {
      root,
      rootMargin: NEAR,
    });
    this.resized = new ResizeObserver(() => this.redraw(true));
    this.width = 0;
    signal?.addEventListener("abort", () => {
      this.observer.disconnect();
      this.resized.disconnect();
      this.near.clear();
    });
  }

  async watch(elements) {
    for (const element of elements) this.observer.observe(element);
    try {
      await this.image.decode();
    } catch {
      return; // no image: the fields work without
    }
    this.ready = true;
    this.redraw();
    this.resized.observe(elements[0]?.parentElement ?? document.body);
  }

  redraw(onlyIfWidthChanged = false) {
    if (this.near.size === 0) return; // to ask how wide anything is would lay the whole page out
    const width = document.documentElement.clientWidth + (this.near.values().next().value?.clientWidth ?? 0);
    if (onlyIfWidthChanged && width === this.width) return;
    this.width = width;
    for (const element of this.near) this.#draw(element);
  }

  #moved(entries) {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) {
        this.near.add(target);
        if (this.ready) this.#draw(target);
      } else if (this.near.delete(target)) {
        target.querySelector("canvas")?.remove(); // its memory goes with it; the box stays
      }
    }
  }

  #draw(element) {
    const id = Number(element.dataset.line);
    const outline = document.getElementById(`o${id}`);
    const box = element.querySelector(".crop");
    if (!outline || !box) return;
    const line = this.lineOf(id);
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const high = box.clientHeight - parseFloat(style.paddingBottom);
    if (room <= 0) return;
    if (!line) {
      const text = element.querySelector(".current")?.textContent ?? "";
      this.#paint(outline, box, { room, high, text });
      return;
    }
    const { input } = line;
    const sized = input.parentElement.style.getPropertyValue("--size") !== "";
    const typing = sized && input === document.activeElement; // letters do not jump while typing
    this.show(line, box, { room, high, readable: READABLE, entry: input.parentElement, text: typing ? "" : line.text });
    this.fitted(line);
  }

  /**
   * Draw a line's crop into a box and size the letters of `entry` so that they stand under it;
   * `largest` is their size in pixels at most, `readable` the crop's height at least.
   */
  show(line, box, { room, high, readable = 0, entry = null, largest, text = line.text }) {
    const family = entry ? getComputedStyle(entry.querySelector(".text")).fontFamily : "";
    const least = entry && line.text ? leastWidth(line.text, family) : 0;
    const known = knownSpans(line);
    const width = this.#paint(line.outline, box, { room, high, readable, least, text: line.text, spans: line.spans, known });
    if (!entry || !text) return;
    const { size, spread } = fitText(text, family, width, largest);
    entry.style.setProperty("--size", `${size.toFixed(2)}px`);
    entry.style.setProperty("--spread", `${spread.toFixed(3)}px`);
  }

  /** Draw an outline's crop as large as fits, or as it must be; returns its width in pixels. */
  #paint(outline, box, { room, high, text, readable = 0, least = 0, spans = [], known = [] }) {
    const pieces = cut(outline, text, known);
    const [[a, b, c, d]] = pieces;
    const wide = pieces.length * Math.max(1, length(a, b), length(d, c));
    const tall = Math.max(1, ...pieces.map(([from, , , to]) => length(from, to)), length(b, c));
    const scale = Math.min((high - 3) / tall, 3, Math.max(room / wide, readable / tall, least / wide));
    const canvas = box.querySelector("canvas") ?? box.appendChild(document.createElement("canvas"));
    const width = wide * scale;
    const height = tall * scale;
    const ratio = Math.min(window.devicePixelRatio || 1, 3, WIDEST / width);
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round((height + 3) * ratio));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height + 3}px`;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    const at = (index) => Math.round((index / pieces.length) * canvas.width); // whole pixels: no seams
    pieces.forEach((corners, index) => {
      this.#warp(pen, corners, at(index), at(index + 1) - at(index), Math.round(height * ratio));
    });
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--mark-edge");
    const upright = pieces.length > 1 && known.length > 0;
    const marked = upright ? known.map(([index]) => [index / pieces.length, (index + 1) / pieces.length]) : spans;
    for (const [start, end] of marked) {
      const from = Math.min(start, end) * canvas.width;
      const to = Math.max(start, end) * canvas.width;
      pen.fillRect(from, canvas.height - 2.5 * ratio, Math.max(to - from, 4 * ratio), 2.5 * ratio);
    }
    return width;
  }

  /** Take in a line that has come since the page was opened. */
  add(element) {
    this.observer.observe(element);
  }

  drop(element) {
    this.observer.unobserve(element);
    this.near.delete(element);
  }

  #warp(pen, [a, b, c, d], start, width, height) {
    const bent = Math.hypot(a.x + c.x - b.x - d.x, a.y + c.y - b.y - d.y) > BENT;
    const strips = bent ? STRIPS : 1;
    for (let index = 0; index < strips; index += 1) {
      const [from, to] = [index / strips, (index + 1) / strips];
      const top = [between(a, b, from), between(a, b, to)];
      const foot = between(d, c, from);
      this.#affine(pen, top[0], top[1], foot, start + from * width, (to - from) * width, height);
    }
  }

  /** Draw the parallelogram of the image with these corners into the box at `left`. */
  #affine(pen, origin, right, down, left, width, height) {
    const ux = (right.x - origin.x) / width;
    const uy = (right.y - origin.y) / width;
    const vx = (down.x - origin.x) / height;
    const vy = (down.y - origin.y) / height;
    const size = ux * vy - uy * vx;
    if (!size) return;
    // Only the part of the image around the line is handed over: the rest would be scaled too.
    const far = { x: right.x + down.x - origin.x, y: right.y + down.y - origin.y };
    const all = [origin, right, down, far];
    const x = Math.max(0, Math.floor(Math.min(...all.map((p) => p.x))) - 2);
    const y = Math.max(0, Math.floor(Math.min(...all.map((p) => p.y))) - 2);
    const w = Math.min(this.image.naturalWidth - x, Math.ceil(Math.max(...all.map((p) => p.x))) + 2 - x);
    const h = Math.min(this.image.naturalHeight - y, Math.ceil(Math.max(...all.map((p) => p.y))) + 2 - y);
    if (w <= 0 || h <= 0) return;
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width + 0.5, height);
    pen.clip();
    const [ia, ib, ic, id] = [vy / size, -uy / size, -vx / size, ux / size];
    pen.setTransform(
      ia, ib, ic, id,
      left - ia * origin.x - ic * origin.y,
      -ib * origin.x - id * origin.y,
    );
    pen.drawImage(this.image, x, y, w, h, x, y, w, h);
    pen.restore();
  }
}

/** The corners of what is drawn side by side: the line laid level, or each of its characters. */
function cut(outline, text, known) {
  const [a, b, c, d] = Array.from(outline.points);
  const wide = Math.max(length(a, b), length(d, c));
  const tall = Math.max(length(a, d), length(b, c));
  if (tall / Math.max(1, wide) < TALL) return [[a, b, c, d]];
  if (!isStacked(text)) return [[b, c, d, a]];
  const shares = cells(letters(text), known);
  return shares.slice(1).map((to, index) => {
    const from = shares[index];
    return [between(a, d, from), between(b, c, from), between(b, c, to), between(a, d, to)];
  });
}

function length(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function between(from, to, share) {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
