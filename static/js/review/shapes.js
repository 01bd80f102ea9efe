// A line's box: four corners to drag, by mouse, finger or arrow keys.

const NAMES = ["top left", "top right", "bottom right", "bottom left"];
const FAR = 10; // times a step, with Shift
const REACH = 14; // pixels on the screen around a corner that take it

export class Shapes {
  /**
   * `svg` holds the outlines; `catcher` takes the keys meanwhile, and `bar` has the buttons for
   * whoever has none; `done(polygon)` hears the shape that is wanted, `ended()` that the box is
   * closed, one way or the other.
   */
  constructor({ pane, svg, catcher, bar, width, height, done, ended, announce, signal }) {
    Object.assign(this, { pane, svg, catcher, bar, width, height, done, ended, announce });
    this.points = null;
    this.at = 4; // the whole box
    catcher.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("focusin", ({ target }) => {
      const here = target === catcher || bar.contains(target);
      if (this.open && !this.dragged && !here) this.#close(); // somebody went elsewhere
    }, { signal });
    bar.addEventListener("click", ({ target }) => {
      const what = this.open && target.closest("[data-shape]")?.dataset.shape;
      if (what === "take") this.#take();
      else if (what === "leave") this.stop();
    });
    pane.addEventListener("pointerdown", (event) => this.#down(event), { capture: true });
    window.addEventListener("pointermove", (event) => this.#move(event), { signal });
    window.addEventListener("pointerup", (event) => this.#up(event), { signal });
    window.addEventListener("pointercancel", (event) => this.#up(event), { signal });
  }

  get open() {
    return this.points !== null;
  }

  /** Open a box; `what` names it to screen readers. */
  start(points, what) {
    this.points = points.map(([x, y]) => [x, y]);
    this.at = 4;
    this.group = document.createElementNS("http://www.w3.org/2000/svg", "g");
    this.group.setAttribute("class", "shape");
    this.group.innerHTML = `<polygon/>${'<circle/>'.repeat(4)}`;
    this.svg.append(this.group);
    this.pane.classList.add("shaping");
    this.bar.hidden = false;
    this.#draw();
    this.catcher.setAttribute("aria-label", what);
    this.catcher.focus({ preventScroll: true });
    this.announce(`${what}. Arrow keys move it, 1 to 4 choose a corner, 5 the whole box, Enter takes it, Escape leaves it.`);
  }

  stop() {
    this.#close();
    this.ended();
  }

  #close() {
    this.group?.remove();
    this.points = null;
    this.dragged = null;
    this.pane.classList.remove("shaping");
    this.bar.hidden = true;
  }

  #take() {
    const points = this.points.map(([x, y]) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10]);
    this.stop();
    this.done(points);
  }

  #key(event) {
    if (!this.open) return;
    const { key } = event;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (!arrow && !["Enter", "Escape", "Tab"].includes(key) && !/^[1-5]$/.test(key)) return;
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    if (key === "Escape") this.stop();
    else if (key === "Enter") this.#take();
    else if (key === "Tab") this.#choose((this.at + (event.shiftKey ? 4 : 1)) % 5);
    else if (/^[1-5]$/.test(key)) this.#choose(Number(key) - 1);
    else {
      const step = Math.max(1, Math.round(1 / this.#scale())) * (event.shiftKey ? FAR : 1);
      this.#shift(this.at, arrow[0] * step, arrow[1] * step);
    }
  }

  #choose(at) {
    this.at = at;
    this.#draw();
    this.announce(at === 4 ? "The whole box" : `The corner ${NAMES[at]}`);
  }

  #shift(at, x, y) {
    const all = at === 4 ? [0, 1, 2, 3] : [at];
    for (const each of all) {
      this.points[each] = [
        Math.min(this.width, Math.max(0, this.points[each][0] + x)),
        Math.min(this.height, Math.max(0, this.points[each][1] + y)),
      ];
    }
    this.#draw();
  }

  #down(event) {
    if (!this.open || event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const at = this.#place(event);
    const reach = REACH / this.#scale();
    const corner = this.points.findIndex(([x, y]) => Math.hypot(x - at[0], y - at[1]) < reach);
    if (corner >= 0) this.dragged = { corner };
    else if (inside(this.points, at)) this.dragged = { corner: 4 };
    else this.dragged = { from: at };
    this.dragged.last = at;
  }

  #move(event) {
    if (!this.open || !this.dragged) return;
    const at = this.#place(event);
    if (this.dragged.from) {
      const [x0, y0] = this.dragged.from;
      const [left, right] = [Math.min(x0, at[0]), Math.max(x0, at[0])];
      const [top, foot] = [Math.min(y0, at[1]), Math.max(y0, at[1])];
      this.points = [[left, top], [right, top], [right, foot], [left, foot]];
      this.#draw();
    } else {
      this.#shift(this.dragged.corner, at[0] - this.dragged.last[0], at[1] - this.dragged.last[1]);
    }
    this.dragged.last = at;
  }

  #up() {
    if (!this.dragged) return;
    this.dragged = null;
    this.catcher.focus({ preventScroll: true });
  }

  /** Where on the page the pointer is, whichever way the view is turned. */
  #place(event) {
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.svg.getScreenCTM().inverse());
    return [Math.min(this.width, Math.max(0, point.x)), Math.min(this.height, Math.max(0, point.y))];
  }

  #scale() {
    const { a, b } = this.svg.getScreenCTM();
    return Math.hypot(a, b) || 1;
  }

  #draw() {
    const [box, ...circles] = this.group.children;
    box.setAttribute("points", this.points.map((point) => point.join(",")).join(" "));
    for (const [index, circle] of circles.entries()) {
      circle.setAttribute("cx", this.points[index][0]);
      circle.setAttribute("cy", this.points[index][1]);
      circle.setAttribute("r", (this.at === index ? 8 : 6) / this.#scale());
      circle.setAttribute("class", this.at === index || this.at === 4 ? "chosen" : "");
    }
  }
}

function inside(points, [x, y]) {
  return points.every(([x1, y1], index) => {
    const [x2, y2] = points[(index + 1) % points.length];
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= 0;
  });
}
