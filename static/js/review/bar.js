// The bar's tools: side by side where there is room, else the less used ones in the menu "More".

const WIDE = "(min-width: 84rem)"; // as in review.css
const SMALL = "(max-width: 56rem)";

/** Without a script the menu is there at every width, and what is used often wraps. */
export function foldTools({ menu, often, signal }) {
  const [wide, small] = [matchMedia(WIDE), matchMedia(SMALL)];
  const list = menu.querySelector(".bar-menu");
  const moved = Array.from(often.children);
  const fold = () => {
    menu.open = wide.matches;
    (small.matches ? list : often).append(...moved);
  };
  const close = () => {
    if (wide.matches || !menu.open) return;
    // A dialog gives the focus back to where it was: that must not be in a closed menu.
    if (list.contains(document.activeElement)) menu.firstElementChild.focus();
    menu.open = false;
  };
  for (const each of [wide, small]) each.addEventListener("change", fold, { signal });
  menu.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the caret
  list.addEventListener("click", close, { capture: true });
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) close();
  }, { signal });
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
  });
  fold();
}
