// Getting about on the page: to any line by a letter, to any character, and marking what a line is.

import { post } from "../http.js";
import { jump, palette } from "./jump.js";

const find = (id) => document.getElementById(id);

export class About {
  /** `current()` is the line worked on, `go(line, how)` goes to one; `say(text)` tells what fails. */
  constructor({ form, pane, order, page, characters, current, go, announce, say }) {
    Object.assign(this, { form, pane, order, page, characters, current, go, announce, say });
  }

  async jump() {
    const from = this.current();
    const chosen = await jump({ sheet: find("sheet"), catcher: find("shape-keys"), lines: this.order, ...this.page });
    if (chosen || !elsewhere()) this.go(chosen ?? from);
  }

  async insertCharacter() {
    const line = this.current();
    if (!line || line.withoutText) return;
    const [start, end] = [line.input.selectionStart, line.input.selectionEnd];
    const box = find("palette");
    line.element.append(box);
    const character = await palette({ box, characters: this.characters });
    this.pane.append(box);
    if (!character && elsewhere()) return;
    this.go(line, { weak: false });
    line.input.setSelectionRange(start, end);
    line.caret = [start, end]; // where undo puts it back
    if (character) document.execCommand("insertText", false, character);
  }

  async toggleHand() {
    const line = this.current();
    if (!line) return;
    const on = !line.hand;
    const answer = await post(this.form.dataset.mark, { token: this.form.elements.token.value, line: line.id, on });
    if (answer.kind !== "ok") {
      this.say(answer.data?.message ?? "The site does not answer: the mark is not kept. Try again.");
      return;
    }
    line.element.classList.toggle("hand", on);
    this.announce(`Line ${line.number}: ${on ? "handwriting" : "not handwriting"}`);
  }
}

/** Whether somebody has gone to another field meanwhile: they are not called back. */
function elsewhere() {
  return document.activeElement?.classList.contains("text") ?? false;
}
