// A page that is being sent takes no input: nothing typed or chosen meanwhile would come with it.

const SLOW = 300; // milliseconds under way after which that is said

/**
 * Let `parts` take no input; where that lasts, the banner `name` says `text`. Returns what ends it,
 * with the caret where it was.
 */
export function hold(parts, { banners, name, text }) {
  banners.hide(name);
  const field = document.activeElement;
  const caret = [field.selectionStart, field.selectionEnd, field.selectionDirection];
  field.blur(); // at once: what is inert loses the focus only when it is drawn
  for (const each of parts) each.inert = true;
  const slow = setTimeout(() => banners.show(name, text, { level: "info" }), SLOW);
  return () => {
    clearTimeout(slow);
    banners.hide(name);
    for (const each of parts) each.inert = false;
    field.focus({ preventScroll: true });
    if (Number.isInteger(caret[0])) field.setSelectionRange(...caret);
  };
}
