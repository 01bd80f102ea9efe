// Dialogs: opened by their links and keys, closed by Escape and their own links.

/** `leaving(form)` is asked before a dialog's form goes off, and may wait; where it says no, nothing goes. */
export function bindDialogs(leaving, signal) {
  for (const link of document.querySelectorAll("[data-dialog]")) {
    link.setAttribute("role", "button");
    link.addEventListener("click", (event) => {
      event.preventDefault();
      openDialog(link.dataset.dialog);
    });
  }
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    event.target.closest("dialog").close();
  }, { signal });
  // Without a script these belong to the page's form, so that leaving takes the typing along.
  for (const each of document.querySelectorAll("[data-own-form]")) {
    each.removeAttribute("form");
    each.removeAttribute("formaction");
    if (each.matches("input")) each.required = true;
  }
  const leave = async (form, address) => {
    if (!(await leaving(form))) return;
    if (address) form.action = address;
    sendPlain(form);
  };
  for (const form of document.querySelectorAll("dialog form[action]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      leave(form, event.submitter?.getAttribute("formaction"));
    });
  }
  for (const each of document.querySelectorAll("[data-leave]")) {
    each.addEventListener("click", (event) => {
      event.preventDefault();
      leave(document.getElementById("release-form"), each.getAttribute("formaction"));
    });
  }
}

/** Send a form without a script's help; a button named `submit` would hide the form's own way. */
export function sendPlain(form) {
  HTMLFormElement.prototype.submit.call(form);
}

export function openDialog(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  const before = document.activeElement;
  const [start, end] = [before?.selectionStart, before?.selectionEnd];
  dialog.showModal();
  dialog.querySelector("input[type=text]")?.focus();
  dialog.addEventListener(
    "close",
    () => {
      before?.focus?.({ preventScroll: true });
      if (start !== undefined && start !== null) before.setSelectionRange?.(start, end);
    },
    { once: true },
  );
}
