// A session may run out under an open page. Windows tell each other when somebody is signed in again.

const CHANNEL = "ocr-session";

/** Where to sign in so that this window hears of it. */
export const signInAddress = document.body.dataset.signIn;

/** Whether an answer came from the page to sign in at, to which an expired session is sent. */
export function isSignIn(address) {
  if (!address) return false;
  return new URL(address).pathname === new URL(signInAddress, location.href).pathname;
}

export function tellSignedIn() {
  new BroadcastChannel(CHANNEL).postMessage("signed-in");
}

/** `hear` is called until `signal` ends it, if there is one. */
export function onSignedIn(hear, signal) {
  const channel = new BroadcastChannel(CHANNEL);
  channel.addEventListener("message", hear);
  signal?.addEventListener("abort", () => channel.close());
}
