// A page's history: crops beside what was said of them, and the image beside both.

import { Crops } from "./crops.js";

const lines = [...document.querySelectorAll("[data-line]")];
const viewer = document.getElementById("viewer");

function show(id) {
  for (const each of document.querySelectorAll(".here")) each.classList.remove("here");
  const outline = document.getElementById(`o${id}`);
  document.getElementById(`l${id}`)?.classList.add("here");
  outline?.classList.add("here");
  return outline;
}

document.addEventListener("click", (event) => {
  const line = event.target.closest?.("[data-line]");
  const outline = event.target.closest?.("polygon");
  if (outline) {
    const id = outline.id.slice(1);
    show(id);
    document.getElementById(`l${id}`).scrollIntoView({ block: "center" });
  } else if (line) {
    const box = show(line.dataset.line)?.getBoundingClientRect();
    const pane = viewer.getBoundingClientRect();
    if (box && (box.top < pane.top || box.bottom > pane.bottom)) {
      viewer.scrollTop += (box.top + box.bottom) / 2 - (pane.top + pane.bottom) / 2;
    }
  }
});

if (lines.length) {
  new Crops({ image: document.getElementById("page-image"), root: null }).watch(lines);
}
