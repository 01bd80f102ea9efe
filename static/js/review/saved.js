// Whether what is typed is on the server: a word in the bar, and a banner where the person must act.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export class Saved {
  /** `word` is the element in the bar; `local` the browser's store; `signIn` asks to sign in again. */
  constructor({ word, banners, local, signIn }) {
    Object.assign(this, { word, banners, local, signIn });
  }

  /** Hear a state as `Drafts` tells it. */
  tell(state, detail) {
    if (state === "gone") {
      if (detail) this.banners.show("gone", `${detail} What you type here is kept as a draft and counts for nothing yet; submit to see both versions.`);
      else this.banners.hide("gone");
      return;
    }
    this.word.classList.toggle("unsaved", state !== "saved" && (state !== "unsaved" || Boolean(detail)));
    if (state === "saved") {
      this.word.textContent = `saved ${clock.format(detail)}`;
      this.word.title = "";
      for (const name of ["offline", "refused"]) this.banners.hide(name);
      this.signedIn();
      return;
    }
    this.word.textContent =
      state === "unsaved" && !detail ? "saving …" : "not saved";
    this.word.title = this.word.textContent === "not saved" ? "Not saved yet: kept on this computer" : "";
    if (this.local.broken) {
      this.banners.show("store", "This browser's store is full or switched off: what you type is only kept once it says “saved”.");
    }
    if (state === "signed-out") this.signedOut();
    if (state === "unsaved" && detail) {
      this.banners.show("offline", "The site does not answer. What you type is kept on this computer and sent when it does.");
    }
    if (state === "other-user") this.otherUser(detail);
    if (state === "refused") {
      this.banners.show("refused", detail ?? "The site refuses to save this page. What you typed is kept on this computer.");
    }
  }

  signedOut() {
    this.banners.show("signed-out", "You are signed out. What you typed is kept on this computer and saved once you are back.", {
      actions: [["Sign in again", () => this.signIn.ask()]],
    });
  }

  otherUser(message) {
    this.banners.show("other-user", `${message} Sign in again under that name; what you typed is kept on this computer.`, {
      actions: [["Sign in", () => this.signIn.ask()]],
    });
  }

  signedIn() {
    for (const name of ["signed-out", "other-user"]) this.banners.hide(name);
  }

  /** A line has two versions, and nothing goes on before one is chosen. */
  disputed() {
    this.word.textContent = "two versions";
    this.word.title = "A line has two versions: choose one";
    this.word.classList.add("unsaved");
  }
}
