// Drafts: in the browser's store at once, on the server after a pause, and again until it is so.

import { post } from "../http.js";

const PAUSE = 900; // milliseconds without typing before a save
const LONGEST = 4_000; // milliseconds of typing on before one all the same
const FIRST_RETRY = 2_000; // milliseconds, doubled up to the longest
const LONGEST_RETRY = 60_000;
const KEEPALIVE_BYTES = 60_000; // browsers send no more once a page is gone
const LEAVING = 60_000; // milliseconds in which a page that is to follow is there, or never will be
const FEW = 5; // versions of a line that are kept as having perhaps arrived

export class Drafts {
  /**
   * `tell(state, detail)` hears "saved" (a Date), "unsaved", "signed-out", "other-user", "refused",
   * and "gone" with why the page is not the person's any more, empty where it is.
   * `conflict(line, theirs)` hears of a line that another window has written since, and
   * `fault(line, why)` of one that the site cannot keep as it stands.
   */
  constructor({ url, user, lines, local, tell, conflict, fault }) {
    Object.assign(this, { url, user, lines, local, tell, conflict, fault });
    this.dirty = new Map(); // line id -> entry not yet on the server
    this.disputed = new Map(); // line id -> the other window's version
    this.refused = new WeakMap(); // entry that the site cannot keep as it stands -> why
    this.unanswered = new Map(); // line id -> versions that may have arrived, from here or from a window before
    this.sending = null;
    this.timer = 0;
    this.retry = FIRST_RETRY;
    this.waitingSince = 0;
    this.leftAt = 0;
    this.stopped = false;
  }

  /** The line has changed. */
  touch(line) {
    const entry = {
      text: line.text,
      verdict: line.verdict,
      revision: line.revision,
      at: Date.now(),
      sent: this.#perhapsThere(line),
    };
    this.local.put(line.id, entry);
    this.dirty.set(line.id, entry);
    if (this.disputed.has(line.id)) return;
    this.tell("unsaved");
    this.waitingSince ||= Date.now();
    this.#plan(Date.now() - this.waitingSince > LONGEST ? 0 : PAUSE);
  }

  /** Send what is not on the server, now; resolves when that has ended one way or the other. */
  async flush() {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    if (this.stopped || this.#sendable().length === 0) return;
    this.sending = this.#send();
    await this.sending;
    this.sending = null;
    if (!this.stopped && this.waitingSince && this.#sendable().length > 0) this.#plan(PAUSE);
  }

  /** Wait for a save that is under way, and plan no other: a submit carries everything. */
  async settle() {
    clearTimeout(this.timer);
    await this.sending;
  }

  /**
   * Another page is on its way in place of this one. It may have been drawn before what is being saved
   * now, so that stays in the browser's store, where that page finds it.
   */
  leaving() {
    this.leftAt = Date.now();
  }

  /** The page is going away: send without waiting for an answer. */
  part() {
    const entries = this.#sendable();
    if (this.stopped || entries.length === 0) return;
    let size = 0;
    const few = entries.filter((entry) => {
      size += entry.text.length * 4 + 80;
      return size < KEEPALIVE_BYTES;
    });
    this.#underWay(few);
    post(this.url, { user: this.user, entries: few }, { keepalive: true });
  }

  /**
   * The server has another version of a line. Where this window sent it itself, or one that went
   * before it, and the answer was lost on the way, what stands here now simply follows it: true.
   * Else it is a dispute.
   */
  own(theirs) {
    const line = this.lines.get(theirs.line_id);
    if (!line || !this.unanswered.get(line.id)?.has(version(theirs))) return false;
    this.#follow(line, theirs.revision);
    return true;
  }

  /** A window that went away has left `entry` of a line: that, and what it had sent before, may arrive still. */
  inherit(line, entry) {
    this.unanswered.set(line.id, new Set([...(entry.sent ?? []), version(entry)]));
  }

  /** The page is submitted: nothing is left to keep. */
  finish() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.dirty.clear();
    this.local.finish((id) => this.lines.get(id));
  }

  /** A line's two versions are settled in favour of what is in the field now. */
  resolve(line, revision) {
    this.disputed.delete(line.id);
    line.revision = revision;
    this.touch(line);
  }

  /** The other window's version has been taken over into the field. */
  yield(line, revision) {
    const mine = this.dirty.get(line.id);
    this.disputed.delete(line.id);
    this.dirty.delete(line.id);
    line.revision = revision;
    if (mine) this.local.drop(line.id, mine);
  }

  dispute(line, theirs) {
    this.disputed.set(line.id, theirs);
    this.conflict(line, theirs);
  }

  /** The server's revision is this; what was typed since stands on it, in the browser's store too. */
  #follow(line, revision) {
    line.revision = revision;
    const since = this.dirty.get(line.id);
    if (!since) return;
    since.revision = revision;
    since.sent = this.#perhapsThere(line);
    this.local.put(line.id, since);
  }

