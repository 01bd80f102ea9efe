// Sends one large file in parts over the API. What has arrived stays on the server, so a broken
// network, a closed tab or a restarted server costs no more than the part on its way.

import { csrfToken } from "./http.js";

const AWAY = new Set([0, 423, 502, 503, 504]); // no network, the file is busy, the site restarts
const PATIENCE = [1, 2, 4, 8, 15, 30]; // seconds between tries while the network is away

/** A reason to stop, in words; `again` where sending again makes sense. */
export class Stopped extends Error {
  constructor(message, again) {
    super(message);
    this.again = again;
  }
}

/**
 * Send `file` to batch `batch` through the API at `address`; resolves to what became of it.
 * `progress(bytes, word)` is told how much is on the server. Throws Stopped.
 */
export async function sendInParts(file, { address, batch, progress }) {
  const begun = await ask(address, "POST", {
    batch,
    filename: file.name,
    size_bytes: file.size,
    fingerprint: `${file.name}|${file.size}|${file.lastModified}`.slice(-200),
  });
  const place = `${address}${begun.id}/`;
  let { offset } = begun;
  progress(offset, offset ? "Going on" : "Sending");
  while (offset < file.size) {
    const end = Math.min(file.size, (Math.floor(offset / begun.block_bytes) + 1) * begun.block_bytes);
    offset = await sendPart(place, file, offset, end, (sent) => progress(offset + sent, "Sending"));
    progress(offset, "Sending");
  }
  progress(file.size, "Checking");
  return ask(`${place}finish/`, "POST", await proof(file, begun.block_bytes));
}

/** One part, tried until it is there; resolves to where the file ends on the server. */
async function sendPart(place, file, offset, end, progress) {
  for (let tries = 0; ; tries += 1) {
    const answer = await patch(place, file.slice(offset, end), offset, progress);
    if (answer.status >= 200 && answer.status < 300) return answer.data.offset;
    if (answer.status === 409 && answer.data?.code === "offset") return answer.data.offset;
    if (answer.status && answer.status < 500 && answer.status !== 423) throw refused(answer);
    if (answer.status === 507) throw refused(answer);
    if (tries === PATIENCE.length) {
      throw new Stopped("The connection broke. What is here stays: send it again to go on.", true);
    }
    await pause(PATIENCE[tries]);
    try {
      const now = await (await fetch(place, { headers: { Accept: "application/json" } })).json();
      if (Number.isInteger(now.offset) && now.offset !== offset) return now.offset;
    } catch {
      // Still away; the next try tells.
    }
  }
}

/** XMLHttpRequest, because fetch does not say how much of a body is sent. */
function patch(place, part, offset, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PATCH", place);
    request.setRequestHeader("Content-Type", "application/offset+octet-stream");
    request.setRequestHeader("Upload-Offset", String(offset));
    request.setRequestHeader("X-CSRFToken", csrfToken());
    request.upload.addEventListener("progress", (event) => progress(event.loaded));
    request.addEventListener("load", () => resolve(read(request.status, request.responseText)));
    request.addEventListener("error", () => resolve({ status: 0, data: null }));
    request.addEventListener("abort", () => resolve({ status: 0, data: null }));
    request.send(part);
  });
}

async function ask(address, method, body) {
  for (let tries = 0; ; tries += 1) {
    let answer = { status: 0, data: null };
    try {
      const response = await fetch(address, {
        method,
        headers: {
          Accept: "application/json",
          "Content-Type": "application/json",
          "X-CSRFToken": csrfToken(),
        },
        body: JSON.stringify(body),
      });
      answer = read(response.status, await response.text());
    } catch {
      // No network: tried again below.
    }
    if (answer.status >= 200 && answer.status < 300 && answer.data) return answer.data;
    if (!AWAY.has(answer.status) || tries === PATIENCE.length) throw refused(answer);
    await pause(PATIENCE[tries]);
  }
}

function read(status, text) {
  try {
    return { status, data: JSON.parse(text) };
  } catch {
    return { status, data: null };
  }
}

function refused({ status, data }) {
  if (status === 401 || status === 403) {
    return new Stopped("You are signed out. Sign in in another tab, then send it again.", true);
  }
  if (status === 0) return new Stopped("The connection broke. Send it again to go on.", true);
  const again = status === 507 || status === 409 || status >= 500 || data?.code === "damaged";
  return new Stopped(data?.message ?? `The server could not take it (${status}).`, again);
}

/** Hash of the blocks' hashes; nothing where the browser hashes only over HTTPS. */
async function proof(file, blockBytes) {
  if (!crypto.subtle) return {};
  const hashes = new Uint8Array(Math.ceil(file.size / blockBytes) * 32);
  for (let block = 0; block * blockBytes < file.size; block += 1) {
    const bytes = await file.slice(block * blockBytes, (block + 1) * blockBytes).arrayBuffer();
    hashes.set(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)), block * 32);
  }
  const whole = new Uint8Array(await crypto.subtle.digest("SHA-256", hashes));
  return { blocks: [...whole].map((byte) => byte.toString(16).padStart(2, "0")).join("") };
}

/** Wait, but no longer than until the network is back. */
function pause(seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    addEventListener("online", () => (clearTimeout(timer), resolve()), { once: true });
  });
}
