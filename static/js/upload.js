// Sends files to a batch: each in a request of its own, three at a time, with its own progress,
// outcome and, where the transfer failed, its own way to try again. Without this the form works too.

import { csrfToken } from "./http.js";
import { sendInParts } from "./upload-parts.js";

const AT_ONCE = 3;
const SHOWN_AT_MOST = 150; // rows of finished files; ten thousand would stall the page
const RENEW_EVERY = 1500; // ms between two looks at what the server has made of the files
const IN_PARTS_FROM = 16 * 2 ** 20; // bytes; smaller files are sent again as a whole
const JUNK = /^(\.|Thumbs\.db$|desktop\.ini$)/i; // what systems leave in folders

const form = document.querySelector("#upload");
const zone = form.querySelector("[data-dropzone]");
const panel = document.querySelector("#transfers");
const list = document.querySelector("#transfers-list");
const summary = document.querySelector("#transfers-summary");
const overall = document.querySelector("#transfers-all");
const retryAll = document.querySelector("#transfers-retry");
const clear = document.querySelector("#transfers-clear");
const template = document.querySelector("#transfer");
const maxBytes = Number(form.dataset.maxBytes);

const waiting = [];
const running = new Set();
const unsent = new Set(); // the transfer failed: worth sending again
const counts = { all: 0, stored: 0, duplicate: 0, failed: 0, skipped: 0 };
let renewal = null;

for (const element of form.querySelectorAll("[data-with-script]")) element.hidden = false;
for (const element of form.querySelectorAll("[data-without-script]")) element.hidden = true;
form.querySelector("#files").classList.add("visually-hidden"); // its label is the button now

form.addEventListener("submit", (event) => event.preventDefault());
for (const input of form.querySelectorAll('input[type="file"]')) {
  const take = () => {
    add([...input.files]);
    input.value = "";
  };
  input.addEventListener("change", take);
  if (input.files.length) take(); // chosen before this script had come
}

// The whole page takes a drop, so that a near miss does not open the file instead.
let depth = 0;
addEventListener("dragenter", (event) => {
  if (carriesFiles(event) && ++depth) zone.classList.add("dropzone-over");
});
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --depth <= 0) endDrag();
});
addEventListener("dragover", (event) => {
  if (carriesFiles(event)) event.preventDefault();
});
addEventListener("drop", async (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  endDrag();
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
  const plain = [...event.dataTransfer.files];
  add(entries.every(Boolean) ? await filesIn(entries) : plain);
});

addEventListener("beforeunload", (event) => {
  if (running.size || waiting.length) event.preventDefault();
});

retryAll.addEventListener("click", () => {
  for (const transfer of [...unsent]) again(transfer);
});
clear.addEventListener("click", () => {
  list.replaceChildren();
  unsent.clear();
  Object.assign(counts, { all: 0, stored: 0, duplicate: 0, failed: 0, skipped: 0 });
  panel.hidden = true;
  form.querySelector("#files").focus();
});

function carriesFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

function endDrag() {
  depth = 0;
  zone.classList.remove("dropzone-over");
}

/** All files below the dropped entries; folders are walked through. */
async function filesIn(entries) {
  const found = [];
  for (const entry of entries) {
    if (entry.isFile) {
      found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
    } else {
      found.push(...(await filesIn(await children(entry.createReader()))));
    }
  }
  return found;
}

/** A folder's entries, which browsers hand out a hundred at a time. */
async function children(reader) {
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return all;
    all.push(...some);
  }
}

function add(files) {
  const wanted = files.filter((file) => !JUNK.test(file.name));
  counts.skipped += files.length - wanted.length;
  counts.all += wanted.length;
  waiting.push(...wanted.map((file) => ({ file, row: null, loaded: 0 })));
  if (counts.all || counts.skipped) panel.hidden = false;
  next();
}

function again(transfer) {
  unsent.delete(transfer);
  waiting.unshift(transfer);
  next();
}

function next() {
  while (running.size < AT_ONCE && waiting.length) send(waiting.shift());
  report();
}

function send(transfer) {
  show(transfer, "", "Sending");
  const { file, row } = transfer;
  if (file.size > maxBytes) {
    counts.failed += 1;
    show(transfer, "bad", `Larger than the ${Math.floor(maxBytes / 2 ** 20)} MB a file may have.`);
    return;
  }
  const bar = row.querySelector("progress");
  if (file.size >= IN_PARTS_FROM) {
    sendLarge(transfer, bar);
    return;
  }
  const data = new FormData();
  data.append("csrfmiddlewaretoken", csrfToken());
  data.append("files", file, file.name);
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.responseType = "text";
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.max = event.total;
    bar.value = event.loaded;
    transfer.loaded = event.loaded / event.total;
    if (event.loaded === event.total) show(transfer, "", "Storing");
    report();
  });
  request.addEventListener("load", () => finish(transfer, () => settle(transfer, request)));
  request.addEventListener("error", () =>
    finish(transfer, () => lost(transfer, "The connection broke. Send it again.")),
  );
  running.add(transfer);
  request.send(data);
}

