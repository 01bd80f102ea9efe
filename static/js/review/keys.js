// Which key means what: by the person's own choice and by where the focus is. Nothing is taken from
// somebody composing a character.

const OUTSIDE = { "?": "keys", "+": "larger", "=": "larger", "-": "smaller", 0: "fit" };
const SIGNS = { Equal: "=", NumpadAdd: "=", Minus: "-", NumpadSubtract: "-" };
const HELD = new Set(["Control", "Alt", "Shift", "Meta", "AltGraph", "CapsLock", "Dead", "Process"]);
const PLACES = /^(?:Key[A-Z]|Digit\d|Minus|Equal)$/;

/** The combination of an event as the server names it ("Ctrl+Shift+Z"), or null. */
export function comboOf(event) {
  if (event.isComposing) return null;
  // Option+E, I, N and U of a Mac would put an accent on the next letter: no text, as with any Alt.
  const dead = event.key === "Dead" && event.altKey && PLACES.test(event.code);
  if (!dead && (event.keyCode === 229 || HELD.has(event.key))) return null;
  if (event.getModifierState?.("AltGraph")) return null; // it types a character
  const control = event.ctrlKey || event.metaKey;
  const alt = event.altKey;
  if (control && alt) return null; // AltGr, as some systems tell it
  const name = keyName(event, control || alt);
  if (!name) return null;
  const shift = event.shiftKey && !/^[^\w\s]$/.test(name);
  return `${control ? "Ctrl+" : ""}${alt ? "Alt+" : ""}${shift ? "Shift+" : ""}${name}`;
}

function keyName({ key, code }, held) {
  if (!held) return key === " " ? null : key.length === 1 ? key.toUpperCase() : key;
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(code);
  if (digit) return digit[1];
  if (SIGNS[code]) return SIGNS[code];
  // The letter that is written on the key; where Alt turns it into a sign, the key's place.
  if (/^[a-z]$/i.test(key)) return key.toUpperCase();
  if (/^Key[A-Z]$/.test(code)) return code.slice(3);
  return key === " " ? null : key;
}

export class Keys {
  /** `chosen` is {action: combination}. */
  constructor(chosen) {
    this.use(chosen);
  }

  use(chosen) {
    this.chosen = chosen;
    this.actions = new Map(Object.entries(chosen).map(([action, combo]) => [combo, action]));
  }

  /** Names an action for a key, or null where the key belongs to the browser or the field. */
  actionOf(event, { inField, inText }) {
    const combo = comboOf(event);
    if (!combo) return null;
    if (combo === "Ctrl+Y") return "redo";
    if (combo === "Alt+?" || (event.altKey && event.key === "?")) return "keys";
    const plain = !/^(?:Ctrl|Alt)\+/.test(combo) && !/^(?:Shift\+)?F\d/.test(combo);
    const action = this.actions.get(combo) ?? null;
    if (plain && action) return inText ? action : null;
    return action ?? (inField ? null : (OUTSIDE[event.key] ?? null));
  }
}
