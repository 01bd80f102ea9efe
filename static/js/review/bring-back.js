// On opening: what was typed before is put back, and every other version of it shown beside.

import { restore } from "./merge.js";
import { offerRefused } from "./refused.js";

/** `conflicts` and `refused` as the server tells them; `touched(line)` notes a change, `go` goes there. */
export function bringBack({ lines, local, drafts, conflicts, refused, touched, go, announce }) {
  const restored = restore(lines, local, drafts, touched);
  if (restored) announce(`${restored} lines were brought back from this computer.`);
  for (const theirs of conflicts) {
    const line = lines.get(theirs.line_id);
    drafts.touch(line);
    drafts.dispute(line, theirs);
  }
  offerRefused(refused, {
    lines,
    take: (line, { text, verdict }) => {
      line.checked = true;
      line.set(text, verdict);
      touched(line);
      go(line, { weak: false });
    },
  });
}
