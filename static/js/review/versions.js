// A line that two windows wrote: both versions below it, and a choice.

export class Versions {
  /** `chosen(line)` hears of each choice; `go(line)` brings a line into view. */
  constructor({ banners, saved, chosen, go }) {
    Object.assign(this, { banners, saved, chosen, go });
  }

  show(line, theirs, drafts) {
    line.element.querySelector(".both")?.remove();
    const box = document.createElement("div");
    box.className = "both";
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", `Two versions of line ${line.number}`);
    const words = document.createElement("p");
    const other = document.createElement("b");
    other.dir = "auto";
    other.textContent = describe(theirs);
    words.append("Another window of yours has: ", other);
    const settle = (choose) => () => {
      box.remove();
      choose();
      if (drafts.disputed.size === 0) {
        this.banners.hide("both");
        if (drafts.dirty.size === 0) this.saved.tell("saved", new Date());
      }
      this.chosen(line);
    };
    const mine = button("Keep what is in the field", settle(() => drafts.resolve(line, theirs.revision)));
    const take = button(
      "Take the other",
      settle(() => {
        line.checked = true;
        line.set(theirs.text, theirs.verdict);
        drafts.yield(line, theirs.revision);
      }),
    );
    box.append(words, mine, " ", take);
    line.element.append(box);
    this.saved.disputed();
    this.banners.show("both", `Line ${line.number} was changed in another window, too. Both versions are kept until you choose.`, {
      actions: [["Go to the line", () => this.go(line)]],
    });
  }
}

/** A version in words: its text, or why it has none. */
export function describe({ text, verdict }) {
  return { illegible: "(illegible)", not_text: "(not text)" }[verdict] ?? text;
}

function button(label, does) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button-small";
  made.textContent = label;
  made.addEventListener("click", does);
  return made;
}
