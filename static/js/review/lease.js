// The lease is renewed while somebody is there, and their active time is measured.

import { post } from "../http.js";

const BEAT = 120_000; // milliseconds between renewals
const IDLE = 30_000; // milliseconds without a sign of life: time stops
const SIGNS = ["keydown", "pointerdown", "pointermove", "wheel", "scroll"];

export class Lease {
  /**
   * `lost(message)` hears that the page is somebody else's, or nobody's, now, and `back()` that it
   * is not; `signedOut()` and `signedIn()` hear how the session stands.
   */
  constructor({ url, token, expires, seconds, lost, back, signedOut, signedIn, signal }) {
    Object.assign(this, { url, token, lost, back, signedOut, signedIn });
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
    signal.addEventListener("abort", () => timers.forEach(clearInterval));
    if (expires * 1_000 - Date.now() < 2 * BEAT) this.#beatIfThere();
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

  /** Renew the lease now. */
  async beat() {
    this.signed = false;
    const answer = await post(this.url, new URLSearchParams({ token: this.token }));
    if (answer.kind === "signed-out") {
      this.signed = true;
      this.out = true;
      this.signedOut();
      return;
    }
    if (answer.kind === "offline") {
      this.signed = true;
      return;
    }
    if (this.out) {
      this.out = false;
      this.signedIn();
    }
    if (answer.kind === "refused" && !this.gone) {
      this.gone = true;
      this.lost(answer.data?.message ?? "This page is not yours any more. What you typed is kept.");
    } else if (answer.kind === "ok" && this.gone) {
      this.gone = false;
      this.back();
    }
  }
}
