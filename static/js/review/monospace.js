// A font of equal widths in the fields, for those who want one; this browser remembers it.

import { recall, remember } from "./store.js";

/** `box` is the tick box; `changed()` hears that the letters have other widths now. */
export function monospaced(box, changed) {
  const use = () => {
    document.body.classList.toggle("monospace", box.checked);
    changed();
  };
  box.checked = recall("monospace", false) === true;
  box.addEventListener("change", () => {
    remember("monospace", box.checked);
    use();
  });
  use();
}
