// Deciding between two readings: by keyboard, each choice kept as it is made.

import { Banners } from "../banners.js";
import { csrfToken } from "../http.js";
import { onSignedIn } from "../session.js";
import { decideKey } from "./decide-keys.js";
import { DecideLine } from "./decide-line.js";
import { Drafts } from "./drafts.js";
import { clearFault, showFault } from "./faults.js";
import { hold } from "./hold.js";
import { Lease } from "./lease.js";
import { restore } from "./merge.js";
import { Saved } from "./saved.js";
import { SignIn } from "./sign-in.js";
import { LocalDrafts } from "./store.js";

const SMALLEST = 16; // pixels; longer texts go on in the next row
const LARGEST = 40;

const form = document.getElementById("decide");
const order = [...form.querySelectorAll("[data-line]")].map((element) => new DecideLine(element));
const lines = new Map(order.map((line) => [line.id, line]));
const decide = form.querySelector(".button-primary");
const banners = new Banners(document.getElementById("banners"));
const local = new LocalDrafts(Number(form.dataset.user), Number(form.dataset.task));
const { signal } = new AbortController(); // the page lives as long as its document
const signIn = new SignIn({ dialog: document.getElementById("sign-in"), signal });
const saved = new Saved({ word: document.getElementById("saved"), banners, local, signIn });
let state = "saved";
let sending = false;

const drafts = new Drafts({
  url: form.dataset.drafts,
  user: Number(form.dataset.user),
  lines,
  local,
  tell: (told, detail) => {
    if (told === "gone") {
      if (detail) lost(detail);
      else banners.hide("lease");
      return;
    }
    state = told;
    saved.tell(told, detail);
  },
  conflict: showBoth,
  fault: showFault,
});
const lease = new Lease({
  form,
  user: Number(form.dataset.user),
  seconds: 0,
  lost,
  back: () => banners.hide("lease"),
  signedOut: () => saved.signedOut(),
  otherUser: (message) => saved.otherUser(message),
  signedIn: () => saved.signedIn(),
  signal,
});
onSignedIn(() => {
  drafts.flush();
  lease.beat();
});

function lost(message) {
  banners.show("lease", `${message} You can go on, and decide: if somebody else has, both versions are shown.`);
}

// --- Choosing -----------------------------------------------------------------------------------------

const lineOf = (target) => lines.get(Number(target.closest?.("[data-line]")?.dataset.line));

form.addEventListener("input", (event) => {
  const line = lineOf(event.target);
  if (!line) return;
  if (event.target === line.field) line.picked = "other";
  touched(line);
});

document.addEventListener("keydown", (event) => {
  const asked = sending || document.querySelector("dialog[open]") ? null : decideKey(event);
  if (!asked) return;
  const here = lineOf(event.target);
  event.preventDefault();
  if (asked === "decide") form.requestSubmit(decide);
  else if (asked === "leave") here?.focus();
  else if (asked === "next" || asked === "back") go(here, asked === "next" ? 1 : -1);
  else choose(here ?? order[0], asked);
});

function choose(line, value) {
  if (!line) return;
  line.picked = value;
  line.focus(value === "other");
  if (value === "other") line.field.select();
  touched(line);
}

function touched(line) {
  clearFault(line);
  drafts.touch(line);
}

function go(line, step) {
  const place = line ? order.indexOf(line) + step : 0;
  if (place >= order.length) decide.focus();
  else order[Math.max(place, 0)]?.focus();
}

/** Another window of the same person has chosen something else: theirs to say which holds. */
function showBoth(line, theirs) {
  line.element.querySelector(".both")?.remove();
  const box = document.createElement("div");
  box.className = "both";
  const said = document.createElement("p");
  const labels = { illegible: "Illegible", not_text: "Not text" };
  said.textContent = `In another window you chose: ${labels[theirs.verdict] ?? theirs.text}`;
  box.append(said, ...[
    ["Keep what stands here", () => drafts.resolve(line, theirs.revision)],
    ["Take the other", () => {
      line.set(theirs.text, theirs.verdict);
      drafts.yield(line, theirs.revision);
      saved.tell("saved", new Date());
    }],
  ].map(([label, does]) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "button button-small", textContent: label });
    button.addEventListener("click", () => {
      box.remove();
      does();
      line.focus();
    });
    return button;
  }));
  line.element.append(box);
  saved.disputed();
}

// --- Sending ------------------------------------------------------------------------------------------

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  sending = true;
  const parts = order.map((line) => line.element);
  const release = hold(parts, { banners, name: "kept", text: "Being sent …" });
  const answers = (await lease.beat()) !== "offline";
  const here = answers && (!lease.out || (await signIn.ask()));
  await drafts.flush();
  const kept = drafts.dirty.size === 0 || drafts.disputed.size > 0 || state === "refused";
  if (!here || !kept) {
    release();
    sending = false;
    banners.show("kept", "Not sent: what you chose is kept on this computer. Try again in a moment.", { level: "error" });
    return;
  }
  const { submitter } = event;
  const revisions = order.filter((line) => line.revision).map((line) => `${line.id}:${line.revision}`);
  form.elements.revisions.value = revisions.join(" ");
  form.elements.csrfmiddlewaretoken.value = csrfToken(); // signing in again has changed it
  if (submitter?.name) {
    const named = document.createElement("input");
    Object.assign(named, { type: "hidden", name: submitter.name, value: submitter.value });
    form.append(named);
  }
  form.submit();
});

window.addEventListener("beforeunload", () => drafts.leaving());
window.addEventListener("pagehide", () => {
  if (sending) return;
  drafts.part();
  lease.leave();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload(); // the server knows better what became of the page
});

// --- On opening ---------------------------------------------------------------------------------------

const brush = document.createElement("canvas").getContext("2d");

/** Let the longest reading be as wide as the crop above it. */
function fit(line, width) {
  const texts = [...line.element.querySelectorAll("span.decide-text")];
  if (texts.length === 0 || width === 0) return;
  brush.font = `${SMALLEST}px ${getComputedStyle(texts[0]).fontFamily}`;
  const longest = Math.max(1, ...texts.map((text) => brush.measureText(text.textContent).width));
  const size = Math.min(Math.max((SMALLEST * width) / longest, SMALLEST), LARGEST);
  line.element.style.setProperty("--size", `${size.toFixed(1)}px`);
}

const sizes = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) fit(lineOf(target), contentRect.width);
});
for (const line of order) sizes.observe(line.element.querySelector(".decide-crop"));

restore(lines, local, drafts, (line) => drafts.touch(line));
for (const hidden of form.querySelectorAll(".needs-script")) hidden.hidden = false;
(order.find((line) => line.element.querySelector(".fault")) ?? order.find((line) => line.open) ?? order[0])?.focus();
document.documentElement.dataset.ready = "";
