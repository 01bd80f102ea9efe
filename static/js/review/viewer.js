// The page image: zoom and pan, remembered, and following the line that is worked on.

import { recall, remember } from "./store.js";

const STEP = 1.25;
const SMALLEST = 0.2; // of the pane's width
const LARGEST = 8;
const AROUND = 0.18; // share of the pane kept free around the line that is followed
const FINE = 9; // pixels high on the screen: drawn with thin strokes
const CONTRASTS = ["", "more", "inverted"];
const CLICK = 4; // pixels a pointer may move and still mean a click

export class Viewer {
  /** `picked(id)` hears which line's outline was clicked. */
  constructor({ pane, stage, sheet, page, picked, zoomed = () => {}, signal }) {
    Object.assign(this, { pane, stage, sheet, page, picked, zoomed });
    this.quarters = Number(recall("quarters", 0)) % 4 || 0;
    this.contrast = CONTRASTS.includes(recall("contrast", "")) ? recall("contrast", "") : "";
    document.body.dataset.contrast = this.contrast;
    const view = recall("view", { zoom: 1, x: 0, y: 0 });
    this.zoom = Math.min(LARGEST, Math.max(SMALLEST, Number(view.zoom) || 1));
    this.before = null;
    this.here = null;
    this.#size();
    pane.scrollLeft = view.x * stage.offsetWidth;
    pane.scrollTop = view.y * stage.offsetHeight;
    pane.addEventListener("scroll", () => this.#remember(), { passive: true });
    pane.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    this.#drag(signal);
    signal?.addEventListener("abort", () => clearTimeout(this.timer)); // what is gone has no view
  }

  /** Zoom by steps about the middle of the view, or about a point of the pane. */
  by(steps, at) {
    this.before = null;
    this.to(this.zoom * STEP ** steps, at);
  }

  fit() {
    this.before = null;
    this.to(1);
  }

  to(zoom, at = { x: this.pane.clientWidth / 2, y: this.pane.clientHeight / 2 }) {
    const x = (this.pane.scrollLeft + at.x) / this.stage.offsetWidth;
    const y = (this.pane.scrollTop + at.y) / this.stage.offsetHeight;
    this.zoom = Math.min(LARGEST, Math.max(SMALLEST, zoom));
    this.#size();
    this.pane.scrollLeft = x * this.stage.offsetWidth - at.x;
    this.pane.scrollTop = y * this.stage.offsetHeight - at.y;
    this.#remember();
  }

  /** Turn the view, not the page, by a quarter clockwise. */
  rotate() {
    this.quarters = (this.quarters + 1) % 4;
    remember("quarters", this.quarters);
    this.#size();
    this.show(this.here);
    return this.quarters * 90;
  }

  /** The next of: as it is, more contrast, inverted. */
  nextContrast() {
    this.contrast = CONTRASTS[(CONTRASTS.indexOf(this.contrast) + 1) % CONTRASTS.length];
    remember("contrast", this.contrast);
    document.body.dataset.contrast = this.contrast;
    return this.contrast || "as it is";
  }

  /** Mark an outline and bring it into view. */
  show(outline) {
    this.here?.classList.remove("here");
    this.here = outline;
    if (!outline) return;
    outline.classList.add("here");
    const box = this.#box(outline);
    const room = { x: this.pane.clientWidth * AROUND, y: this.pane.clientHeight * AROUND };
    if (box.top < room.y || box.bottom > this.pane.clientHeight - room.y) {
      this.pane.scrollTop += (box.top + box.bottom) / 2 - this.pane.clientHeight / 2;
    }
    if (box.right - box.left > this.pane.clientWidth) {
      this.pane.scrollLeft += box.left - 12;
    } else if (box.left < 0 || box.right > this.pane.clientWidth) {
      this.pane.scrollLeft += (box.left + box.right) / 2 - this.pane.clientWidth / 2;
    }
  }

  /** Zoom so that the marked line fills the width, and back. */
  toLine() {
    if (!this.here) return;
    if (this.before !== null) {
      const back = this.before;
      this.before = null;
      this.to(back);
    } else {
      const box = this.#box(this.here);
      const before = this.zoom;
      const share = (this.pane.clientWidth * 0.92) / Math.max(box.right - box.left, 40);
      this.to(Math.min(this.zoom * share, 4));
      this.before = before;
    }
    this.show(this.here);
  }

  #size() {
    this.stage.style.width = `${this.zoom * 100}%`;
    const { width, height } = this.page;
    const lying = this.quarters % 2 === 1;
    this.stage.classList.toggle("turned", this.quarters !== 0);
    this.stage.style.aspectRatio = lying ? `${height} / ${width}` : "";
    this.sheet.style.width = lying ? `${(width / height) * 100}%` : "";
    this.sheet.style.setProperty("--unturn", `${-90 * this.quarters}deg`);
    this.sheet.style.transform = this.quarters ? `translate(-50%, -50%) rotate(${this.quarters * 90}deg)` : "";
    // On a dense page seen from afar thick strokes would hide the text.
    const some = this.stage.querySelector("polygon")?.getBoundingClientRect();
    this.stage.classList.toggle("afar", Boolean(some) && Math.min(some.height, some.width) < FINE);
    this.zoomed(this.zoom);
  }

  #box(outline) {
    const pane = this.pane.getBoundingClientRect();
    const box = outline.getBoundingClientRect();
    return {
      left: box.left - pane.left,
      right: box.right - pane.left,
      top: box.top - pane.top,
      bottom: box.bottom - pane.top,
    };
  }

  #remember() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      remember("view", {
        zoom: this.zoom,
        x: this.pane.scrollLeft / this.stage.offsetWidth,
        y: this.pane.scrollTop / this.stage.offsetHeight,
      });
    }, 200);
  }

  #wheel(event) {
    if (!event.ctrlKey) return;
    event.preventDefault();
    const pane = this.pane.getBoundingClientRect();
    const steps = -Math.max(-2, Math.min(2, event.deltaY / 60));
    this.by(steps, { x: event.clientX - pane.left, y: event.clientY - pane.top });
  }

  #drag(signal) {
    let start = null;
    this.pane.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || event.pointerType === "touch") return;
      const { clientWidth, clientHeight } = this.pane;
      const pane = this.pane.getBoundingClientRect();
      if (event.clientX - pane.left > clientWidth || event.clientY - pane.top > clientHeight) return;
      start = { x: event.clientX, y: event.clientY, left: this.pane.scrollLeft, top: this.pane.scrollTop, far: false };
      event.preventDefault(); // the field keeps its focus
    });
    window.addEventListener("pointermove", (event) => {
      if (!start) return;
      const [x, y] = [event.clientX - start.x, event.clientY - start.y];
      start.far ||= Math.hypot(x, y) > CLICK;
      if (!start.far) return;
      this.pane.classList.add("dragging");
      this.pane.scrollLeft = start.left - x;
      this.pane.scrollTop = start.top - y;
    }, { signal });
    window.addEventListener("pointerup", () => {
      this.pane.classList.remove("dragging");
      this.dragged = start?.far ?? false;
      start = null;
    }, { signal });
    this.pane.addEventListener("click", (event) => {
      if (this.dragged) return;
      const outline = event.target.closest?.("polygon");
      if (outline) this.picked(Number(outline.id.slice(1)));
    });
  }
}
