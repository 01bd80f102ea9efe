// The whole page turned and read again; the screen is loaded anew once its lines are there.

const PAUSE = 300; // milliseconds between questions
const PATIENCE = 120_000;

export function turning({ form, dialog, post, ask, flush }) {
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
    const done = kind === "ok" && (await changed(ask, form.dataset.lines, data.order));
    if (done) {
      location.reload();
      return;
    }
    for (const each of buttons) each.disabled = false;
    told.textContent = data?.message ?? "The page was not read. Nothing is changed; try again, or flag the page.";
  });
}

async function changed(ask, url, before) {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    const answer = await ask(url);
    if (answer && answer.order.join() !== before.join()) return true;
  }
  return false;
}
