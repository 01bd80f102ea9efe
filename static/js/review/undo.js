// What was submitted a moment ago can be taken back from the page that follows it.

import { csrfToken } from "../http.js";

const KEY = "ocr-review:submitted";
const SHOWN = 20_000; // milliseconds; after that the queue's page still offers it

document.addEventListener("page-submitted", ({ detail }) => {
  if (detail.undo) sessionStorage.setItem(KEY, JSON.stringify({ ...detail, at: Date.now() }));
});

const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
sessionStorage.removeItem(KEY);
if (kept && Date.now() - kept.at < SHOWN) offer(kept);

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
  document.body.append(toasts);
  setTimeout(() => toasts.remove(), SHOWN);
}
