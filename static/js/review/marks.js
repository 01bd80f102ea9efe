// Weak characters: marked under the field's text, and their alternatives offered at the caret.

import { follow, reveal } from "./fit.js";

const NAMES = new Map([["", "delete"], [" ", "space"], ["\u00a0", "space"]]);

export class Marks {
  /** `pane` scrolls; `list` is the box of alternatives in it; `announce` speaks to screen readers. */
  constructor({ pane, list, announce }) {
    Object.assign(this, { pane, list, announce });
    this.mark = null;
    this.line = null;
    list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the caret
    list.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (button && this.line) this.take(this.line, Number(button.dataset.number));
    });
    pane.addEventListener("scroll", ({ target }) => {
      if (target.classList?.contains("text")) this.#slide(target);
    }, { capture: true, passive: true });
    // The window or the pane gets another width, a line above another height: the box stays at its letter.
    const sizes = new ResizeObserver(() => {
      if (this.mark) this.#place(this.line, this.mark);
    });
    for (const each of [pane, pane.querySelector(".lines")]) sizes.observe(each);
  }

  /** Mark the weak characters of a line: a copy of its text, unseen, lies under the field. */
  paint(line) {
    const entry = line.input.parentElement;
    let under = entry.querySelector(".under");
    if (!under) {
      if (line.marks.length === 0) return;
      under = document.createElement("div");
      under.className = "under";
      under.setAttribute("aria-hidden", "true");
      under.dir = "auto";
      entry.prepend(under);
    }
    const parts = [];
    let place = 0;
    for (const { start, end } of line.marks) {
      const mark = document.createElement("mark");
      mark.textContent = line.text.slice(start, end);
      parts.push(line.text.slice(place, start), mark);
      place = end;
    }
    under.replaceChildren(...parts, line.text.slice(place));
    this.#slide(line.input);
  }

  /** A field's letters have a new size: what goes by their places goes along. */
  fitted(line) {
    if (line.input === document.activeElement) reveal(line.input);
    this.#slide(line.input);
    if (line === this.line && this.mark) this.#place(line, this.mark);
  }

  /** Offer what the weak character at the caret could be instead. */
  offer(line) {
    const mark = line && !line.withoutText ? line.markAt(line.input.selectionStart) : null;
    if (line) this.#slide(line.input);
    if (line === this.line && mark === this.mark) return;
    this.line = line;
    this.mark = mark ?? null;
    this.list.hidden = !mark;
    if (!mark) return;
    this.list.replaceChildren(...mark.alternatives.map((each, index) => option(each, index + 1)));
    this.#place(line, mark);
    const said = mark.alternatives.map(([text], index) => `Alt ${index + 1}: ${name(text)}`);
    this.announce(`Unsure of ${name(line.text.slice(mark.start, mark.end))}. ${said.join(", ")}.`);
  }

  hide() {
    this.line = null;
    this.mark = null;
    this.list.hidden = true;
  }

  /** Put alternative `number` in place of the weak character at the caret; undo takes it back. */
  take(line, number) {
    const { input } = line;
    const mark = line.markAt(input.selectionStart);
    const alternative = mark?.alternatives[number - 1];
    if (!alternative || line.withoutText) return false;
    input.setSelectionRange(mark.start, mark.end);
    line.caret = [mark.start, mark.end]; // where undo puts it back
    // The one way to edit that the browser's own undo knows of.
    if (alternative[0] === "") document.execCommand("delete");
    else document.execCommand("insertText", false, alternative[0]);
    this.toFirst(line, input.selectionStart);
    return true;
  }

  /**
   * Select the line's first weak character from `place` on; in a line without any the one that the
   * model was least sure of, so that one key puts it right. The caret goes to the end else.
   */
  toFirst(line, place = 0) {
    const mark = line.marks.find(({ start }) => start >= place);
    const doubt = place === 0 && line.text === line.read ? line.leastSure : null;
    if (mark ?? doubt) line.input.setSelectionRange((mark ?? doubt).start, (mark ?? doubt).end);
    else if (place === 0) line.input.setSelectionRange(line.text.length, line.text.length);
    reveal(line.input);
    this.offer(line);
  }

  /** Below the field, where the line worked on keeps a row free: no text and no crop is covered. */
  #place(line, mark) {
    const entry = line.input.parentElement.getBoundingClientRect();
    const pane = this.pane.getBoundingClientRect();
    const under = line.input.parentElement.querySelectorAll(".under mark")[line.marks.indexOf(mark)];
    const at = under ? under.getBoundingClientRect().left : entry.left;
    const most = this.pane.clientWidth - this.list.offsetWidth - 8;
    const left = Math.max(4, Math.min(at - pane.left - 12, most));
    this.list.style.left = `${left}px`;
    this.list.style.top = `${entry.bottom - pane.top + this.pane.scrollTop + 3}px`;
  }

  /** A long text scrolls in its field; the marks and the crop go with it. */
  #slide(input) {
    const under = input.parentElement.querySelector(".under");
    if (under) under.scrollLeft = input.scrollLeft;
    const crop = input.closest(".line")?.querySelector(".crop");
    if (crop?.firstElementChild) follow(input, crop);
  }
}

function option([text, share], number) {
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.dataset.number = number;
  const key = document.createElement("kbd");
  key.textContent = `Alt ${number}`;
  const what = document.createElement("b");
  what.textContent = NAMES.get(text) ?? text;
  const odds = document.createElement("span");
  odds.className = "share";
  odds.textContent = share < 0.005 ? "<1 %" : `${Math.round(share * 100)} %`;
  button.append(key, what, odds);
  return button;
}

function name(text) {
  return NAMES.get(text) ?? text;
}
