// A line as the screen has it: its text, verdict, weak characters and what the server knows of it.

const WITHOUT_TEXT = new Set(["illegible", "not_text"]);

export class Line {
  constructor([id, weak, revision, verdict, weakCharacters, doubt, read], number) {
    this.id = id;
    this.number = number;
    this.revision = revision;
    this.input = document.getElementById(`f${id}`);
    this.element = this.input.closest(".line");
    this.select = this.element.querySelector(".verdict");
    this.outline = document.getElementById(`o${id}`);
    this.shown = this.input.defaultValue; // as the server sent it
    this.checked = checkedBy(verdict);
    this.#reads(read ?? this.shown, weak, weakCharacters, doubt);
    this.snap = this.state();
  }

  /** The recogniser has read the line since: its text goes in where nobody has typed any. */
  learn([, weak, , , weakCharacters, doubt, read], text, { band, percent }) {
    if (this.text === "" && !this.checked) {
      this.input.value = text;
      this.shown = text;
    }
    this.#reads(read ?? text, weak, weakCharacters, doubt);
    this.snap = this.state();
    this.element.classList.remove("reading");
    for (const { classList } of [this.element, this.outline]) {
      classList.remove("unknown");
      classList.add(band);
    }
    this.element.querySelector(".prob").lastChild.data = percent;
    this.input.placeholder = "";
    this.paint();
  }

  #reads(read, weak, weakCharacters, doubt) {
    this.read = read; // as the model read it
    this.weak = weak === 1;
    this.spans = weakCharacters.map(([, , , start, end]) => [start, end]);
    this.original = weakMarks(read, weakCharacters);
    this.leastSure = doubt.length ? weakMarks(read, [[...doubt, 1, 0, 0, []]])[0] : null;
    this.last = read;
    this.marks = this.original;
    this.follow();
  }

  /** What undo brings back. */
  state() {
    return { text: this.text, verdict: this.select.value, checked: this.checked };
  }

  /** In per cent, as it is shown; a dash where no model has read the line. */
  get probability() {
    return this.element.querySelector(".prob").lastChild.data.trim();
  }

  get hand() {
    return this.element.classList.contains("hand");
  }

  /** The text's top left on the page. */
  get corner() {
    const { x, y } = this.outline.points[0];
    return [x, y];
  }

  get polygon() {
    return Array.from(this.outline.points, ({ x, y }) => [x, y]);
  }

  renumber(number) {
    if (number === this.number) return;
    this.number = number;
    this.element.querySelector(".num").textContent = number;
    this.select.setAttribute("aria-label", `What line ${number} is`);
  }

  get text() {
    return this.input.value;
  }

  get withoutText() {
    return WITHOUT_TEXT.has(this.select.value);
  }

  /** As a draft says it: a text that the person has not done with is "corrected", else "confirmed". */
  get verdict() {
    if (this.withoutText) return this.select.value;
    return this.checked ? "confirmed" : "corrected";
  }

  get empty() {
    return !this.withoutText && this.text.trim() === "";
  }

  /** Keep the marks on their characters after the text has changed. */
  follow() {
    if (this.text === this.read) this.marks = this.original;
    else if (this.text !== this.last) this.marks = shiftMarks(this.marks, this.last, this.text);
    this.last = this.text;
  }

  /** The weak character that the caret or selection is on. */
  markAt(position) {
    return (
      this.marks.find((mark) => mark.start <= position && position < mark.end) ??
      this.marks.find((mark) => mark.end === position)
    );
  }

  /** Take another version of the line, as a whole. */
  set(text, verdict) {
    this.input.value = text;
    this.select.value = WITHOUT_TEXT.has(verdict) ? verdict : "corrected";
    this.follow();
    this.paint();
  }

  /** Show the verdict and whether the line is done with. */
  paint() {
    const { classList } = this.element;
    classList.toggle("without-text", this.withoutText);
    classList.toggle("checked", this.checked);
    this.outline?.classList.toggle("checked", this.checked);
    this.input.readOnly = this.withoutText;
  }
}

/** Whether a draft of this verdict was done with; a line without a draft was not. */
export function checkedBy(verdict) {
  return verdict === "confirmed" || WITHOUT_TEXT.has(verdict);
}

/** Weak characters with places in UTF-16 units, as text fields count. */
function weakMarks(read, weakCharacters) {
  if (weakCharacters.length === 0) return [];
  const points = Array.from(read);
  const plain = points.length === read.length;
  const place = (index) => (plain ? index : points.slice(0, index).join("").length);
  return weakCharacters.map(([index, length, confidence, , , alternatives]) => ({
    start: place(index),
    end: place(index + length),
    confidence,
    alternatives,
  }));
}

/** Marks after an edit: those before it stay, those after it move, those in it are gone. */
export function shiftMarks(marks, before, after) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < shorter - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail += 1;
  }
  const moved = after.length - before.length;
  const kept = [];
  for (const mark of marks) {
    if (mark.end <= head) kept.push(mark);
    else if (mark.start >= before.length - tail) {
      kept.push({ ...mark, start: mark.start + moved, end: mark.end + moved });
    }
  }
  return kept;
}
