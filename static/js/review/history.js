// Undo and redo over everything: typing, verdicts, boxes. The browser's own undo knows one field.

const PAUSE = 1_200; // milliseconds between keys that still belong together

export class History {
  /**
   * `restore(id, state)` puts a line back to {text, verdict, checked, start, end};
   * `revert(edit)` takes a change of boxes back and resolves to the change that did so, or null.
   */
  constructor({ restore, revert, announce }) {
    Object.assign(this, { restore, revert, announce });
    this.done = [];
    this.undone = [];
    this.running = Promise.resolve(); // one step after the other, however fast the keys come
  }

  /** A line has gone from one state to another; keys in quick succession are one step. */
  note(id, before, after, kind) {
    if (alike(before, after)) return;
    this.undone = [];
    const last = this.done.at(-1);
    const now = Date.now();
    const goesOn =
      last?.line === id &&
      kind === last.kind &&
      kind !== "" &&
      now - last.at < PAUSE &&
      alike(last.after, before) &&
      before.verdict === after.verdict &&
      before.checked === after.checked;
    if (goesOn) {
      last.after = after;
      last.at = now;
    } else this.done.push({ line: id, before, after, kind, at: now });
  }

  /** Boxes have been changed; `edit` is what the server calls the change. */
  noteEdit(edit) {
    this.undone = [];
    this.done.push({ edit });
  }

  /** What happened so far is not to be undone: the page has only just been opened. */
  forget() {
    this.done = [];
    this.undone = [];
  }

  undo() {
    return this.#queue(() => this.#step(this.done, this.undone, "before", "Nothing to undo."));
  }

  redo() {
    return this.#queue(() => this.#step(this.undone, this.done, "after", "Nothing to redo."));
  }

  #queue(step) {
    this.running = this.running.then(step, step);
    return this.running;
  }

  async #step(from, to, side, empty) {
    const entry = from.pop();
    if (!entry) {
      this.announce(empty);
      return;
    }
    if (entry.line !== undefined) {
      if (this.restore(entry.line, entry[side])) to.push({ ...entry, kind: "" });
      return;
    }
    const edit = await this.revert(entry.edit);
    if (edit) to.push({ edit });
    else from.push(entry);
  }
}

/** Whether two states of a line say the same; that it was confirmed is part of it. */
function alike(one, other) {
  return one.text === other.text && one.verdict === other.verdict && one.checked === other.checked;
}
