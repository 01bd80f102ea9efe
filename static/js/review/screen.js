// One page on the review screen: everything by keyboard, nothing typed ever lost.

import { Banners } from "../banners.js";
import { ask, post } from "../http.js";
import { About } from "./about.js";
import { bindActions } from "./actions.js";
import { foldTools } from "./bar.js";
import { BoxActions } from "./box-actions.js";
import { bringBack } from "./bring-back.js";
import { followWindow } from "./coming-going.js";
import { Crops } from "./crops.js";
import { bindDialogs, openDialog } from "./dialogs.js";
import { movableDivider } from "./divider.js";
import { Drafts } from "./drafts.js";
import { Edits } from "./edits.js";
import { clearFault, showFault } from "./faults.js";
import { reveal } from "./fit.js";
import { held } from "./held.js";
import { History } from "./history.js";
import { Judging } from "./judging.js";
import { choosable } from "./key-choice.js";
import { Keys } from "./keys.js";
import { Lease } from "./lease.js";
import { Line } from "./lines.js";
import { Marks } from "./marks.js";
import { monospaced } from "./monospace.js";
import { whenNear } from "./near.js";
import { Saved } from "./saved.js";
import { Shapes } from "./shapes.js";
import { SignIn } from "./sign-in.js";
import { LocalDrafts } from "./store.js";
import { Submit } from "./submit.js";
import { turning } from "./turn.js";
import { Typing } from "./typing.js";
import { Verify } from "./verify.js";
import { Versions } from "./versions.js";
import { Viewer } from "./viewer.js";

const find = (id) => document.getElementById(id);

/**
 * Bring the page that stands in the document to life. `signal` ends it: nothing of it listens, asks
 * or counts any more; `submitted(answer)` hears that it is done. Returns `announce`, which speaks.
 */
