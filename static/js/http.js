// Posting to the site, with every way in which that can fail told apart.

const TIMEOUT = 15_000; // milliseconds; after that the network counts as gone

/** The CSRF token of now: signing in again changes it. */
export function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  if (cookie) return cookie.slice("csrftoken=".length);
  return document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/** Put the CSRF token of now into every form: signing in again has changed it. */
export function renewTokens() {
  for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrfToken();
}

/** Ask for JSON; null where there is no answer. */
export async function ask(url) {
  try {
    const response = await fetch(url, {
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT),
    });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/**
 * Post `body` (an object goes as JSON, form data as a form).
 * Resolves to {kind, status, data}, where kind is "ok", "refused" (data says why), "signed-out",
 * "forbidden" (the CSRF token is no good), or "offline" (no answer, or the site is down).
 */
export async function post(url, body, { keepalive = false } = {}) {
  const asForm = body instanceof URLSearchParams;
  const headers = { Accept: "application/json", "X-CSRFToken": csrfToken() };
  if (!asForm) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers,
      body: asForm ? body : JSON.stringify(body),
      credentials: "same-origin",
      redirect: "manual",
      keepalive,
      signal: keepalive ? undefined : AbortSignal.timeout(TIMEOUT),
    });
  } catch {
    return { kind: "offline", status: 0, data: null };
  }
  if (response.type === "opaqueredirect" || response.status === 401) {
    return { kind: "signed-out", status: response.status, data: null };
  }
  let data = null;
  if (response.headers.get("Content-Type")?.includes("json")) {
    try {
      data = await response.json();
    } catch {
      return { kind: "offline", status: response.status, data: null };
    }
  }
  if (response.ok && data) return { kind: "ok", status: response.status, data };
  if (response.status >= 500) return { kind: "offline", status: response.status, data };
  if (response.status === 403 && !data) return { kind: "forbidden", status: 403, data };
  return { kind: "refused", status: response.status, data };
}
