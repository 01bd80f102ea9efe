// One line at a time, large: right, wrong or illegible. For pages that are nearly right.

import { actionOf } from "./verify-keys.js";

const find = (id) => document.getElementById(id);

export class Verify {
  /**
   * `order` is the list of lines; `crop(line, box)` draws a line's crop into a box;
   * `judged(line)` hears of each decision, `closed(line)` where it ended, `submit()` the wish to.
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
      this.judged(this.line);
    });
    this.dialog.addEventListener("close", () => this.closed(this.line));
  }

  open(line) {
    if (this.dialog.open || this.order.length === 0) return;
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
    this.crop(line, find("verify-crop"));
    text.focus({ preventScroll: true });
    find("verify-said").textContent = `Line ${line.number}: ${line.withoutText ? line.select.value : line.text}`;
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
      this.dialog.close();
      this.submit();
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
      this.judged(line);
      this.#next();
    } else {
      line.select.value = line.select.value === action ? "corrected" : action;
      line.checked = true;
      this.judged(line);
      this.#next();
    }
  }

  #type() {
    find("verify-text").hidden = true;
    this.field.hidden = false;
    this.field.value = this.line.text;
    this.field.focus();
    const mark = this.line.marks[0] ?? (this.line.text === this.line.read ? this.line.leastSure : null);
    if (mark) this.field.setSelectionRange(mark.start, mark.end);
  }

  #typed() {
    if (this.line.empty) return;
    this.line.checked = true;
    this.line.set(this.field.value, "corrected");
    this.judged(this.line);
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
