// One set of proposals: arrows go from line to line, Space ticks, Enter answers them all.

const form = document.getElementById("answers");
const boxes = [...form.querySelectorAll("[name=confirm]")];
const apply = document.getElementById("apply");
const keys = document.getElementById("keys");

function count() {
  const ticked = boxes.filter((box) => box.checked).length;
  apply.textContent = `Confirm ${ticked}, refuse ${boxes.length - ticked}`;
}

function go(place) {
  const box = boxes[Math.min(Math.max(place, 0), boxes.length - 1)];
  box.focus();
  box.closest("li").scrollIntoView({ block: "nearest" });
}

function tickAll(on) {
  for (const box of boxes) box.checked = on;
  count();
}

form.addEventListener("change", count);
form.addEventListener("submit", (event) => {
  if (apply.getAttribute("aria-disabled")) event.preventDefault(); // it is on its way already
  apply.setAttribute("aria-disabled", "true");
});
document.getElementById("all").addEventListener("click", () => tickAll(true));
document.getElementById("none").addEventListener("click", () => tickAll(false));

document.addEventListener("keydown", (event) => {
  if (event.isComposing || keys.open) return;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (!event.repeat) form.requestSubmit(apply);
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const here = boxes.indexOf(document.activeElement);
  if (event.key === "?") keys.showModal();
  else if (event.key === "ArrowDown") go(here + 1);
  else if (event.key === "ArrowUp") go(here < 0 ? 0 : here - 1);
  else if (event.key === "Home") go(0);
  else if (event.key === "End") go(boxes.length - 1);
  else if (event.key === "Enter" && here >= 0 && !event.repeat) form.requestSubmit(apply);
  else return;
  event.preventDefault();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // the site knows better which lines are left
});

for (const hidden of document.querySelectorAll(".needs-script")) hidden.hidden = false;
count();
boxes[0].focus({ preventScroll: true });
document.documentElement.dataset.ready = "";
