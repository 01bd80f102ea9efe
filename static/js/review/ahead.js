// The next page is held ready, and fetched with its image, while this one is worked on.

import { post } from "../http.js";

const SOON = 400; // milliseconds after this page is ready: its own crops come first
const FEW = 60_000; // milliseconds until the queue is asked again where it had nothing more

const form = document.getElementById("page-form");
let goingOn = false; // to the next page, or somewhere else that the site decides

async function workAhead() {
  const answer = await post(form.dataset.ahead, new URLSearchParams());
  if (answer.kind !== "ok") return;
  const { page, image } = answer.data;
  if (!page) {
    setTimeout(whenSeen, FEW);
    return;
  }
  fetchAhead(page, "document");
  new Image().src = image; // kept by the browser for good: its bytes never change
}

function fetchAhead(address, kind) {
  const link = document.createElement("link");
  link.rel = "prefetch";
  link.as = kind;
  link.href = address;
  document.head.append(link);
}

/** Nothing is kept from others for a window that nobody looks at. */
function whenSeen() {
  if (document.visibilityState === "visible") workAhead();
  else document.addEventListener("visibilitychange", whenSeen, { once: true });
}

// The browser's way back shows what was fetched then, which may be old by now.
const [arrival] = performance.getEntriesByType("navigation");
if ("fetchedAhead" in form.dataset && arrival?.type === "back_forward") location.reload();
else setTimeout(whenSeen, SOON);

document.addEventListener("page-submitted", () => {
  goingOn = true;
});
document.addEventListener("submit", () => {
  goingOn = true;
}, { capture: true });
window.addEventListener("pagehide", () => {
  if (!goingOn) post(form.dataset.aheadRelease, new URLSearchParams(), { keepalive: true });
});
