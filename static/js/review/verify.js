// One line at a time, large: right, wrong or illegible. For pages that are nearly right.

import { follow, reveal } from "./fit.js";
import { actionOf } from "./verify-keys.js";

const HIGH = 106; // pixels of the crop: its box is as high for every line, so that no button moves
const READABLE = 28; // pixels: a longer line is drawn larger, and scrolls with its text
const LARGEST = 60; // font size, pixels
const NEAR = { high: 29, share: 0.5 }; // a neighbour's crop: pixels, and share of the width

const find = (id) => document.getElementById(id);

export class Verify {
  /**
   * `order` is the list of lines; `crop(line, box, how)` draws a line's crop into a box, see `Crops`;
   * `judged(line)` hears of each decision, `closed(line)` where it ended, or where it began if
   * nothing was judged, `submit()` the wish to.
   */
  constructor({ order, crop, judged, closed, submit }) {
    Object.assign(this, { order, crop, judged, closed, submit });
    this.dialog = find("verify");
    this.field = find("verify-field");
    this.dialog.addEventListener("keydown", (event) => this.#key(event));
    this.dialog.addEventListener("click", (event) => {
      const action = event.target.closest("[data-verify]")?.dataset.verify;
      if (action) this.#do(action);
    });
    this.field.addEventListener("input", () => {
      this.line.set(this.field.value, "corrected"); // kept at once, as in the line itself
      this.#judged(this.line);
    });
    for (const text of [this.field, find("verify-text")]) {
      text.addEventListener("scroll", () => follow(text, find("verify-crop")), { passive: true });
    }
    this.dialog.addEventListener("close", () => this.closed(this.worked ? this.line : this.from));
  }

  open(line) {
    if (this.dialog.open || this.order.length === 0) return;
    this.from = line;
    this.worked = false;
    this.dialog.showModal();
    this.#show(this.order.find((each) => !each.checked) ?? line ?? this.order[0]);
  }

  #show(line) {
    this.line = line;
    const left = this.order.filter((each) => !each.checked).length;
    find("verify-number").textContent = `${line.number} of ${this.order.length}`;
    find("verify-left").textContent = left ? `${left} to go` : "all done: Ctrl+Enter submits";
    this.field.hidden = true;
    const text = find("verify-text");
    text.hidden = false;
    text.replaceChildren(...marked(line));
    text.dir = line.element.classList.contains("rtl") ? "rtl" : "auto";
    this.#draw(line);
    text.focus({ preventScroll: true });
    const mark = text.querySelector("mark");
    text.scrollLeft = 0;
    mark?.scrollIntoView({ block: "nearest", inline: "center" });
    follow(text, find("verify-crop"));
    const place = this.order.indexOf(line);
    this.#near("verify-before", this.order[place - 1]);
    this.#near("verify-after", this.order[place + 1]);
    find("verify-said").textContent = `Line ${line.number}: ${line.withoutText ? line.select.value : line.text}`;
  }

  #draw(line) {
    const box = find("verify-crop");
    const entry = this.dialog.querySelector(".verify-entry");
    box.dir = line.element.classList.contains("rtl") ? "rtl" : "ltr";
    box.replaceChildren();
    for (const name of ["--size", "--spread"]) entry.style.removeProperty(name);
    const style = getComputedStyle(box);
    const room = box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const shown = line.withoutText ? "" : line.text;
    this.crop(line, box, { room, high: HIGH, readable: READABLE, largest: LARGEST, entry, text: shown });
  }

  /** The line before or after, small; nothing where there is none, in as much room. */
  #near(id, line) {
    const box = find(id);
    box.replaceChildren();
    if (!line) return;
    const text = document.createElement("span");
    text.dir = "auto";
    text.append(...marked(line));
    this.crop(line, box, { room: box.clientWidth * NEAR.share, high: NEAR.high });
    box.append(text);
  }

  #judged(line) {
    this.worked = true;
    this.judged(line);
  }

  #key(event) {
    const action = actionOf(event, event.target === this.field);
    if (!action) return;
    event.preventDefault();
    event.stopPropagation();
    this.#do(action);
  }

  #do(action) {
    const { line } = this;
    if (action === "submit") {
      if (!this.field.hidden) this.#typed();
      this.dialog.addEventListener("close", () => this.submit(), { once: true }); // from the line it ended on
      this.dialog.close();
    } else if (action === "back") {
      this.#show(this.order[Math.max(0, this.order.indexOf(line) - 1)]);
    } else if (action === "wrong") {
      this.#type();
    } else if (action === "right" && !this.field.hidden) {
      this.#typed();
      this.#next();
    } else if (action === "right") {
      if (line.empty) {
        this.#type();
        return;
      }
      line.checked = true;
      this.#judged(line);
      this.#next();
    } else {
      line.select.value = line.select.value === action ? "corrected" : action;
      line.checked = true;
      this.#judged(line);
      this.#next();
    }
  }

  #type() {
    find("verify-text").hidden = true;
    this.field.hidden = false;
    this.field.maxLength = this.line.input.maxLength;
    this.field.value = this.line.text;
    this.field.focus();
    const mark = this.line.marks[0] ?? (this.line.text === this.line.read ? this.line.leastSure : null);
    if (mark) this.field.setSelectionRange(mark.start, mark.end);
    reveal(this.field);
    follow(this.field, find("verify-crop"));
  }

  #typed() {
    if (this.line.empty) return;
    this.line.checked = true;
    this.line.set(this.field.value, "corrected");
    this.#judged(this.line);
  }

  #next() {
    const place = this.order.indexOf(this.line);
    const next = this.order.slice(place + 1).find((each) => !each.checked) ?? this.order.find((each) => !each.checked);
    this.#show(next ?? this.line);
  }
}

function marked(line) {
  if (line.withoutText) return [document.createTextNode(line.select.value === "illegible" ? "(illegible)" : "(not text)")];
  const parts = [];
  let place = 0;
  for (const { start, end } of line.marks) {
    const mark = document.createElement("mark");
    mark.textContent = line.text.slice(start, end);
    parts.push(document.createTextNode(line.text.slice(place, start)), mark);
    place = end;
  }
  parts.push(document.createTextNode(line.text.slice(place)));
  return parts;
}
