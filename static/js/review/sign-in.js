// Signing in again over the page that is worked on: nothing typed is lost, and the caret comes back.

import { post, renewTokens } from "../http.js";
import { signInAddress, tellSignedIn } from "../session.js";

const FAULTS = {
  429: "Too many wrong passwords: signing in under this name is paused for some minutes. What you typed stays kept here.",
};
const NO_ANSWER = "The site does not answer. Try again in a moment; what you typed stays kept here.";

export class SignIn {
  /** `dialog` holds the form; `signal` ends the page that it lies over. */
  constructor({ dialog, signal }) {
    this.dialog = dialog;
    this.form = dialog.querySelector("form");
    this.fault = dialog.querySelector("[role=alert]");
    this.last = null; // the field that was worked in last
    this.asked = null; // the promise of the question that is open
    document.addEventListener("focusin", ({ target }) => {
      if (target.matches("input, select, textarea") && !dialog.contains(target)) this.last = target;
    }, { signal });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    dialog.querySelector("[data-close]").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
  }

  /** Ask for name and password; resolves to whether the page's own person is signed in again. */
  ask() {
    this.asked ??= new Promise((resolve) => {
      const { last } = this;
      const caret = [last?.selectionStart, last?.selectionEnd, last?.selectionDirection];
      let back = false;
      this.done = () => {
        back = true;
      };
      this.#say("");
      this.dialog.showModal();
      this.form.elements.password.focus();
      this.dialog.addEventListener("close", () => {
        this.asked = null;
        this.form.elements.password.value = "";
        last?.focus({ preventScroll: true });
        if (Number.isInteger(caret[0])) last.setSelectionRange(...caret);
        resolve(back);
      }, { once: true });
    });
    return this.asked;
  }

  async #send() {
    const button = this.form.querySelector("button");
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    this.#say("");
    const body = new URLSearchParams(new FormData(this.form));
    let answer = await post(signInAddress, body);
    if (answer.kind === "forbidden") {
      await fetch(signInAddress, { credentials: "same-origin" }).catch(() => null); // brings a CSRF token
      answer = await post(signInAddress, body);
    }
    button.removeAttribute("aria-disabled");
    if (!this.dialog.open) return;
    if (answer.kind === "ok") {
      renewTokens();
      this.done();
      this.dialog.close();
      tellSignedIn(); // this window hears it, too, and sends what it has kept
      return;
    }
    this.#say(answer.data?.message ?? FAULTS[answer.status] ?? NO_ANSWER);
    this.form.elements.password.select();
  }

  #say(fault) {
    this.fault.textContent = fault;
    this.fault.hidden = !fault;
  }
}
