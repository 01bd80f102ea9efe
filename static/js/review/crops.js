// Line crops, drawn from the one page image when they come near the view.

const NEAR = "600px 0px"; // around the pane: drawn before they are seen
const BENT = 1.5; // pixels off a parallelogram from which a crop is drawn in strips
const STRIPS = 12;
const TALL = 1.5; // a crop this much higher than wide is text running down: laid level
const SMALLEST = 12.5; // font size of a field, pixels
const LARGEST = 26;
const SPREAD = [-0.4, 1.8]; // letter spacing that still reads as a word, pixels
const ALPHABETIC = /^[\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{N}\p{P}\p{S}\p{Zs}]*$/u;

const measure = document.createElement("canvas").getContext("2d");

export class Crops {
  /** `spansOf(id)` gives the weak stretches of a line as shares of its width; `fit` sizes its field. */
  constructor({ image, root, spansOf = () => [], fieldOf = () => null, signal }) {
    Object.assign(this, { image, spansOf, fieldOf });
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
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const high = box.clientHeight - parseFloat(style.paddingBottom);
    if (room <= 0) return;
    this.#fit(this.fieldOf(id), this.paint(outline, box, room, high, this.spansOf(id)));
  }

  /** Draw an outline's crop into a box, as large as fits; returns its width in pixels. */
  paint(outline, box, room, high, spans) {
    const corners = level(outline);
    const wide = Math.max(1, Math.max(length(corners[0], corners[1]), length(corners[3], corners[2])));
    const tall = Math.max(1, Math.max(length(corners[0], corners[3]), length(corners[1], corners[2])));
    const scale = Math.min(room / wide, (high - 3) / tall, 3);
    const canvas = box.querySelector("canvas") ?? box.appendChild(document.createElement("canvas"));
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    const width = wide * scale;
    const height = tall * scale;
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round((height + 3) * ratio));
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height + 3}px`;
    const pen = canvas.getContext("2d");
    pen.imageSmoothingQuality = "high";
    this.#warp(pen, corners, canvas.width, Math.round(height * ratio));
    pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--mark-edge");
    for (const [start, end] of spans) {
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

  #warp(pen, [a, b, c, d], width, height) {
    const bent = Math.hypot(a.x + c.x - b.x - d.x, a.y + c.y - b.y - d.y) > BENT;
    const strips = bent ? STRIPS : 1;
    for (let index = 0; index < strips; index += 1) {
      const [from, to] = [index / strips, (index + 1) / strips];
      const top = [between(a, b, from), between(a, b, to)];
      const foot = between(d, c, from);
      const left = from * width;
      this.#affine(pen, top[0], top[1], foot, left, to * width - left, height);
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

  /** Size a field's letters so that the text is as wide as its crop: character under character. */
  #fit(input, width) {
    if (!input?.value) return;
    const sized = input.parentElement.style.getPropertyValue("--size") !== "";
    if (sized && input === document.activeElement) return; // letters do not jump while typing
    const text = input.value;
    const family = getComputedStyle(input).fontFamily;
    measure.font = `100px ${family}`;
    measure.fontKerning = "none";
    const natural = measure.measureText(text).width / 100; // at one pixel
    const size = Math.min(LARGEST, Math.max(SMALLEST, width / natural));
    let spread = 0;
    if (ALPHABETIC.test(text)) {
      spread = (width - natural * size) / Math.max(1, text.length - 1);
      spread = Math.min(SPREAD[1], Math.max(SPREAD[0], spread));
    }
    input.parentElement.style.setProperty("--size", `${size.toFixed(2)}px`);
    input.parentElement.style.setProperty("--spread", `${spread.toFixed(2)}px`);
  }
}

/** The four corners of an outline, turned so that its text lies level. */
function level(outline) {
  const corners = Array.from(outline.points);
  const [a, b, c, d] = corners;
  const wide = Math.max(length(a, b), length(d, c));
  const tall = Math.max(length(a, d), length(b, c));
  return tall / Math.max(1, wide) >= TALL ? [b, c, d, a] : corners;
}

function length(from, to) {
  return Math.hypot(to.x - from.x, to.y - from.y);
}

function between(from, to, share) {
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
