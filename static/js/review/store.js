// The browser's own store: what is typed goes here first, at once.

const PREFIX = "ocr-review";

export class LocalDrafts {
  /** Drafts of one user on one task. Each window writes under its own name, so none overwrites another's. */
  constructor(user, task) {
    this.base = `${PREFIX}:draft:${user}:${task}:`;
    this.window = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
    this.broken = false;
  }

  put(line, entry) {
    try {
      localStorage.setItem(this.#key(line), JSON.stringify(entry));
      this.broken = false;
    } catch {
      this.broken = true; // full, or switched off: the screen says so
    }
  }

  /** Forget this window's entry of a line, and every other window's that says the same. */
  drop(line, entry) {
    for (const found of this.#entries()) {
      const same = found.text === entry.text && found.verdict === entry.verdict;
      if (found.line === line && (same || found.key === this.#key(line))) remove(found.key);
    }
  }

  /**
   * What windows left behind, newest first: [{key, line, text, verdict, revision, at, sent, saved}], where
   * `saved` says that the site has it, with that revision.
   */
  left() {
    return this.#entries().sort((a, b) => b.at - a.at);
  }

  /** Another window's entry is this one's, which has just put down its own of it. */
  take(entry) {
    if (!this.broken) settled(entry);
  }

  /**
   * The page is submitted: forget this window's entries, and those that say what was submitted.
   * `said(line)` is that. Another window's own version stays until the site has it.
   */
  finish(said) {
    for (const entry of this.#entries()) {
      const now = said(entry.line);
      const same = now && now.text === entry.text;
      if (same || entry.key === this.#key(entry.line)) remove(entry.key);
    }
  }

  #key(line) {
    return `${this.base}${line}:${this.window}`;
  }

  #entries() {
    const found = [];
    try {
      for (let index = 0; index < localStorage.length; index += 1) {
        const key = localStorage.key(index);
        if (!key.startsWith(this.base)) continue;
        const line = Number(key.slice(this.base.length).split(":")[0]);
        found.push({ key, line, ...JSON.parse(localStorage.getItem(key)) });
      }
    } catch {
      this.broken = true;
    }
    return found;
  }
}

/** What windows left of a user's pages but `except`, as [{key, task, line, text, verdict, revision, at}]. */
export function leftOf(user, except) {
  const start = `${PREFIX}:draft:${user}:`;
  const found = [];
  try {
    for (const [key, value] of Object.entries(localStorage)) {
      if (!key.startsWith(start)) continue;
      const [task, line] = key.slice(start.length).split(":").map(Number);
      if (task !== except) found.push({ key, task, line, ...JSON.parse(value) });
    }
  } catch {
    return []; // switched off, or not ours
  }
  return found.sort((a, b) => b.at - a.at);
}

/** The site has it now. */
export function settled(entry) {
  const now = localStorage.getItem(entry.key);
  if (now && JSON.parse(now).at === entry.at) remove(entry.key);
}

function remove(key) {
  localStorage.removeItem(key);
}

/** A setting of this browser, such as the zoom. */
export function recall(name, fallback) {
  try {
    return JSON.parse(localStorage.getItem(`${PREFIX}:${name}`)) ?? fallback;
  } catch {
    return fallback;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(`${PREFIX}:${name}`, JSON.stringify(value));
  } catch {
    // A setting that is not kept costs a click, no text.
  }
}
