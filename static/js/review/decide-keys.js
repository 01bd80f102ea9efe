// The keys on the screen of two readings: plain ones, but in the text field, which keeps its own.

const PLAIN = { 1: "first", 2: "second", 3: "other", i: "illegible", n: "not_text" };

/** What a key asks for: a choice, "decide", "next", "back", "leave" (the field), or null. */
export function decideKey(event) {
  if (event.isComposing || event.keyCode === 229) return null;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return event.repeat ? null : "decide";
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.target.closest?.("a, button")) return null;
  if (event.key === "Enter") return "next";
  if (event.target.matches?.("input[type=text]")) return event.key === "Escape" ? "leave" : null;
  if (event.key === "ArrowDown") return "next";
  if (event.key === "ArrowUp") return "back";
  const digit = /^(?:Digit|Numpad)([123])$/.exec(event.code)?.[1]; // where digits need Shift
  return PLAIN[event.key.toLowerCase()] ?? PLAIN[digit] ?? null;
}
