// The page's lines as boxes: changed on the server at once, taken back by undo, read anew.

import { ask, post } from "../http.js";

const SOON = 150; // milliseconds between questions whether a line has been read
const LATER = 1_500;
const PATIENCE = 60_000; // after that the person types it

export class Edits {
  /**
   * `order` is the list of lines in reading order, changed in place; `make(fields, number)` makes a
   * line of what the server sends; `placed(line)` and `gone(line)` hear of lines that come and go;
   * `learnt(line)` of one that has been read; `say(text)` tells what does not work, and
   * `signedOut()` that the session is gone.
   */
  constructor({ form, list, outlines, lines, order, drafts, make, placed, gone, learnt, changed, say, signedOut }) {
    Object.assign(this, { form, list, outlines, lines, order, drafts, make, placed, gone, learnt, changed, say, signedOut });
    this.parked = new Map(); // lines that stand on the page no longer, and come back with undo
    this.waiting = new Map(); // id of a line being read -> since when
    this.timer = 0;
  }

  /** Resolves when no change is under way: the next one starts from what that one left. */
  idle() {
    return this.underWay ?? Promise.resolve();
  }

  /** Ask for a change; resolves to the answer, or null where it was refused or did not arrive. */
  change(body) {
    const last = this.idle();
    this.underWay = last.then(() => this.#change(body));
    return this.underWay;
  }

  async #change(body) {
    await this.drafts.flush(); // the server takes what was typed along to the new lines
    const { kind, data } = await post(this.form.dataset.lines, { token: this.form.elements.token.value, ...body });
    if (kind !== "ok") {
      if (kind === "signed-out") this.signedOut();
      const why = kind === "signed-out" ? "You are signed out" : "The site does not answer";
      this.say(data?.message ?? `${why}: the lines stay as they are. Try again.`);
      return null;
    }
    this.#show(data);
    return data;
  }

  #show({ order, lines, reading }) {
    for (const sent of lines) {
      if (!this.lines.has(sent.fields[0]) && !this.parked.has(sent.fields[0])) this.#build(sent);
    }
    const stays = new Set(order);
    for (const line of [...this.order]) {
      if (stays.has(line.id)) continue;
      line.element.remove();
      line.outline.remove();
      this.lines.delete(line.id);
      this.parked.set(line.id, line);
      this.gone(line);
    }
    this.order.length = 0;
    let before = null;
    for (const [place, id] of order.entries()) {
      const line = this.lines.get(id) ?? this.parked.get(id);
      if (!line) continue; // another window's: the server will say so on submit
      const next = before ? before.nextElementSibling : this.list.firstElementChild;
      if (next !== line.element) this.list.insertBefore(line.element, next);
      before = line.element;
      if (this.parked.delete(id)) {
        this.lines.set(id, line);
        this.outlines.append(line.outline);
        this.placed(line);
      }
      this.order.push(line);
      line.renumber(place + 1);
    }
    for (const id of reading) this.#await(this.lines.get(id));
    this.changed();
  }

  #build({ html, points, band, fields }) {
    const holder = document.createElement("template");
    holder.innerHTML = html; // the site's own template, text escaped
    const element = holder.content.querySelector("li");
    element.querySelector("noscript")?.remove();
    this.list.append(element);
    const outline = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
    outline.id = `o${fields[0]}`;
    outline.setAttribute("class", band);
    outline.setAttribute("points", points);
    this.outlines.append(outline);
    const line = this.make(fields, 0);
    this.lines.delete(line.id);
    this.parked.set(line.id, line);
  }

  #await(line) {
    if (!line) return;
    line.element.classList.add("reading");
    line.input.placeholder = "is being read …";
    this.waiting.set(line.id, Date.now());
    this.#plan(SOON);
  }

  /** Ask once more for a line that nobody has read: a worker or the broker was away. */
  async readAgain(line) {
    const { kind, data } = await post(this.form.dataset.read, { token: this.form.elements.token.value, lines: [line.id] });
    if (kind === "ok") this.#await(line);
    else this.say(data?.message ?? "The site does not answer. Try again, or type what the line says.");
  }

  #plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#look(), delay);
  }

  async #look() {
    const ids = [...this.waiting.keys()];
    if (ids.length === 0) return;
    const answer = await ask(`${this.form.dataset.lines}?${ids.map((id) => `id=${id}`).join("&")}`);
    for (const sent of answer?.lines ?? []) {
      const line = this.lines.get(sent.fields[0]) ?? this.parked.get(sent.fields[0]);
      if (!this.waiting.delete(sent.fields[0]) || !line) continue;
      const holder = document.createElement("template");
      holder.innerHTML = sent.html;
      line.learn(sent.fields, holder.content.querySelector(".text").defaultValue, sent);
      this.learnt(line);
    }
    const now = Date.now();
    for (const [id, since] of this.waiting) {
      if (now - since < PATIENCE) continue;
      this.waiting.delete(id);
      const line = this.lines.get(id);
      if (!line) continue;
      line.element.classList.remove("reading");
      line.input.placeholder = "not read yet: type what it says, or Alt+R to ask again";
    }
    const oldest = Math.min(...this.waiting.values());
    if (this.waiting.size) this.#plan(now - oldest < 5_000 ? SOON : LATER);
  }
}
