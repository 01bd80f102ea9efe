// What the person must know, above the panes: one banner for each matter, gone when it is settled.

export class Banners {
  constructor(root) {
    this.root = root;
    this.shown = new Map();
  }

  /** Show `text` under `name`, with links or buttons as [label, href or function]. */
  show(name, text, { level = "warning", actions = [] } = {}) {
    if (this.shown.get(name)?.dataset.text === text) return;
    this.hide(name);
    const banner = document.createElement("div");
    banner.className = `message message-${level}`;
    banner.dataset.text = text;
    const words = document.createElement("span");
    words.textContent = text;
    banner.append(words, ...actions.map(action));
    this.shown.set(name, banner);
    this.root.append(banner);
  }

  hide(name) {
    this.shown.get(name)?.remove();
    this.shown.delete(name);
  }
}

function action([label, does]) {
  const made = document.createElement(typeof does === "string" ? "a" : "button");
  made.className = "button button-small";
  made.textContent = label;
  if (typeof does === "string") {
    made.href = does;
    made.target = "_blank";
  } else {
    made.type = "button";
    made.addEventListener("click", does);
  }
  return made;
}
