// The review screen: one page after the other in one window, the next one ready before it is asked for.

import { Ahead } from "./ahead.js";
import { sendLeftovers } from "./leftovers.js";
import { openScreen } from "./screen.js";
import { offerUndo, rememberSubmitted } from "./undo.js";

let life; // of the page that is shown; its end ends all that belongs to it
let ahead;

function open() {
  life = new AbortController();
  const { signal } = life;
  const { form, announce } = openScreen({ signal, submitted: goOn });
  ahead = new Ahead({ form, signal });
  offerUndo();
  const { user, task } = JSON.parse(document.getElementById("screen-data").textContent);
  sendLeftovers({ user, task, drafts: form.dataset.drafts, sent: (other) => ahead.outdate(other), signal });
  document.documentElement.dataset.ready = "yes";
  return announce;
}

/** The page is submitted: show the one that was made ready, or let the browser go where the site says. */
async function goOn(answer) {
  rememberSubmitted(answer);
  const next = await ahead.ready(answer.token);
  if (!next) {
    location.assign(answer.next);
    return;
  }
  life.abort();
  delete document.documentElement.dataset.ready;
  document.title = next.title;
  document.body.className = next.body.className;
  document.body.replaceChildren(...next.body.childNodes);
  if (next.image) document.getElementById("sheet").prepend(next.image);
  document.getElementById("page-form").dataset.expires = answer.expires_at; // it was held ready, and is worked on now
  history.pushState(null, "", answer.next);
  open()(document.title); // nothing else tells a screen reader that another page is there
}

// The way back leads to a page that is done, or was loaded long ago: the site knows how it stands.
window.addEventListener("popstate", () => location.reload());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
open();
