// Sending the page off, and every way in which it may come back.

import { post, renewTokens } from "../http.js";
import { sendPlain } from "./dialogs.js";
import { EMPTY, showFault } from "./faults.js";

const WHY = {
  offline: "the site does not answer",
  "signed-out": "you are signed out",
  forbidden: "you have signed in again since; try once more",
};

export class Submit {
  /**
   * `lines` by id, `order` in reading order; `go(line)` brings one into view; `announce` speaks;
   * `submitted(answer)` hears where to go on. Where the session has run out `signIn` is asked first.
   */
  constructor({ form, lines, order, drafts, lease, banners, saved, signIn, go, announce, submitted }) {
    Object.assign(this, { form, lines, order, drafts, lease, banners, saved, signIn, go, announce, submitted });
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
    this.underWay = true;
    let again = false;
    const buttons = document.querySelectorAll("#submit, .lines-end button");
    for (const each of buttons) each.setAttribute("aria-disabled", "true");
    try {
      await this.drafts.settle();
      this.fillIn();
      again = await this.#answered(await post(this.form.action, new URLSearchParams(new FormData(this.form))));
    } finally {
      this.underWay = false;
      for (const each of buttons) each.removeAttribute("aria-disabled");
    }
    if (again) await this.send();
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

  /** Act on the answer; resolves to true where the page is to be sent once more. */
  async #answered({ kind, status, data }) {
    this.banners.hide("submit");
    if (kind === "ok") {
      this.drafts.finish();
      await this.submitted(data);
      return false;
    }
    if (kind === "refused" && status === 409) {
      this.drafts.stopped = true;
      sendPlain(this.form); // the answer is the page with both versions
      return false;
    }
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
