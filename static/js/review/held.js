// What somebody looks at stays where it is while lines above it change their height.

/** Do `change`, and scroll so that `element` is where it was: a click must not miss its field. */
export function held(pane, element, change) {
  const before = element.getBoundingClientRect().top;
  change();
  const moved = element.getBoundingClientRect().top - before;
  if (!moved) return;
  const scrolls = getComputedStyle(pane).overflowY !== "visible"; // in a narrow window the page does
  (scrolls ? pane : document.scrollingElement).scrollTop += moved;
}
