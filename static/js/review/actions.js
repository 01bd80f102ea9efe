// What keys, buttons and the image's tools do: one name an action, whatever asks for it.

/**
 * `actions` is a function by name; `keys.actionOf(event, where)` names the one a key asks for.
 * Nothing happens while text is composed (`typing`), a dialog is open or a box is drawn (`shapes`),
 * or while the page is on its way (`submit`).
 */
export function bindActions({ actions, keys, typing, shapes, submit, signal }) {
  document.addEventListener("keydown", (event) => {
    if (typing.composing || document.querySelector("dialog[open]")) return;
    const field = event.target.closest?.("input, select, textarea");
    const inText = field?.classList.contains("text") ?? false;
    if (event.key === "Enter" && event.shiftKey && event.target.id === "submit") {
      event.preventDefault();
      actions.back();
      return;
    }
    if (event.key === "Enter" && inText) event.preventDefault(); // it would send the page, whatever key that has
    typing.tabbed = event.key === "Tab";
    if (shapes.open) return;
    const action = keys.actionOf(event, { inField: Boolean(field), inText });
    if (!action) return;
    event.preventDefault();
    if (!submit.underWay) actions[action]();
  }, { signal });
  document.addEventListener("click", (event) => {
    const action = event.target.closest?.("[data-do]")?.dataset.do;
    if (action) actions[action]();
  }, { signal });
  for (const id of ["line-tools", "zoom"]) {
    // The field keeps the caret.
    document.getElementById(id).addEventListener("mousedown", (event) => event.preventDefault());
  }
  const zooms = { in: "larger", out: "smaller", fit: "fit", line: "zoom-line" };
  document.getElementById("zoom").addEventListener("click", (event) => {
    const step = event.target.closest("[data-zoom]")?.dataset.zoom;
    if (step) actions[zooms[step]]();
  });
}
