// One letter on every line, and that letter goes there. Also picks a special character.

const LETTERS = [..."asdfjklghqwertyuiopzxcvbnm1234567890"];

/**
 * Codes for `count` places, none the beginning of another. As many as can get one letter; those
 * that `late(index)` names, then the last, get two.
 */
export function codes(count, late = () => false) {
  if (count <= LETTERS.length) return LETTERS.slice(0, count);
  let prefixes = 1;
  while (LETTERS.length - prefixes + prefixes * LETTERS.length < count && prefixes < LETTERS.length) prefixes += 1;
  const singles = LETTERS.slice(0, LETTERS.length - prefixes);
  const doubles = LETTERS.slice(-prefixes).flatMap((first) => LETTERS.map((second) => first + second));
  const found = new Array(count).fill("");
  const places = [...found.keys()].sort((a, b) => Number(late(a)) - Number(late(b)) || a - b);
  for (const place of places) found[place] = singles.shift() ?? doubles.shift() ?? "";
  return found;
}

/**
 * Wait for one of the codes to be typed. `catcher` is an element that takes the focus meanwhile, so
 * that no input method swallows the letters; `narrowed(typed)` hears the first letter of two.
 * Resolves to the index, or -1.
 */
export function pick(catcher, offered, narrowed = () => {}) {
  return new Promise((resolve) => {
    let typed = "";
    const end = (index) => {
      catcher.removeEventListener("keydown", hear);
      catcher.removeEventListener("blur", leave);
      resolve(index);
    };
    const leave = () => end(-1);
    const hear = (event) => {
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      const letter = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code)?.[1] ?? event.key;
      typed += (/^[a-z0-9]$/i.test(event.key) ? event.key : letter).toLowerCase();
      const found = offered.indexOf(typed);
      if (found >= 0) end(found);
      else if (event.key !== "Escape" && offered.some((code) => code.startsWith(typed))) narrowed(typed);
      else end(-1);
    };
    catcher.addEventListener("keydown", hear);
    catcher.addEventListener("blur", leave);
    catcher.focus({ preventScroll: true });
  });
}

/** Letters over the outlines and beside the lines; resolves to the line chosen, or null. */
export async function jump({ sheet, catcher, lines, width, height }) {
  const offered = codes(lines.length, (index) => lines[index].weak && !lines[index].checked);
  const tags = lines.flatMap((line, index) => {
    const made = [];
    const [x, y] = line.corner;
    const over = tag(offered[index]);
    over.style.left = `${(x / width) * 100}%`;
    over.style.top = `${(y / height) * 100}%`;
    sheet.append(over);
    made.push(over);
    const beside = tag(offered[index]);
    line.element.append(beside);
    made.push(beside);
    return made;
  });
  const chosen = await pick(catcher, offered, (typed) => {
    for (const each of tags) each.hidden = !each.textContent.startsWith(typed);
  });
  for (const each of tags) each.remove();
  return lines[chosen] ?? null;
}

function tag(code) {
  const made = document.createElement("kbd");
  made.className = "jump";
  made.textContent = code;
  made.setAttribute("aria-hidden", "true");
  return made;
}

/** A box of characters with a letter each; resolves to the character, or null. */
export async function palette({ box, characters }) {
  const offered = codes(characters.length);
  box.replaceChildren(
    ...characters.map((character, index) => {
      const made = document.createElement("button");
      made.type = "button";
      made.tabIndex = -1;
      made.dataset.index = index;
      made.setAttribute("aria-label", `${character}, key ${offered[index]}`);
      const what = document.createElement("b");
      what.textContent = character;
      const key = document.createElement("kbd");
      key.textContent = offered[index];
      made.append(what, key);
      return made;
    }),
  );
  if (characters.length === 0) box.textContent = "Characters that no keyboard has come here once labels of this document type hold them.";
  box.hidden = false;
  const clicked = new Promise((resolve) => {
    box.onmousedown = (event) => {
      event.preventDefault(); // the focus stays, and with it the caret
      const index = event.target.closest("button")?.dataset.index;
      if (index !== undefined) resolve(Number(index));
    };
  });
  const chosen = await Promise.race([pick(box, offered), clicked]);
  box.hidden = true;
  return characters[chosen] ?? null;
}