  #perhapsThere(line) {
    return [...(this.unanswered.get(line.id) ?? [])].slice(-FEW);
  }

  #underWay(entries) {
    for (const entry of entries) {
      const known = this.unanswered.get(entry.line_id) ?? new Set();
      this.unanswered.set(entry.line_id, known.add(version(entry)));
    }
  }

  #plan(delay) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), delay);
  }

  #sendable() {
    const found = [];
    for (const [id, entry] of this.dirty) {
      if (this.disputed.has(id) || this.refused.has(entry)) continue;
      found.push({
        line_id: id,
        text: entry.text,
        verdict: entry.verdict,
        revision: this.lines.get(id)?.revision ?? entry.revision, // a line taken off the page keeps its text
      });
    }
    return found;
  }

  /** Which line the site cannot keep, and why; empty where it has them all. */
  #unkept() {
    for (const [id, entry] of this.dirty) {
      if (!this.refused.has(entry)) continue;
      const line = this.lines.get(id);
      const which = line ? `Line ${line.number}` : "A line that was taken off the page";
      return `${which} is not saved, only kept on this computer. ${this.refused.get(entry)}`;
    }
    return "";
  }

  async #send() {
    const sent = new Map(this.dirty);
    const entries = this.#sendable();
    this.#underWay(entries);
    const answer = await post(this.url, { user: this.user, entries });
    if (this.stopped) return;
    if (answer.kind === "ok") {
      this.retry = FIRST_RETRY;
      this.#take(sent, answer.data);
    } else if (answer.kind === "refused") {
      const other = answer.data?.code === "other_user";
      this.waitingSince = 0;
      this.tell(other ? "other-user" : "refused", answer.data?.message);
    } else {
      // Signed out or gone: kept here, and tried again by itself.
      this.tell(answer.kind === "offline" ? "unsaved" : "signed-out", answer.kind);
      this.waitingSince = 0;
      this.#plan(this.retry);
      this.retry = Math.min(this.retry * 2, LONGEST_RETRY);
    }
  }

  #take(sent, { revisions, conflicts, refused, saved_at: savedAt, gone }) {
    this.tell("gone", gone);
    for (const [id, revision] of Object.entries(revisions)) {
      const line = this.lines.get(Number(id));
      if (!line) continue;
      this.unanswered.delete(line.id);
      const entry = sent.get(line.id);
      if (entry && this.dirty.get(line.id) === entry) {
        this.dirty.delete(line.id);
        const stays = Date.now() - this.leftAt < LEAVING;
        if (stays) this.local.put(line.id, { ...entry, revision, saved: true });
        else this.local.drop(line.id, entry);
      }
      this.#follow(line, revision);
    }
    for (const theirs of conflicts) {
      const line = this.lines.get(theirs.line_id);
      if (line && !this.own(theirs)) this.dispute(line, theirs);
    }
    for (const [id, why] of Object.entries(refused)) {
      const entry = sent.get(Number(id));
      const line = this.lines.get(Number(id));
      this.refused.set(entry, why); // and is not sent again: what is typed next is another entry
      if (line && this.dirty.get(line.id) === entry) this.fault(line, why);
    }
    if (this.#sendable().length === 0) {
      this.waitingSince = 0;
      const unkept = this.#unkept();
      if (unkept) this.tell("refused", unkept);
      else if (this.disputed.size === 0) this.tell("saved", new Date(savedAt));
    } else {
      this.waitingSince = Date.now();
      this.#plan(PAUSE);
    }
  }
}

/** What a version of a line says, as one string. */
function version({ text, verdict }) {
  return `${verdict} ${text}`;
}
