// One line with two readings: what is picked and typed on it, also as a draft, as the server has it.

const WITHOUT_TEXT = ["illegible", "not_text"];

const clean = (text) => text.normalize("NFC").replace(/\s+/g, " ").trim();

export class DecideLine {
  constructor(element) {
    this.element = element;
    this.id = Number(element.dataset.line);
    this.number = Number(element.dataset.number);
    this.revision = Number(element.dataset.revision);
    this.original = element.dataset.original;
    this.field = element.querySelector("input[type=text]");
    this.input = this.field; // as other parts know it
    this.radios = new Map([...element.querySelectorAll("input[type=radio]")].map((radio) => [radio.value, radio]));
  }

  get picked() {
    return [...this.radios.values()].find((radio) => radio.checked)?.value ?? "";
  }

  set picked(value) {
    for (const radio of this.radios.values()) radio.checked = radio.value === value;
  }

  get #typed() {
    return !["", clean(this.original)].includes(clean(this.field.value));
  }

  /** The same encoding as `review.choices.Choice.draft`: "confirmed" is a field that contradicts the reading picked. */
  get verdict() {
    const { picked } = this;
    if (WITHOUT_TEXT.includes(picked)) return picked;
    if (!["first", "second"].includes(picked)) return "corrected";
    if (this.#typed) return "confirmed";
    const { verdict } = this.radios.get(picked).dataset;
    return WITHOUT_TEXT.includes(verdict) ? verdict : "corrected";
  }

  get text() {
    const { picked } = this;
    if (WITHOUT_TEXT.includes(picked)) return this.#typed ? this.field.value : "";
    if (["first", "second"].includes(picked) && !this.#typed) return this.radios.get(picked).dataset.text;
    return this.field.value;
  }

  /** Whether nothing is chosen yet. */
  get open() {
    return this.picked === "" && !this.#typed;
  }

  /** Choose what a draft says. */
  set(text, verdict) {
    const readings = ["first", "second"];
    const reading = readings.find((name) => this.#reads(name, text, verdict));
    if (verdict === "confirmed") this.#show("", text);
    else if (reading) this.#show(reading, this.original);
    else if (WITHOUT_TEXT.includes(verdict)) this.#show(verdict, text || this.original);
    else this.#show("other", text);
  }

  focus(field = false) {
    const radio = this.radios.get(this.picked) ?? this.radios.get("first");
    (field ? this.field : radio).focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  #reads(name, text, verdict) {
    const of = this.radios.get(name).dataset;
    if (WITHOUT_TEXT.includes(verdict)) return of.verdict === verdict && text === "";
    return !WITHOUT_TEXT.includes(of.verdict) && clean(of.text) === clean(text);
  }

  #show(picked, text) {
    this.picked = picked;
    this.field.value = text;
  }
}
