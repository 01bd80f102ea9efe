// Dialogs: opened by their links and keys, closed by Escape and their own links.

/** `leaving(form)` is asked before a dialog's form goes off, and may wait. */
export function bindDialogs(leaving) {
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
  });
  for (const form of document.querySelectorAll("dialog form, #release-form")) {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const address = event.submitter?.getAttribute("formaction");
      await leaving(form);
      if (address) form.action = address;
      sendPlain(form);
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
