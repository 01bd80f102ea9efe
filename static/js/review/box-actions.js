// What a reviewer does with boxes: each of these is one key, and one step of undo.

const BELOW = 1.25; // heights of a line from it to a new one
const WITHIN = 2; // pixels a new box keeps from the page's edge

export class BoxActions {
  /** `current()` is the line worked on; `go(line)` goes to one. */
  constructor({ edits, shapes, history, order, page, current, go, announce, say }) {
    Object.assign(this, { edits, shapes, history, order, page, current, go, announce, say });
    this.wanted = null;
  }

  async shape() {
    await this.edits.idle();
    const line = this.current();
    if (!line) return;
    this.wanted = { kind: "reshape", lines: [line.id], texts: [this.#typed(line)] };
    this.shapes.start(line.polygon, `Box of line ${line.number}`);
  }

  async add() {
    await this.edits.idle();
    const line = this.current();
    this.wanted = { kind: "add", place: line ? this.order.indexOf(line) + 1 : 0, texts: [] };
    this.shapes.start(line ? this.#below(line) : this.#somewhere(), "Box of a new line");
  }

  /** The shape has been drawn. */
  async drawn(polygon) {
    const wanted = this.wanted;
    this.wanted = null;
    if (!wanted) return;
    const answer = await this.#change({ ...wanted, polygon });
    if (answer) this.#goTo(answer, wanted.kind === "add" ? "Line added" : "Line reshaped");
  }

  async delete() {
    await this.edits.idle();
    const line = this.current();
    if (!line) return;
    const place = this.order.indexOf(line);
    const answer = await this.#change({ kind: "delete", lines: [line.id] });
    if (!answer) return;
    this.announce("Line deleted. Undo brings it back.");
    this.go(this.order[Math.min(place, this.order.length - 1)]);
  }

  /** At the caret: what stands before it stays on the first part. */
  async split() {
    await this.edits.idle();
    const line = this.current();
    if (!line) return;
    const { text } = line;
    const at = line.input.selectionStart ?? 0;
    if (text && (at === 0 || at >= text.length)) {
      this.say("Put the cursor where the line is to be split.");
      return;
    }
    const texts = text ? [text.slice(0, at).trim(), text.slice(at).trim()] : [];
    const answer = await this.#change({ kind: "split", lines: [line.id], share: text ? at / text.length : 0.5, texts });
    if (answer) this.#goTo(answer, "Line split");
  }

  async merge() {
    await this.edits.idle();
    const line = this.current();
    const next = this.order[this.order.indexOf(line) + 1];
    if (!line || !next) {
      this.say("There is no line after this one to merge it with.");
      return;
    }
    const texts = [[line.text.trim(), next.text.trim()].filter(Boolean).join(" ")];
    const answer = await this.#change({ kind: "merge", lines: [line.id, next.id], texts });
    if (answer) this.#goTo(answer, "Lines merged");
  }

  async move(by) {
    await this.edits.idle();
    const line = this.current();
    const place = this.order.indexOf(line) + by;
    if (!line || place < 0 || place >= this.order.length) return;
    const answer = await this.#change({ kind: "move", lines: [line.id], place });
    if (!answer) return;
    this.go(line);
    this.announce(`Now line ${line.number} of ${this.order.length}`);
  }

  /** Take a change back; resolves to the change that did so. */
  async revert(edit) {
    const answer = await this.edits.change({ kind: "revert", edit });
    if (!answer) return null;
    const line = this.current();
    this.go(this.order.includes(line) ? line : this.order[0]);
    this.announce("The lines are as they were.");
    return answer.edit;
  }

  async #change(body) {
    const answer = await this.edits.change(body);
    if (answer) this.history.noteEdit(answer.edit);
    return answer;
  }

  #goTo({ order, lines }, said) {
    const added = new Set(lines.map(({ fields }) => fields[0]));
    const first = this.order.find((line) => added.has(line.id));
    this.go(first ?? this.order[0]);
    this.announce(`${said}: line ${first?.number ?? 1} of ${order.length}. ${first?.text ? "" : "It is being read."}`);
  }

  /** What somebody typed on a line goes with it; what only the model read is read anew. */
  #typed(line) {
    return line.text !== line.read || line.withoutText ? line.text : null;
  }

  #below(line) {
    const [a, , , d] = line.polygon;
    const [x, y] = [(d[0] - a[0]) * BELOW, (d[1] - a[1]) * BELOW];
    const moved = line.polygon.map(([px, py]) => [px + x, py + y]);
    const inside = ([px, py]) => px >= 0 && py >= 0 && px <= this.page.width && py <= this.page.height;
    return moved.every(inside) ? moved : line.polygon;
  }

  #somewhere() {
    const { width, height } = this.page;
    const [left, right, top, foot] = [width * 0.2, width * 0.8, height * 0.1 + WITHIN, height * 0.14 + WITHIN];
    return [[left, top], [right, top], [right, foot], [left, foot]];
  }
}
