// What was submitted a moment ago can be taken back from the page that follows it.

import { csrfToken } from "../http.js";

const KEY = "ocr-review:submitted";
const SHOWN = 20_000; // milliseconds; after that the queue's page still offers it

/** Keep, for the page that follows, what was submitted and where it is taken back. */
export function rememberSubmitted({ undo, submitted }) {
  if (undo) sessionStorage.setItem(KEY, JSON.stringify({ undo, submitted, at: Date.now() }));
}

/** Offer to take back what was submitted before this page came. */
export function offerUndo() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  sessionStorage.removeItem(KEY);
  if (kept && Date.now() - kept.at < SHOWN) offer(kept);
}

function offer({ undo, submitted }) {
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
}
