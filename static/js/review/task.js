// The review screen: everything by keyboard, nothing typed ever lost.

import { Banners } from "./banners.js";
import { Crops } from "./crops.js";
import { bindDialogs, openDialog, sendPlain } from "./dialogs.js";
import { movableDivider } from "./divider.js";
import { Drafts } from "./drafts.js";
import { csrfToken, post } from "./http.js";
import { actionOf } from "./keys.js";
import { Lease } from "./lease.js";
import { Line } from "./lines.js";
import { Marks } from "./marks.js";
import { restore } from "./merge.js";
import { LocalDrafts, recall, remember } from "./store.js";
import { Viewer } from "./viewer.js";

const find = (id) => document.getElementById(id);
const form = find("page-form");
const pane = find("pane");
const list = find("lines");
const data = JSON.parse(find("screen-data").textContent);
const lines = new Map(data.lines.map((fields, index) => [fields[0], new Line(fields, index + 1)]));
const order = [...lines.values()];
const banners = new Banners(find("banners"));
const local = new LocalDrafts(data.user, data.task);
let current = null;
let submitting = false;
let composing = false;

function announce(text) {
  find("announce").textContent = text;
}

// --- Saving -----------------------------------------------------------------------------------------

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

function tellSaved(state, detail) {
  const saved = find("saved");
  saved.classList.toggle("unsaved", state !== "saved" && (state !== "unsaved" || Boolean(detail)));
  if (state === "saved") {
    saved.textContent = `saved ${clock.format(detail)}`;
    for (const name of ["signed-out", "offline", "other-user", "refused"]) banners.hide(name);
    return;
  }
  if (state === "unsaved" && !detail) {
    saved.textContent = "saving …";
  } else {
    saved.textContent = "not saved yet – kept on this computer";
  }
  if (local.broken) {
    banners.show("store", "This browser's store is full or switched off: what you type is only kept once it says “saved”.");
  }
  if (state === "signed-out") askToSignIn();
  if (state === "unsaved" && detail) {
    banners.show("offline", "The site does not answer. What you type is kept on this computer and sent when it does.");
  }
  if (state === "other-user") {
    banners.show("other-user", `${detail} Sign in again under that name; what you typed is kept on this computer.`, {
      actions: [["Sign in", form.dataset.signIn]],
    });
  }
  if (state === "refused") {
    banners.show("refused", detail ?? "The site refuses to save this page. What you typed is kept on this computer.");
  }
}

function askToSignIn() {
  banners.show("signed-out", "You are signed out. What you typed is kept on this computer and saved once you are back.", {
    actions: [["Sign in again", form.dataset.signIn]],
  });
}

const drafts = new Drafts({
  url: form.dataset.drafts,
  user: data.user,
  lines,
  local,
  tell: tellSaved,
  conflict: showBoth,
});

function touched(line) {
  line.follow();
  line.paint();
  marks.paint(line);
  line.element.classList.add("touched");
  clearFault(line);
  drafts.touch(line);
  count();
}

/** A line that two windows wrote: both versions, and a choice. */
function showBoth(line, theirs) {
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
  const mine = button("Keep what is in the field", () => {
    box.remove();
    drafts.resolve(line, theirs.revision);
    settled();
  });
  const take = button("Take the other", () => {
    box.remove();
    line.checked = true;
    line.set(theirs.text, theirs.verdict);
    marks.paint(line);
    drafts.yield(line, theirs.revision);
    settled();
  });
  box.append(words, mine, " ", take);
  line.element.append(box);
  find("saved").textContent = "two versions – choose";
  find("saved").classList.add("unsaved");
  banners.show("both", `Line ${line.number} was changed in another window, too. Both versions are kept until you choose.`, {
    actions: [["Go to the line", () => focusLine(line)]],
  });

  function settled() {
    if (drafts.disputed.size === 0) {
      banners.hide("both");
      if (drafts.dirty.size === 0) tellSaved("saved", new Date());
    }
    count();
    focusLine(line);
  }
}

