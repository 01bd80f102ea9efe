// The whole page turned and read again; the screen is loaded anew once its lines are there.

const PAUSE = 300; // milliseconds between questions
const PATIENCE = 120_000;

/**
 * `order` are the lines of the screen, `edits` what changes them. Who closes the dialog goes on with
 * the page: it is not loaded under their hands, but a banner says that it was read.
 */
export function turning({ form, dialog, order, edits, post, ask, flush, banners, signal }) {
  const told = document.getElementById("turn-state");
  const buttons = [...dialog.querySelectorAll("[data-quarters]")];
  dialog.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-quarters]");
    if (!button) return;
    for (const each of buttons) each.disabled = true;
    told.textContent = "The page is being read …";
    await flush();
    const body = { token: form.elements.token.value, quarters: Number(button.dataset.quarters) };
    const { kind, data } = await post(form.dataset.turn, body);
    const done = kind === "ok" && (await readAgain(data.order));
    if (signal.aborted) return;
    if (done && dialog.open) {
      location.reload();
      return;
    }
    for (const each of buttons) each.disabled = false;
    told.textContent = dialog.open ? (data?.message ?? "The page was not read. Nothing is changed; try again, or flag the page.") : "";
    if (!done) return;
    banners.show("turn", "The page was turned and read again before you cancelled that. Load it to see its new lines; Undo brings these back, with what you typed on them.", {
      actions: [["Load it", () => location.reload()]],
    });
  });

  /** Whether other lines stand on the page: neither those of `before` nor what was made of them here. */
  async function readAgain(before) {
    const end = Date.now() + PATIENCE;
    while (Date.now() < end && !signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      const answer = await ask(form.dataset.lines);
      await edits.idle();
      const known = new Set([...before, ...order.map((line) => line.id)]);
      if (answer && answer.order.join() !== before.join() && !answer.order.some((id) => known.has(id))) return true;
    }
    return false;
  }
}