async function sendLarge(transfer, bar) {
  const { file } = transfer;
  const progress = (bytes, word) => {
    bar.max = file.size;
    bar.value = bytes;
    transfer.loaded = bytes / file.size;
    show(transfer, "", `${word}: ${Math.floor((bytes / file.size) * 100)} %`);
    report();
  };
  running.add(transfer);
  try {
    const { address, batch } = { address: form.dataset.parts, batch: Number(form.dataset.batch) };
    const answer = await sendInParts(file, { address, batch, progress });
    finish(transfer, () => tell(transfer, answer));
  } catch (stopped) {
    const told = stopped.message || "It could not be read from your disk.";
    finish(transfer, () => (stopped.again === false ? fail(transfer, told) : lost(transfer, told)));
  }
}

function finish(transfer, settled) {
  running.delete(transfer);
  transfer.loaded = 0;
  settled();
  renewSoon();
  next();
}

/** What the server says of the file, if it was this site's server and it understood. */
function settle(transfer, request) {
  let answer = null;
  try {
    answer = JSON.parse(request.responseText).files?.[0];
  } catch {
    // Not from the upload's own view: signed out, a proxy, a crash. Said below.
  }
  if (!answer) return lost(transfer, reasonOf(request));
  if (answer.outcome === "refused" && answer.code === "disk_full") {
    return lost(transfer, answer.message);
  }
  tell(transfer, answer);
}

/** What became of a file that the server has whole. */
function tell(transfer, answer) {
  const bar = transfer.row.querySelector("progress");
  bar.value = bar.max;
  if (answer.outcome === "stored") {
    counts.stored += 1;
    show(transfer, "good", "Stored");
  } else if (answer.outcome === "duplicate") {
    counts.duplicate += 1;
    show(transfer, "", answer.message, answer.url);
  } else {
    fail(transfer, answer.message);
  }
}

function fail(transfer, message) {
  counts.failed += 1;
  show(transfer, "bad", message);
}

function reasonOf(request) {
  const signedOut = new URL(request.responseURL || location.href).pathname !== new URL(form.action).pathname;
  if (signedOut || request.status === 403) {
    return "You are signed out. Sign in in another tab, then send it again.";
  }
  if (request.status === 413) return "The web server refused it as too large.";
  return `The server could not take it (${request.status}). Send it again.`;
}

function lost(transfer, message) {
  unsent.add(transfer);
  show(transfer, "bad", message);
  transfer.row.querySelector("button").hidden = false;
}

function show(transfer, tone, text, url = "") {
  if (!transfer.row) {
    transfer.row = template.content.firstElementChild.cloneNode(true);
    transfer.row.querySelector(".transfer-name").textContent = transfer.file.name;
    transfer.row.querySelector("progress").setAttribute("aria-label", transfer.file.name);
    const button = transfer.row.querySelector("button");
    button.setAttribute("aria-label", `Send ${transfer.file.name} again`);
    button.addEventListener("click", () => again(transfer));
    list.prepend(transfer.row);
    trim();
  }
  const { row } = transfer;
  row.className = tone ? `transfer transfer-${tone}` : "transfer";
  row.querySelector("button").hidden = true;
  const state = row.querySelector(".transfer-state");
  if (url) {
    const link = document.createElement("a");
    link.href = url;
    link.textContent = text;
    state.replaceChildren(link);
  } else {
    state.textContent = text;
  }
}

/** Stored files need no row once there are very many. */
function trim() {
  const stored = list.querySelectorAll(".transfer-good");
  for (let index = SHOWN_AT_MOST; index < stored.length; index += 1) stored[index].remove();
}

function report() {
  const done = counts.stored + counts.duplicate + counts.failed;
  const open = running.size + waiting.length;
  overall.max = Math.max(counts.all, 1);
  overall.value = done + [...running].reduce((sum, transfer) => sum + transfer.loaded, 0);
  const parts = [open ? `${done} of ${counts.all} sent` : `${counts.stored} stored`];
  if (counts.duplicate) parts.push(`${counts.duplicate} here already`);
  if (counts.failed) parts.push(`${counts.failed} refused`);
  if (unsent.size) parts.push(`${unsent.size} not sent`);
  if (counts.skipped) parts.push(`${counts.skipped} system files left out`);
  const text = parts.join(", ");
  if (summary.textContent !== text) summary.textContent = text;
  retryAll.hidden = !unsent.size || open > 0;
  clear.hidden = open > 0;
}

/** Let the batch's progress below look at the server again, but not for every single file. */
function renewSoon() {
  renewal ??= setTimeout(() => {
    renewal = null;
    window.htmx?.trigger(document.body, "renew");
  }, RENEW_EVERY);
}
