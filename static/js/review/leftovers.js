// What this browser kept of other pages, and could not send from there, goes to the site from here.

import { post } from "../http.js";
import { leftOf, settled } from "./store.js";

const SOON = 3_000; // milliseconds after a page is there: its own work comes first
const PASSED_OVER = new Set([400, 404]); // it stays in the browser, and stands in no other's way
const OLD = 60_000; // milliseconds; what is younger a window may be about to send itself

/**
 * `user` is whose page this is, `task` the one that is open, if any, and `drafts` where its drafts
 * go. What a later version stands against is kept beside it, so nothing is written over. `sent(task)`
 * hears of each that something goes to.
 */
export function sendLeftovers({ user, task = null, drafts, sent, signal }) {
  const timer = setTimeout(() => send(user, task, drafts, sent, signal), SOON);
  signal?.addEventListener("abort", () => clearTimeout(timer));
}

async function send(user, task, drafts, sent, signal) {
  const old = leftOf(user, task).filter(({ at }) => Date.now() - at > OLD);
  old.filter(({ saved }) => saved).forEach(settled);
  let left = old.filter(({ saved }) => !saved);
  while (left.length > 0 && !signal?.aborted) { // the page that follows goes on with what is left then
    const other = left[0].task;
    const lines = new Set(); // of one line the newest version first, the others after it
    const now = left.filter((entry) => entry.task === other && !lines.has(entry.line) && lines.add(entry.line));
    const entries = now.map(({ line, text, verdict, revision }) => ({ line_id: line, text, verdict, revision }));
    sent?.(other);
    const answer = await post(drafts.replace(/\d+/, other), { user, entries });
    if (answer.kind !== "ok" && !PASSED_OVER.has(answer.status)) return; // another time
    if (answer.kind === "ok") now.filter(({ line }) => !answer.data.refused[line]).forEach(settled);
    left = left.filter((entry) => !now.includes(entry) && (answer.kind === "ok" || entry.task !== other));
  }
}
