// Parts of a page that follow the site stop when the session runs out: then it is said, with a way
// back, and no page to sign in at is put where figures were.

import { Banners } from "./banners.js";
import { isSignIn, onSignedIn, signInAddress } from "./session.js";

const LOOK_AGAIN = 30_000; // milliseconds between two tries of a page whose session has run out

let banners = null;
let outSince = 0; // when it was last seen to be so; 0 while signed in

function say() {
  if (!banners) {
    const root = document.createElement("div");
    root.className = "messages";
    root.setAttribute("role", "alert");
    document.getElementById("content").before(root);
    banners = new Banners(root);
  }
  banners.show("signed-out", "You are signed out, so what you see here no longer follows the site. It goes on once you are back.", {
    actions: [["Sign in again", signInAddress]],
  });
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (outSince && Date.now() - outSince < LOOK_AGAIN) event.preventDefault();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (isSignIn(event.detail.xhr.responseURL)) {
    event.detail.shouldSwap = false;
    outSince = Date.now();
    say();
  } else if (outSince) {
    outSince = 0;
    banners.hide("signed-out");
  }
});

onSignedIn(() => {
  if (outSince) outSince = 1; // long ago: the next poll goes through
});
