// Letters under their pictures: how large a text is set, and how far it has scrolled with its crop.

export const SMALLEST = 12.5; // font size of a field, pixels
const LARGEST = 26;
const SPREAD = [-0.4, 1.8]; // letter spacing that still reads as a word, pixels
const AIRY = 1.2; // letter spacing of CJK, whose characters stand alone: shares of their size
const EDGE = 24; // pixels of text that are seen beside a selection

const CJK = "\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Bopomofo}ーｰ";
const SQUARE = new RegExp(`[${CJK}]`, "gu");
// Scripts whose letters join (Arabic, Devanagari) would fall apart: they are sized alone.
const SPACED = new RegExp(`^[\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}${CJK}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Zs}]*$`, "u");
const MARKS = /\p{M}/gu; // they stand over a letter and take no room

const measure = document.createElement("canvas").getContext("2d");

/** Characters that take room, in code points. */
export function letters(text) {
  return Array.from(text.replace(MARKS, "")).length;
}

/** Whether most of a text is Chinese, Japanese or Korean. */
export function isSquare(text) {
  const found = text.match(SQUARE)?.length ?? 0;
  return found > 0 && 2 * found >= letters(text.replace(/[\s\p{P}]/gu, ""));
}

function natural(text, family) {
  measure.font = `100px ${family}`;
  measure.fontKerning = "none";
  return measure.measureText(text).width / 100; // at one pixel
}

/** The least width in pixels that a text can be set in. */
export function leastWidth(text, family) {
  return natural(text, family) * SMALLEST + (SPACED.test(text) ? SPREAD[0] * letters(text) : 0);
}

/** Font size and letter spacing, in pixels, by which a text is as wide as its crop. */
export function fitText(text, family, width, largest = LARGEST) {
  const one = natural(text, family);
  const size = Math.min(largest, Math.max(SMALLEST, width / one));
  if (!SPACED.test(text)) return { size, spread: 0 };
  const most = isSquare(text) ? AIRY * size : SPREAD[1] * Math.max(1, size / LARGEST);
  const spread = (width - one * size) / Math.max(1, letters(text) - 1);
  return { size, spread: Math.min(most, Math.max(SPREAD[0], spread)) };
}

/** Scroll a field so that its selection is in sight: browsers do so only while somebody types. */
export function reveal(input) {
  if (input.scrollWidth <= input.clientWidth) return;
  const style = getComputedStyle(input);
  const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  measure.font = `${style.fontSize} ${style.fontFamily}`;
  measure.fontKerning = "none";
  const spread = parseFloat(style.letterSpacing) || 0;
  const place = (index) => {
    const head = input.value.slice(0, index);
    return measure.measureText(head).width + spread * letters(head);
  };
  const [from, to] = [place(input.selectionStart), place(input.selectionEnd)];
  const at = Math.abs(input.scrollLeft);
  if (from >= at + EDGE && to <= at + room - EDGE) return;
  const left = Math.max(0, (from + to - room) / 2);
  input.scrollLeft = style.direction === "rtl" ? -left : left;
}

/** Scroll a crop that is wider than its box to where its text has scrolled to, or the caret is. */
export function follow(text, box) {
  const over = box.scrollWidth - box.clientWidth;
  if (over <= 1) return;
  const hidden = text.scrollWidth - text.clientWidth;
  let share = Math.abs(text.scrollLeft) / Math.max(1, hidden);
  if (hidden <= 1) {
    const caret = (text.selectionStart ?? 0) / Math.max(1, text.value?.length ?? 0);
    share = (caret * box.scrollWidth - box.clientWidth / 2) / over;
  }
  const left = Math.min(1, Math.max(0, share)) * over;
  box.scrollLeft = getComputedStyle(box).direction === "rtl" ? -left : left;
}
