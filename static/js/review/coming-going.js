// As the window is left, returned to, hidden or online again, and after signing in elsewhere: what was
// typed is sent, and the page kept or given back.

import { onSignedIn } from "../session.js";

/** `returned()` hears that the window is worked in again. */
export function followWindow({ drafts, lease, returned, signal }) {
  window.addEventListener("beforeunload", () => drafts.leaving(), { signal });
  window.addEventListener("pagehide", () => {
    drafts.part();
    lease.leave();
  }, { signal });
  window.addEventListener("online", () => drafts.flush(), { signal });
  window.addEventListener("focus", returned, { signal });
  document.addEventListener("visibilitychange", () => {
    if (!drafts.stopped) drafts.flush();
  }, { signal });
  onSignedIn(() => {
    drafts.flush();
    lease.beat();
  }, signal);
}
