// Choosing one's own keys, in the list of keys: press an action's button, then the new key.

import { comboOf } from "./keys.js";

const CAPS = { ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Delete: "Del" };

/** Make the buttons in `root` choose keys; `keys` is told what they are then. */
export function choosable({ url, root, keys, post }) {
  const fault = document.getElementById("key-fault");
  const defaults = new Map(
    [...root.querySelectorAll("[data-action]")].map((row) => [row.dataset.action, row.querySelector("button")]),
  );
  let asked = null;

  function rest() {
    asked?.classList.remove("asked");
    asked = null;
  }

  function tell(message) {
    fault.textContent = message;
    fault.hidden = !message;
  }

  /** Buttons tell their keys. */
  function hint() {
    for (const button of document.querySelectorAll("[data-do]")) {
      const combo = keys.chosen[button.dataset.do];
      const label = defaults.get(button.dataset.do)?.nextElementSibling.textContent;
      if (combo && label) button.title = `${label} (${combo})`;
    }
  }

  function show(chosen) {
    keys.use(chosen);
    hint();
    for (const [action, button] of defaults) {
      const caps = chosen[action].split(/(?<=.)\+/).map((part) => {
        const cap = document.createElement("kbd");
        cap.textContent = CAPS[part] ?? part;
        return cap;
      });
      button.replaceChildren(...caps);
      const label = button.nextElementSibling.textContent;
      button.setAttribute("aria-label", `${label}: ${chosen[action]}. Change`);
    }
  }

  async function send(fields) {
    const { kind, data } = await post(url, new URLSearchParams(fields));
    if (data?.keys) show(data.keys);
    tell(kind === "ok" ? "" : (data?.message ?? "The site does not answer: the key stays as it was."));
  }

  hint();
  root.addEventListener("click", (event) => {
    const button = event.target.closest(".key-button");
    rest();
    if (event.target.id === "forget-keys") send({ forget: "yes" });
    if (!button) return;
    asked = button;
    asked.classList.add("asked");
    tell("");
    asked.textContent = "press a key …";
  });
  root.addEventListener("keydown", (event) => {
    if (!asked) return;
    const combo = comboOf(event);
    if (!combo) return;
    event.preventDefault();
    event.stopPropagation();
    const { action } = asked.closest("[data-action]").dataset;
    rest();
    if (combo === "Escape") show(keys.chosen);
    else send({ action, key: combo });
  });
  root.addEventListener("cancel", (event) => {
    if (asked) event.preventDefault();
  });
}