function describe({ text, verdict }) {
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

// --- The line worked on -------------------------------------------------------------------------------

const marks = new Marks({ pane, list: find("alternatives"), announce });
const viewer = new Viewer({
  pane: find("viewer"),
  stage: find("stage"),
  picked: (id) => focusLine(lines.get(id)),
  zoomed: (zoom) => {
    find("zoom-value").textContent = `${Math.round(zoom * 100)} %`;
  },
});
const crops = new Crops({
  image: find("page-image"),
  root: pane,
  spansOf: (id) => lines.get(id).spans,
  fieldOf: (id) => lines.get(id).input,
});

function select(line) {
  if (line === current) return;
  current?.element.classList.remove("here");
  current = line;
  line.element.classList.add("here");
  marks.paint(line);
  viewer.show(line.outline);
}

function focusLine(line, { weak = true } = {}) {
  if (!line) return;
  line.element.scrollIntoView({ block: "nearest" });
  line.input.focus({ preventScroll: true });
  select(line);
  if (weak) marks.toFirst(line);
}

const toCheck = (line) => line.weak && !line.checked;

function confirm(line) {
  if (line.empty) {
    showFault(line, "Type what the line says, or mark it illegible (Alt+I) or not text (Alt+N).");
    return;
  }
  if (!line.checked) {
    line.checked = true;
    touched(line);
  }
  const place = order.indexOf(line);
  const next = order.slice(place + 1).find(toCheck) ?? order.slice(0, place).find(toCheck);
  if (next) focusLine(next);
  else {
    marks.hide();
    find("submit").focus();
    announce("All lines are checked. Enter submits.");
  }
}

function back() {
  const place = current ? order.indexOf(current) : order.length;
  const from = document.activeElement === find("submit") ? order.length : place;
  focusLine(order.slice(0, from).findLast((line) => line.weak) ?? order[Math.max(0, from - 1)]);
}

function toggle(line, verdict) {
  line.select.value = line.select.value === verdict ? "corrected" : verdict;
  line.checked = true;
  touched(line);
  announce(line.withoutText ? `Line ${line.number}: ${describe(line)}` : `Line ${line.number}: text`);
}

function reset(line) {
  line.select.value = "corrected";
  line.checked = false;
  line.paint();
  line.input.select();
  if (line.read) document.execCommand("insertText", false, line.read);
  else document.execCommand("delete");
  touched(line);
  marks.toFirst(line);
}

function count() {
  const left = order.filter(toCheck).length;
  const badge = find("left");
  badge.textContent = left ? `${left} of ${order.length} lines to check` : `All ${order.length} lines checked`;
  badge.classList.toggle("badge-warn", left > 0);
  badge.classList.toggle("badge-ok", left === 0);
}

// --- Submitting ---------------------------------------------------------------------------------------

function showFault(line, text) {
  clearFault(line);
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.id = `e${line.id}`;
  fault.textContent = text;
  line.element.append(fault);
  line.input.setAttribute("aria-invalid", "true");
  line.input.setAttribute("aria-describedby", fault.id);
}

function clearFault(line) {
  line.element.querySelector(".fault")?.remove();
  line.input.removeAttribute("aria-invalid");
  line.input.removeAttribute("aria-describedby");
}

function fillIn() {
  form.elements.seconds.value = lease.seconds.toFixed(1);
  form.elements.revisions.value = order
    .filter((line) => line.revision)
    .map((line) => `${line.id}:${line.revision}`)
    .join(" ");
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrfToken();
}

async function submit() {
  if (submitting) return;
  const empty = order.filter((line) => line.empty);
  for (const line of empty) showFault(line, "Type what the line says, or mark it illegible (Alt+I) or not text (Alt+N).");
  if (empty.length) {
    focusLine(empty[0]);
    announce(`${empty.length} lines are empty.`);
    return;
  }
  const disputed = order.find((line) => drafts.disputed.has(line.id));
  if (disputed) {
    focusLine(disputed);
    disputed.element.querySelector(".both button")?.focus();
    return;
  }
  submitting = true;
  for (const each of document.querySelectorAll("#submit, .lines-end button")) each.setAttribute("aria-disabled", "true");
  try {
    await drafts.settle();
    fillIn();
    await sendPage(await post(form.action, new URLSearchParams(new FormData(form))));
  } finally {
    submitting = false;
    for (const each of document.querySelectorAll("#submit, .lines-end button")) each.removeAttribute("aria-disabled");
  }
}

async function sendPage(answer) {
  banners.hide("submit");
  if (answer.kind === "ok") {
    drafts.finish();
    location.assign(answer.data.next);
    return;
  }
  if (answer.kind === "refused" && answer.status === 409) {
    drafts.stopped = true;
    sendPlain(form); // the answer is the page with both versions
    return;
  }
  if (answer.kind === "refused" && answer.data?.lines) {
    for (const [id, fault] of Object.entries(answer.data.lines)) showFault(lines.get(Number(id)), fault);
    focusLine(lines.get(Number(Object.keys(answer.data.lines)[0])));
  } else if (answer.kind === "refused" && answer.data?.conflicts) {
    for (const theirs of answer.data.conflicts) drafts.dispute(lines.get(theirs.line_id), theirs);
    return;
  } else if (answer.kind === "signed-out" || answer.kind === "forbidden") {
    tellSaved("signed-out", answer.kind);
  }
  const why = { offline: "the site does not answer", "signed-out": "you are signed out", forbidden: "you have signed in again since; try once more" };
  banners.show("submit", `Not submitted: ${why[answer.kind] ?? answer.data?.message ?? "the site refused it"}. Everything is kept.`, {
    level: "error",
    actions: [["Submit again", submit]],
  });
  drafts.flush();
}

const lease = new Lease({
  url: form.dataset.heartbeat,
  token: form.elements.token.value,
  expires: Number(form.dataset.expires),
  seconds: Number(form.elements.seconds.value) || 0,
  lost: (message) => banners.show("lease", `${message} You can go on typing, and submit: if the page is somebody else's, both versions are shown.`),
  back: () => banners.hide("lease"),
});

// --- Events, one listener for all lines ------------------------------------------------------------------

const lineOf = (target) => lines.get(Number(target.closest?.("[data-line]")?.dataset.line));

list.addEventListener("focusin", (event) => {
  const line = lineOf(event.target);
  if (!line) return;
  select(line);
  if (event.target === line.input) queueMicrotask(() => marks.offer(line));
});
list.addEventListener("focusout", (event) => {
  if (!event.relatedTarget?.classList?.contains("text")) marks.hide();
});
list.addEventListener("input", (event) => {
  const line = lineOf(event.target);
  if (!line || event.target !== line.input) return;
  line.follow();
  marks.paint(line);
  touched(line);
  if (!composing) marks.offer(line);
});
list.addEventListener("change", (event) => {
  const line = lineOf(event.target);
  if (!line || event.target !== line.select) return;
  line.checked = true;
  touched(line);
});
list.addEventListener("compositionstart", () => {
  composing = true;
  marks.hide();
});
list.addEventListener("compositionend", () => {
  composing = false;
});
document.addEventListener("selectionchange", () => {
  if (!composing && current && document.activeElement === current.input) marks.offer(current);
});
list.addEventListener("click", (event) => {
  const line = lineOf(event.target);
  if (line && event.target.closest(".crop")) focusLine(line);
});

const actions = {
  submit,
  back,
  keys: () => openDialog("keys"),
  skip: () => openDialog("skip"),
  flag: () => openDialog("flag"),
  confirm: () => confirm(current),
  illegible: () => current && toggle(current, "illegible"),
  not_text: () => current && toggle(current, "not_text"),
  reset: () => current && reset(current),
  "take-1": () => current && marks.take(current, 1),
  "take-2": () => current && marks.take(current, 2),
  "take-3": () => current && marks.take(current, 3),
  larger: () => viewer.by(1),
  smaller: () => viewer.by(-1),
  fit: () => viewer.fit(),
  "zoom-line": () => viewer.toLine(),
};

document.addEventListener("keydown", (event) => {
  if (composing || document.querySelector("dialog[open]")) return;
  const field = event.target.closest?.("input, select, textarea");
  const inText = field?.classList.contains("text") ?? false;
  if (event.key === "Enter" && event.shiftKey && event.target.id === "submit") {
    event.preventDefault();
    back();
    return;
  }
  const action = actionOf(event, Boolean(field));
  if (!action || ((action === "confirm" || action === "back") && !inText)) return;
  event.preventDefault();
  actions[action]();
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});
find("zoom").addEventListener("mousedown", (event) => event.preventDefault());
find("zoom").addEventListener("click", (event) => {
  const step = event.target.closest("[data-zoom]")?.dataset.zoom;
  if (step === "in") viewer.by(1);
  if (step === "out") viewer.by(-1);
  if (step === "fit") viewer.fit();
  if (step === "line") viewer.toLine();
});
bindDialogs(async () => {
  fillIn();
  await drafts.flush();
});

const monospace = find("monospace");
const useMonospace = (on) => {
  document.body.classList.toggle("monospace", on);
  crops.redraw();
};
monospace.addEventListener("change", () => {
  remember("monospace", monospace.checked);
  useMonospace(monospace.checked);
});

window.addEventListener("pagehide", () => drafts.part());
window.addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});
window.addEventListener("online", () => drafts.flush());
document.addEventListener("visibilitychange", () => {
  if (!drafts.stopped) drafts.flush();
});
new BroadcastChannel("ocr-review").addEventListener("message", () => drafts.flush());

// --- Opening ------------------------------------------------------------------------------------------

for (const line of order) {
  line.select.tabIndex = -1; // Tab goes from text to text; Alt+I and Alt+N set the verdict
  line.paint();
}
find("zoom").hidden = false;
movableDivider(find("divider"));
monospace.checked = recall("monospace", false) === true;
useMonospace(monospace.checked);
const restored = restore(lines, local, {
  touch: touched,
  dispute: (line, theirs) => drafts.dispute(line, theirs),
});
if (restored) announce(`${restored} lines were brought back from this computer.`);
for (const theirs of data.conflicts) {
  const line = lines.get(theirs.line_id);
  drafts.touch(line);
  drafts.dispute(line, theirs);
}
count();
const painter = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      if (!isIntersecting) continue;
      marks.paint(lineOf(target));
      painter.unobserve(target);
    }
  },
  { root: pane, rootMargin: "600px 0px" },
);
for (const line of order) painter.observe(line.element);
focusLine(order.find((line) => line.element.querySelector(".fault")) ?? order.find(toCheck) ?? order.find((line) => line.weak) ?? order[0]);
crops.watch(order.map((line) => line.element)).then(() => viewer.show(current?.outline));
document.documentElement.dataset.ready = "yes";
