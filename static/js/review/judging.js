// What a reviewer says of a line, and which line comes next: each of these is one key.

import { EMPTY, showFault } from "./faults.js";
import { describe } from "./versions.js";

const find = (id) => document.getElementById(id);

export const toCheck = (line) => line.weak && !line.checked;

export class Judging {
  /** `current()` is the line worked on, `go(line)` goes to one; `touched(line)` notes a change. */
  constructor({ order, marks, edits, current, go, touched, announce }) {
    Object.assign(this, { order, marks, edits, current, go, touched, announce });
  }

  /** The current line is right as it stands; on to the next one to check. */
  confirm() {
    const line = this.current();
    if (!line) return;
    if (line.empty) {
      showFault(line, EMPTY);
      return;
    }
    if (!line.checked) {
      line.caret = [line.input.selectionStart, line.input.selectionEnd]; // where undo puts it back
      line.checked = true;
      this.touched(line);
    }
    const place = this.order.indexOf(line);
    const next = this.order.slice(place + 1).find(toCheck) ?? this.order.slice(0, place).find(toCheck);
    if (next) this.go(next);
    else {
      this.marks.hide();
      find("submit").focus();
      this.announce("All lines are checked. Enter submits.");
    }
  }

  back() {
    const { order } = this;
    const line = this.current();
    const place = line ? order.indexOf(line) : order.length;
    const from = document.activeElement === find("submit") ? order.length : place;
    this.go(order.slice(0, from).findLast((each) => each.weak) ?? order[Math.max(0, from - 1)]);
  }

  toggle(verdict) {
    const line = this.current();
    if (!line) return;
    line.select.value = line.select.value === verdict ? "corrected" : verdict;
    line.checked = true;
    this.touched(line);
    this.announce(line.withoutText ? `Line ${line.number}: ${describe(line)}` : `Line ${line.number}: text`);
  }

  /** Back to what was read; a line that nothing was read on is read again. */
  reset() {
    const line = this.current();
    if (!line) return;
    if (!line.read && line.probability === "–") {
      this.edits.readAgain(line);
      return;
    }
    line.select.value = "corrected";
    line.checked = false;
    line.paint();
    line.caret = [line.input.selectionStart, line.input.selectionEnd];
    line.input.select();
    if (line.read) document.execCommand("insertText", false, line.read);
    else document.execCommand("delete");
    this.touched(line);
    this.marks.toFirst(line);
  }

  /** Where the work begins: at a fault, else at the first line to check. */
  first() {
    const { order } = this;
    return order.find((line) => line.element.querySelector(".fault")) ?? order.find(toCheck) ?? order.find((line) => line.weak) ?? order[0];
  }

  count() {
    const left = this.order.filter(toCheck).length;
    const badge = find("left");
    badge.textContent = left ? `${left} of ${this.order.length} lines to check` : `All ${this.order.length} lines checked`;
    badge.classList.toggle("badge-warn", left > 0);
    badge.classList.toggle("badge-ok", left === 0);
  }
}
