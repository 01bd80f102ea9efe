// What the person must know, above the panes: one banner for each matter, gone when it is settled.

export class Banners {
  constructor(root) {
    this.root = root;
    this.shown = new Map();
    this.pressed = null; // the banner that went while the focus was on its button
  }

  /**
   * Show `text` under `name`, with links or buttons as [label, href or function]. Whoever pressed a
   * button of the last one of that name, and is nowhere since, is at the first button of this one.
   */
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
    if (this.pressed !== name || actions.length === 0) return;
    this.pressed = null;
    if (document.activeElement === document.body) banner.querySelector(".button").focus();
  }

  hide(name) {
    const banner = this.shown.get(name);
    if (banner?.contains(document.activeElement)) {
      this.pressed = name;
      document.addEventListener("focusin", () => (this.pressed = null), { once: true });
    }
    banner?.remove();
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
