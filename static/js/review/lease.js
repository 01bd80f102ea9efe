// The lease is renewed while somebody is there, and their active time is measured.

import { post } from "../http.js";

const BEAT = 50_000; // milliseconds between renewals: less than a page is kept for a window that left
const IDLE = 30_000; // milliseconds without a sign of life: time stops
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll"];
const CHANNEL = "ocr-left";

export class Lease {
  /**
   * `form` says where to ask, and holds the token. `lost(message)` hears that the page is somebody
   * else's, or nobody's, now, and `back()` that it is not; `signedOut()`, `otherUser(message)` and
   * `signedIn()` hear how the session stands.
   */
  constructor({ form, user, seconds, lost, back, signedOut, otherUser, signedIn, signal }) {
    Object.assign(this, { form, user, lost, back, signedOut, otherUser, signedIn });
    this.end = form.dataset.expires; // as the site wrote it: whoever leaves has to name it exactly
    this.seconds = seconds;
    this.gone = false;
    this.out = false; // of the session, as the last renewal found
    this.lastSign = Date.now();
    this.lastTick = Date.now();
    this.signed = true;
    const sign = () => {
      this.lastSign = Date.now();
      this.signed = true;
    };
    for (const name of SIGNS) document.addEventListener(name, sign, { capture: true, passive: true, signal });
    const timers = [setInterval(() => this.#tick(), 1_000), setInterval(() => this.#beatIfThere(), BEAT)];
    this.channel = new BroadcastChannel(CHANNEL);
    this.channel.addEventListener("message", ({ data }) => {
      if (data === form.dataset.left) this.beat(); // another window of this page was closed, not this one
    });
    signal.addEventListener("abort", () => {
      timers.forEach(clearInterval);
      this.channel.close();
    });
    if (Date.parse(this.end) - Date.now() < 2 * BEAT) this.#beatIfThere();
  }

  #tick() {
    const now = Date.now();
    const active = document.visibilityState === "visible" && now - this.lastSign < IDLE;
    if (active) this.seconds += Math.min(now - this.lastTick, 2_000) / 1_000;
    this.lastTick = now;
  }

  #beatIfThere() {
    if (document.visibilityState === "visible" && this.signed) this.beat();
  }

  /** Renew the lease now; resolves to the kind of answer, as `post` tells it. */
  async beat() {
    this.signed = false;
    const body = new URLSearchParams({ token: this.form.elements.token.value, user: this.user });
    const { kind, data } = await post(this.form.dataset.heartbeat, body);
    if (kind === "signed-out" || kind === "offline") {
      this.signed = true;
      if (kind === "signed-out") {
        this.out = true;
        this.signedOut();
      }
      return kind;
    }
    if (data?.code === "other_user") {
      this.out = true;
      this.otherUser(data.message);
      return kind;
    }
    if (this.out) {
      this.out = false;
      this.signedIn();
    }
    if (kind === "refused" && !this.gone) {
      this.gone = true;
      this.lost(data?.message ?? "This page is not yours any more. What you typed is kept.");
    } else if (kind === "ok") {
      this.end = data.expires_at;
      if (this.gone) this.back();
      this.gone = false;
    }
    return kind;
  }

  /**
   * The window goes, so the page may soon go to others. Nothing comes of it where the lease was
   * renewed meanwhile: the page was loaded again, or is open in another window.
   */
  leave() {
    if (this.gone || this.out) return;
    const body = new URLSearchParams({ token: this.form.elements.token.value, end: this.end });
    post(this.form.dataset.left, body, { keepalive: true });
    this.channel.postMessage(this.form.dataset.left); // to other windows: a channel does not hear itself
  }
}
