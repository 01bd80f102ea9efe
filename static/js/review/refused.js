// What was typed in another window and not taken is offered to the person who typed it.

import { recall, remember } from "./store.js";
import { describe } from "./versions.js";

/** `refused` as the server tells them; `take(line, version)` puts one into its line. */
export function offerRefused(refused, { lines, take }) {
  const settled = new Set(recall("refused", []));
  const settle = (id, box) => {
    settled.add(id);
    remember("refused", [...settled].slice(-500));
    box.remove();
  };
  for (const version of refused) {
    const line = lines.get(version.line_id);
    if (!line || settled.has(version.id)) continue;
    const box = document.createElement("div");
    box.className = "both refused";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Another version of line ${line.number}`);
    const words = document.createElement("p");
    const text = document.createElement("b");
    text.dir = "auto";
    text.textContent = describe(version);
    words.append("In another window you also typed: ", text);
    box.append(
      words,
      button("Take it", () => {
        settle(version.id, box);
        take(line, version);
      }),
      " ",
      button("Leave it", () => {
        settle(version.id, box);
        line.input.focus();
      }),
    );
    line.element.append(box);
  }
}

function button(label, does) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-small";
  made.textContent = label;
  made.addEventListener("click", does);
  return made;
}
