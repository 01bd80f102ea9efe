// Sending the page off, and every way in which it may come back.

import { post, renewTokens } from "../http.js";
import { sendPlain } from "./dialogs.js";
import { EMPTY, showFault } from "./faults.js";
import { hold } from "./hold.js";

const WORKED_IN = ".bar, #image-pane, #divider, #pane"; // where something can be changed, dialogs apart

const WHY = {
  offline: "the site does not answer",
  "signed-out": "you are signed out",
  forbidden: "you have signed in again since; try once more",
};

export class Submit {
  /**
   * `lines` by id, `order` in reading order; `idle()` resolves when no change of boxes and no undo is
   * under way; `go(line)` brings one into view; `announce` speaks; `submitted(answer)` hears where to
   * go on. Where the session has run out `signIn` is asked first.
   */
  constructor({ form, lines, order, drafts, idle, lease, banners, saved, signIn, go, announce, submitted }) {
    Object.assign(this, { form, lines, order, drafts, idle, lease, banners, saved, signIn, go, announce, submitted });
    this.underWay = false;
  }

  /** Put into the forms what only the script knows. */
  fillIn() {
    const { elements } = this.form;
    elements.seconds.value = this.lease.seconds.toFixed(1);
    elements.revisions.value = this.order
      .filter((line) => line.revision)
      .map((line) => `${line.id}:${line.revision}`)
      .join(" ");
    renewTokens();
  }

  async send() {
    if (this.underWay || !this.#complete()) return;
    const release = this.#hold();
    let answer = null;
    let goesOn = false;
    try {
      await this.idle();
      await this.drafts.settle();
      this.fillIn();
      answer = await post(this.form.action, new URLSearchParams(new FormData(this.form)));
      goesOn = await this.#goesOn(answer);
    } finally {
      if (!goesOn) release();
    }
    if (!goesOn && (await this.#refused(answer))) await this.send();
  }

  #hold() {
    this.underWay = true;
    const parts = document.querySelectorAll(WORKED_IN);
    const release = hold(parts, { banners: this.banners, name: "submit", text: "Being submitted …" });
    return () => {
      release();
      this.underWay = false;
    };
  }

  #complete() {
    const empty = this.order.filter((line) => line.empty);
    for (const line of empty) showFault(line, EMPTY);
    if (empty.length) {
      this.go(empty[0]);
      this.announce(`${empty.length} lines are empty.`);
      return false;
    }
    const disputed = this.order.find((line) => this.drafts.disputed.has(line.id));
    if (disputed) {
      this.go(disputed);
      disputed.element.querySelector(".both button")?.focus();
      return false;
    }
    return true;
  }

  /** Go on to where the answer leads; resolves to whether it leads anywhere. */
  async #goesOn({ kind, status, data }) {
    if (kind === "ok") {
      this.drafts.finish();
      await this.submitted(data);
      return true;
    }
    if (kind === "refused" && status === 409) {
      this.drafts.stopped = true;
      sendPlain(this.form); // the answer is the page with both versions
      return true;
    }
    return false;
  }

  /** Say why the page stays; resolves to true where it is to be sent once more. */
  async #refused({ kind, data }) {
    const unknown = kind === "refused" && Object.keys(data?.lines ?? {}).some((id) => !this.lines.has(Number(id)));
    if (unknown) {
      this.drafts.flush();
      this.banners.show("submit", "Not submitted: the page's lines were changed in another window. Everything is kept; load the page again to see them.", {
        level: "error",
        actions: [["Load again", () => location.reload()]],
      });
      return false;
    }
    if (kind === "refused" && data?.lines) {
      this.form.elements.said.value = data.said; // the faults tell of every label up to that one
      for (const [id, fault] of Object.entries(data.lines)) showFault(this.lines.get(Number(id)), fault);
      this.go(this.lines.get(Number(Object.keys(data.lines)[0])));
    } else if (kind === "refused" && data?.conflicts) {
      const others = data.conflicts.filter((theirs) => !this.drafts.own(theirs));
      for (const theirs of others) this.drafts.dispute(this.lines.get(theirs.line_id), theirs);
      return others.length === 0;
    } else if (kind === "signed-out" || kind === "forbidden") {
      this.saved.tell("signed-out", kind);
      if (await this.signIn.ask()) return true;
    } else if (data?.code === "other_user") {
      this.saved.tell("other-user", data.message);
      if (await this.signIn.ask()) return true;
    }
    this.banners.show("submit", `Not submitted: ${WHY[kind] ?? data?.message ?? "the site refused it"}. Everything is kept.`, {
      level: "error",
      actions: [["Submit again", () => this.send()]],
    });
    this.drafts.flush();
    return false;
  }
}
