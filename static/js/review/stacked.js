// Lines written from top to bottom: their crop is cut into characters that are shown side by side.

import { isSquare, letters } from "./fit.js";

const ASTRAY = 0.75; // cells by which a character may be off its even place and still be believed

/** Whether a tall crop's characters stand upright, one below the other. */
export function isStacked(text) {
  return isSquare(text.trim());
}

/**
 * Where each of `count` characters starts, and the last ends, as shares of the line's length: evenly,
 * but through the middles of those whose `[start, end]` the recogniser has told, as [index, span].
 */
export function cells(count, known = []) {
  const knots = [[0, 0]];
  for (const [index, [start, end]] of known) {
    const [even, middle] = [(index + 0.5) / count, (start + end) / 2];
    const [place, share] = knots.at(-1);
    if (Math.abs(middle - even) * count > ASTRAY || even <= place || middle <= share) continue;
    knots.push([even, middle]);
  }
  knots.push([1, 1]);
  return Array.from({ length: count + 1 }, (_, index) => {
    const at = index / count;
    const next = Math.max(1, knots.findIndex(([place]) => place >= at));
    const [[from, low], [to, high]] = [knots[next - 1], knots[next]];
    return low + ((at - from) / (to - from)) * (high - low);
  });
}

/** The characters that the recogniser was unsure of, as [index, span], while the text is its own. */
export function knownSpans(line) {
  if (!line || line.text !== line.read) return [];
  return line.original.map(({ start }, index) => [letters(line.read.slice(0, start)), line.spans[index]]);
}
