// On opening: what this browser kept and the server does not have is put back.

import { checkedBy } from "./lines.js";

/**
 * Put local entries over what the server sent. A line that another window has written on the server
 * since is in dispute: `dispute(line, theirs)` hears of it, with mine in the field. What is put back may
 * have been sent by a page that went away before it heard of that: `sent(entries)` hears of it.
 * Returns how many lines were brought back.
 */
export function restore(lines, local, { touch, dispute, sent }) {
  const seen = new Set();
  let restored = 0;
  for (const entry of local.left()) {
    const line = lines.get(entry.line);
    if (!line) continue;
    const same = line.text === entry.text && line.verdict === entry.verdict;
    if (same) {
      local.drop(line.id, entry);
      continue;
    }
    if (seen.has(line.id)) continue; // an older window's: it stays in the store, and nothing is lost
    seen.add(line.id);
    restored += 1;
    const theirs = { text: line.text, verdict: line.verdict, revision: line.revision };
    line.checked = checkedBy(entry.verdict);
    line.set(entry.text, entry.verdict);
    sent([{ line_id: line.id, text: entry.text, verdict: entry.verdict }]);
    touch(line);
    if (theirs.revision > entry.revision) dispute(line, theirs);
  }
  return restored;
}
