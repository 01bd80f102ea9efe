// The line between image and text can be moved, by pointer and by arrow keys, and stays where it was.

import { recall, remember } from "./store.js";

const LIMITS = [20, 70]; // per cent of the screen for the image

export function movableDivider(divider) {
  const screen = divider.parentElement;
  const set = (share) => {
    const value = Math.min(LIMITS[1], Math.max(LIMITS[0], share));
    screen.style.setProperty("--split", `${value}%`);
    divider.setAttribute("aria-valuenow", String(Math.round(value)));
    remember("split", value);
  };
  set(Number(recall("split", 42)) || 42);
  divider.addEventListener("pointerdown", (event) => {
    divider.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  divider.addEventListener("pointermove", (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return;
    set(((event.clientX - screen.getBoundingClientRect().left) / screen.clientWidth) * 100);
  });
  divider.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -2, ArrowRight: 2 }[event.key];
    if (!step) return;
    event.preventDefault();
    set(Number(divider.getAttribute("aria-valuenow")) + step);
  });
}
