// What happens in the fields: focus, typing, composing. One listener for all lines.

export class Typing {
  /**
   * `lineOf(target)` finds the line of an element, `current()` is the one worked on; `touched(line,
   * kind)` hears of each change, keys of one kind being one step of undo.
   */
  constructor({ list, lineOf, marks, current, select, touched, undo, redo, signal }) {
    Object.assign(this, { lineOf, marks, current, select, touched, undo, redo });
    this.composing = false;
    this.tabbed = false; // the focus comes by the Tab key
    list.addEventListener("focusin", (event) => this.#focus(event));
    list.addEventListener("focusout", (event) => {
      if (!event.relatedTarget?.classList?.contains("text")) marks.hide();
    });
    list.addEventListener("beforeinput", (event) => this.#before(event));
    list.addEventListener("input", (event) => this.#input(event));
    list.addEventListener("change", (event) => {
      const line = lineOf(event.target);
      if (!line || event.target !== line.select) return;
      line.checked = true;
      touched(line);
    });
    list.addEventListener("compositionstart", () => {
      this.composing = true;
      marks.hide();
    });
    list.addEventListener("compositionend", () => {
      this.composing = false;
    });
    document.addEventListener("selectionchange", () => {
      const line = current();
      if (!this.composing && line && document.activeElement === line.input) marks.offer(line);
    }, { signal });
  }

  #focus({ target }) {
    const line = this.lineOf(target);
    if (!line) return;
    this.select(line, target);
    if (target !== line.input) return;
    if (this.tabbed) this.marks.toFirst(line); // the browser selects all: one key would wipe it out
    this.tabbed = false;
    queueMicrotask(() => this.marks.offer(line));
  }

  #before(event) {
    if (event.inputType === "historyUndo" || event.inputType === "historyRedo") {
      event.preventDefault(); // by the browser's menu: its own undo knows this field alone
      if (event.inputType === "historyUndo") this.undo();
      else this.redo();
      return;
    }
    const line = this.lineOf(event.target);
    if (line && !this.composing) line.caret = [line.input.selectionStart, line.input.selectionEnd];
  }

  #input({ target, inputType = "" }) {
    const line = this.lineOf(target);
    if (!line || target !== line.input) return;
    const kind = inputType === "insertText" ? "typing" : inputType.startsWith("delete") ? "deleting" : "";
    line.follow();
    this.marks.paint(line);
    this.touched(line, this.composing ? "composing" : kind);
    if (!this.composing) this.marks.offer(line);
  }
}
