// What was submitted a moment ago can be taken back from the page that follows it.

import { ask, csrfToken } from "../http.js";

const KEY = "ocr-review:submitted";
const ASKED = [2_000, 6_000, 14_000]; // milliseconds after the page came
const SHOWN = 20_000; // milliseconds; after that the queue's page still offers it

/** Keep, for the page that follows, what was submitted and where it is taken back. */
export function rememberSubmitted({ undo, alike, submitted }) {
  if (undo) sessionStorage.setItem(KEY, JSON.stringify({ undo, alike, submitted, at: Date.now() }));
}

/** Offer to take back what was submitted before this page came. */
export function offerUndo() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (kept && Date.now() - kept.at < SHOWN) offer(kept);
}

function offer({ undo, alike, submitted }) {
  const toasts = document.createElement("div");
  toasts.className = "toasts lasting";
  toasts.setAttribute("role", "status");
  const form = document.createElement("form");
  form.method = "post";
  form.action = undo;
  form.className = "message message-success";
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = csrfToken();
  const button = document.createElement("button");
  button.className = "button button-small";
  button.textContent = "Take back";
  form.append(`Submitted: ${submitted}. `, token, button);
  toasts.append(form);
  document.getElementById("image-pane").append(toasts); // over neither the lines nor their tools
  setTimeout(() => toasts.remove(), SHOWN);
  if (alike) tellOfAlike(alike, toasts);
}

/** Lines that look like what was corrected are found by a worker meanwhile: say so, once, here. */
function tellOfAlike(alike, toasts) {
  for (const delay of ASKED) {
    setTimeout(async () => {
      if (!toasts.isConnected || toasts.querySelector(".alike")) return;
      const found = await ask(alike);
      if (!found?.lines || toasts.querySelector(".alike")) return;
      const told = document.createElement("p");
      told.className = "message message-info alike";
      const link = document.createElement("a");
      Object.assign(link, { href: found.address, target: "_blank", textContent: "Look at them" });
      const lines = found.lines === 1 ? "1 other line looks" : `${found.lines} other lines look`;
      told.append(`${lines} like what you corrected. `, link);
      toasts.append(told);
    }, delay);
  }
}
