// On opening: what this browser kept and the server does not have is put back.

import { checkedBy } from "./lines.js";

/**
 * Put local entries over what the server sent; `touch(line)` notes each as a change. A line that another
 * window has written on the server since is in dispute, with mine in the field. What is put back is this
 * window's from then on: what is typed over it must not meet it again. Returns how many lines it was.
 */
export function restore(lines, local, drafts, touch) {
  const seen = new Set();
  let restored = 0;
  for (const entry of local.left()) {
    const line = lines.get(entry.line);
    if (!line) continue;
    const same = line.text === entry.text && line.verdict === entry.verdict;
    const drawnSince = entry.saved && line.revision >= entry.revision;
    if (same || drawnSince) {
      local.drop(line.id, entry);
      continue;
    }
    if (seen.has(line.id)) continue; // an older window's: it stays in the store, and nothing is lost
    seen.add(line.id);
    restored += 1;
    const theirs = { line_id: line.id, text: line.text, verdict: line.verdict, revision: line.revision };
    line.checked = checkedBy(entry.verdict);
    line.set(entry.text, entry.verdict);
    line.revision = Math.max(line.revision, entry.revision); // the page may have been drawn before that
    drafts.inherit(line, entry);
    touch(line);
    local.take(entry);
    if (theirs.revision > entry.revision && !drafts.own(theirs)) drafts.dispute(line, theirs);
  }
  return restored;
}
