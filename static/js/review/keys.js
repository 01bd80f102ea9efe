// Which key means what, by where the focus is. Nothing is taken from somebody composing a character.

/** Names an action for a key, or null where the key belongs to the browser or the field. */
export function actionOf(event, inField) {
  if (event.isComposing || event.keyCode === 229) return null;
  const { key, code, shiftKey } = event;
  const control = event.ctrlKey || event.metaKey;
  const alt = event.altKey && !control; // AltGr, which types characters, comes with Control
  if (key === "Enter" && control) return "submit";
  if (key === "F1") return "keys";
  if (alt) return altAction(key, code);
  if (control) return null;
  if (inField) {
    if (key !== "Enter") return null;
    return shiftKey ? "back" : "confirm";
  }
  return { "?": "keys", "+": "larger", "=": "larger", "-": "smaller", 0: "fit" }[key] ?? null;
}

function altAction(key, code) {
  const digit = /^(?:Digit|Numpad)([1-3])$/.exec(code);
  if (digit) return `take-${digit[1]}`;
  const zoom = { Equal: "larger", NumpadAdd: "larger", Minus: "smaller", NumpadSubtract: "smaller", Digit0: "fit", Numpad0: "fit" }[code];
  if (zoom) return zoom;
  // The letter that is written on the key; where Alt turns it into a sign, the key's place.
  const letter = /^[a-z]$/i.test(key) ? key.toLowerCase() : code.replace("Key", "").toLowerCase();
  return { i: "illegible", n: "not_text", s: "skip", f: "flag", r: "reset", z: "zoom-line" }[letter] ?? null;
}