export function openScreen({ signal, submitted }) {
  const form = find("page-form");
  const pane = find("pane");
  const list = find("lines");
  const data = JSON.parse(find("screen-data").textContent);
  const around = JSON.parse(find("around-data").textContent);
  const page = { width: data.width, height: data.height };
  const keys = new Keys(around.keys);
  const lines = new Map(data.lines.map((fields, index) => [fields[0], new Line(fields, index + 1)]));
  const order = [...lines.values()];
  const banners = new Banners(find("banners"));
  const local = new LocalDrafts(data.user, data.task);
  let current = null;

  function announce(text) {
    find("announce").textContent = text;
  }

  // --- Saving -----------------------------------------------------------------------------------------

  const signIn = new SignIn({ dialog: find("sign-in"), signal });
  const saved = new Saved({ word: find("saved"), banners, local, signIn });
  const versions = new Versions({
    banners,
    saved,
    chosen: (line) => {
      marks.paint(line);
      judging.count();
      focusLine(line);
    },
    go: (line) => focusLine(line),
  });
  const drafts = new Drafts({
    url: form.dataset.drafts,
    user: data.user,
    lines,
    local,
    tell: (state, detail) => saved.tell(state, detail),
    conflict: (line, theirs) => versions.show(line, theirs, drafts),
    fault: showFault,
  });

  function touched(line, kind = "") {
    const before = { ...line.snap, start: line.caret?.[0], end: line.caret?.[1] };
    line.snap = line.state();
    history.note(line.id, before, { ...line.snap, start: line.input.selectionStart, end: line.input.selectionEnd }, kind);
    line.follow();
    line.paint();
    marks.paint(line);
    line.element.classList.add("touched");
    clearFault(line);
    drafts.touch(line);
    judging.count();
  }

  // --- The line worked on -------------------------------------------------------------------------------

  const marks = new Marks({ pane, list: find("alternatives"), announce });
  const viewer = new Viewer({
    pane: find("viewer"),
    stage: find("stage"),
    sheet: find("sheet"),
    page,
    picked: (id) => focusLine(lines.get(id)),
    zoomed: (zoom) => {
      find("zoom-value").textContent = `${Math.round(zoom * 100)} %`;
    },
    signal,
  });
  const crops = new Crops({
    image: find("page-image"),
    root: pane,
    lineOf: (id) => lines.get(id),
    fitted: (line) => marks.fitted(line),
    signal,
  });

  /** `still` does not move: what is under the pointer must not slip away between press and release. */
  function select(line, still = line.element) {
    if (line === current) return;
    held(pane, still, () => {
      current?.element.classList.remove("here");
      line.element.classList.add("here");
    });
    current = line;
    marks.paint(line);
    viewer.show(line.outline);
  }

  function focusLine(line, { weak = true } = {}) {
    if (!line) return;
    select(line); // first, for it makes room for what is offered
    line.element.scrollIntoView({ block: "nearest" });
    line.input.focus({ preventScroll: true });
    if (weak) marks.toFirst(line);
  }

  // --- Boxes, and undo over all ---------------------------------------------------------------------------

  const say = (text) => {
    announce(text);
    banners.show("boxes", text, { actions: [["Close", () => banners.hide("boxes")]] });
  };
  const edits = new Edits({
    form,
    list,
    outlines: find("outlines"),
    lines,
    order,
    drafts,
    make: (fields, number) => {
      const line = new Line(fields, number);
      lines.set(line.id, line);
      line.paint();
      return line;
    },
    placed: (line) => {
      crops.add(line.element);
      painter.observe(line.element);
    },
    gone: (line) => {
      crops.drop(line.element);
      if (current === line) current = null;
    },
    learnt: (line) => {
      marks.paint(line);
      crops.redraw();
      judging.count();
      if (document.activeElement === line.input) marks.toFirst(line);
      announce(`Line ${line.number} reads: ${line.text}`);
    },
    changed: () => {
      banners.hide("boxes");
      judging.count();
      crops.redraw();
    },
    say,
    signedOut: () => saved.signedOut(),
  });
  const shapes = new Shapes({
    pane: find("viewer"),
    svg: find("outlines"),
    catcher: find("shape-keys"),
    bar: find("shape-bar"),
    ...page,
    done: (polygon) => boxes.drawn(polygon),
    ended: () => current && focusLine(current, { weak: false }),
    announce,
    signal,
  });
  const history = new History({
    restore: (id, state) => {
      const line = lines.get(id);
      if (!line) return false;
      line.input.value = state.text;
      line.select.value = state.verdict;
      line.checked = state.checked;
      line.snap = line.state(); // not a change to undo in its turn
      touched(line);
      focusLine(line, { weak: false });
      line.input.setSelectionRange(state.start ?? state.text.length, state.end ?? state.text.length);
      reveal(line.input);
      return true;
    },
    revert: (edit) => boxes.revert(edit),
    announce,
  });
  const boxes = new BoxActions({
    edits,
    shapes,
    history,
    order,
    page,
    current: () => current,
    go: (line) => focusLine(line),
    announce,
    say,
  });

  const about = new About({
    form,
    pane,
    order,
    page,
    characters: around.palette,
    current: () => current,
    go: (line, how) => focusLine(line, how),
    announce,
    say,
  });

  const judging = new Judging({
    order,
    marks,
    edits,
    current: () => current,
    go: (line) => focusLine(line),
    touched,
    announce,
  });

  // --- Submitting ---------------------------------------------------------------------------------------

  const lease = new Lease({
    form,
    user: data.user,
    seconds: Number(form.elements.seconds.value) || 0,
    lost: (message) => banners.show("lease", `${message} You can go on typing, and submit: if the page is somebody else's, both versions are shown.`),
    back: () => banners.hide("lease"),
    signedOut: () => saved.signedOut(),
    otherUser: (message) => saved.otherUser(message),
    signedIn: () => {
      saved.signedIn();
      drafts.flush();
    },
    signal,
  });
  const submit = new Submit({
    form,
    lines,
    order,
    drafts,
    idle: () => history.running.then(() => edits.idle()),
    lease,
    banners,
    saved,
    signIn,
    go: (line) => focusLine(line),
    announce,
    submitted,
  });

  // --- Events, one listener for all lines ------------------------------------------------------------------

  const lineOf = (target) => lines.get(Number(target.closest?.("[data-line]")?.dataset.line));

  const typing = new Typing({
    list,
    lineOf,
    marks,
    current: () => current,
    select,
    touched,
    undo: () => history.undo(),
    redo: () => history.redo(),
    signal,
  });
  list.addEventListener("click", (event) => {
    const line = lineOf(event.target);
    if (line && event.target.closest(".crop")) focusLine(line);
  });

  // Where the lines are to stay, what would change them says why.
  const ifLinesMay = (change) => () => {
    if (form.dataset.linesStay) say(form.dataset.linesStay);
    else change();
  };
  const actions = {
    submit: () => submit.send(),
    undo: () => history.undo(),
    redo: () => history.redo(),
    jump: () => about.jump(),
    palette: () => about.insertCharacter(),
    verify: () => verify.open(current),
    turn: ifLinesMay(() => openDialog("turn")),
    hand: () => about.toggleHand(),
    shape: ifLinesMay(() => boxes.shape()),
    add: ifLinesMay(() => boxes.add()),
    delete: ifLinesMay(() => boxes.delete()),
    split: ifLinesMay(() => boxes.split()),
    merge: ifLinesMay(() => boxes.merge()),
    up: ifLinesMay(() => boxes.move(-1)),
    down: ifLinesMay(() => boxes.move(1)),
    rotate: () => announce(`The view is turned by ${viewer.rotate()} degrees.`),
    contrast: () => {
      announce(`Contrast: ${viewer.nextContrast()}`);
    },
    back: () => judging.back(),
    keys: () => openDialog("keys"),
    skip: () => openDialog("skip"),
    flag: () => openDialog("flag"),
    confirm: () => judging.confirm(),
    illegible: () => judging.toggle("illegible"),
    not_text: () => judging.toggle("not_text"),
    reset: () => judging.reset(),
    "take-1": () => current && marks.take(current, 1),
    "take-2": () => current && marks.take(current, 2),
    "take-3": () => current && marks.take(current, 3),
    larger: () => viewer.by(1),
    smaller: () => viewer.by(-1),
    fit: () => viewer.fit(),
    "zoom-line": () => viewer.toLine(),
  };

  bindActions({ actions, keys, typing, shapes, submit, signal });

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit.send();
  });
  bindDialogs(async () => {
    if ((await lease.beat()) === "offline") {
      say("The site does not answer: the page stays as it is, and what you typed is kept. Try again in a moment.");
      return false;
    }
    if (lease.out && !(await signIn.ask())) return false;
    submit.fillIn();
    await drafts.flush();
    return true;
  }, signal);

  followWindow({
    drafts,
    lease,
    returned: () => {
      if (current && document.activeElement === document.body) focusLine(current, { weak: false });
    },
    signal,
  });

  const verify = new Verify({
    order,
    crop: (line, box, how) => crops.show(line, box, how),
    judged: (line) => touched(line),
    closed: (line) => focusLine(line),
    submit: () => submit.send(),
  });
  turning({ form, dialog: find("turn"), order, edits, post, ask, flush: () => drafts.flush(), banners, signal });
  choosable({ url: form.dataset.keys, root: find("keys"), keys, post });

  // --- Opening ------------------------------------------------------------------------------------------

  for (const line of order) if (line.checked) line.paint(); // all else the site has drawn already
  for (const each of document.querySelectorAll("#zoom, #line-tools, .needs-script")) each.hidden = false;
  foldTools({ menu: find("bar-more"), often: find("bar-often"), signal });
  movableDivider(find("divider"));
  monospaced(find("monospace"), () => crops.redraw());
  bringBack({ lines, local, drafts, conflicts: data.conflicts, refused: around.refused, touched, go: focusLine, announce });
  history.forget();
  for (const edit of around.edits) history.noteEdit(edit);
  judging.count();
  const painter = whenNear({
    root: pane,
    near: (element) => {
      const line = lineOf(element);
      line.select.tabIndex = -1; // Tab goes from text to text; Alt+I and Alt+N set the verdict
      marks.paint(line);
    },
    signal,
  });
  for (const line of order) painter.observe(line.element);
  focusLine(judging.first());
  crops.watch(order.map((line) => line.element)).then(() => viewer.show(current?.outline));
  return { form, announce };
}
