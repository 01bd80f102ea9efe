// A line as the screen has it: its text, verdict, weak characters and what the server knows of it.

const WITHOUT_TEXT = new Set(["illegible", "not_text"]);

export class Line {
  constructor([id, weak, revision, verdict, weakCharacters, read], number) {
    this.id = id;
    this.number = number;
    this.weak = weak === 1;
    this.revision = revision;
    this.input = document.getElementById(`f${id}`);
    this.element = this.input.closest(".line");
    this.select = this.element.querySelector(".verdict");
    this.outline = document.getElementById(`o${id}`);
    this.shown = this.input.defaultValue; // as the server sent it
    this.read = read ?? this.shown; // as the model read it
    this.checked = verdict !== "";
    this.spans = weakCharacters.map(([, , , start, end]) => [start, end]);
    this.original = weakMarks(this.read, weakCharacters);
    this.last = this.read;
    this.marks = this.original;
    this.follow();
  }

  get text() {
    return this.input.value;
  }

  get withoutText() {
    return WITHOUT_TEXT.has(this.select.value);
  }

  /** What would be submitted now. */
  get verdict() {
    if (this.withoutText) return this.select.value;
    return this.checked && this.text === this.read ? "confirmed" : "corrected";
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
