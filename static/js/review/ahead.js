// The next page is held ready, and fetched with its image, while this one is worked on.

import { post } from "../http.js";

const SOON = 400; // milliseconds after this page is ready: its own crops come first
const FEW = 60_000; // milliseconds until the queue is asked again where it had nothing more
const PATIENCE = 300; // milliseconds that a page under way is waited for: to load it takes as long

export class Ahead {
  /** `form` is that of the page worked on, whose end `signal` is. */
  constructor({ form, signal }) {
    Object.assign(this, { form, signal });
    this.token = null; // of the lease under which the next page is held
    this.task = null;
    this.page = null; // that page as {title, body, image}
    this.underWay = null;
    this.outdated = new Set(); // tasks
    this.#later(SOON);
  }

  /** Something was saved of a task: if it is this page's, it may have been drawn before. */
  outdate(task) {
    this.outdated.add(task);
  }

  /**
   * The page made ready as {title, body, image}, if it is held under the lease of `token` still; else
   * null: it may have been given back meanwhile, and taken anew.
   */
  async ready(token) {
    await Promise.race([this.underWay, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    return this.token === token && !this.outdated.has(this.task) ? this.page : null;
  }

  #later(delay) {
    const timer = setTimeout(() => this.#whenSeen(), delay);
    this.signal.addEventListener("abort", () => clearTimeout(timer));
  }

  /** Nothing is kept from others for a window that nobody looks at. */
  #whenSeen() {
    if (document.visibilityState === "visible") this.underWay = this.#fetch();
    else document.addEventListener("visibilitychange", () => this.#whenSeen(), { once: true, signal: this.signal });
  }

  async #fetch() {
    const { kind, data } = await post(this.form.dataset.ahead, new URLSearchParams());
    if (kind !== "ok" || this.signal.aborted) return;
    if (!data.page) {
      this.#later(FEW);
      return;
    }
    const page = new DOMParser().parseFromString(data.html, "text/html");
    if (scriptsOf(page) !== SCRIPTS) return; // the site was renewed meanwhile: it is to be loaded whole
    for (const each of page.querySelectorAll("noscript")) each.remove(); // nobody reads it as text there
    const image = page.getElementById("page-image");
    if (image) document.adoptNode(image).decode().catch(() => {}); // fetched from here on
    this.page = { title: page.title, body: page.body, image };
    this.token = page.getElementById("page-form").elements.token.value;
    this.task = JSON.parse(page.getElementById("screen-data").textContent).task;
  }
}

function scriptsOf(page) {
  return Array.from(page.querySelectorAll("script[src]"), (script) => script.getAttribute("src")).join();
}

const SCRIPTS = scriptsOf(document);
