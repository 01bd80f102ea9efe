// The keys while lines are judged one by one: plain ones, for nothing is typed, but for the field.

const PLAIN = { Enter: "right", ArrowRight: "right", y: "right", w: "wrong", i: "illegible", n: "not_text", ArrowLeft: "back", Backspace: "back" };

export function actionOf(event, typing) {
  if (event.isComposing || event.keyCode === 229) return null;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return "submit";
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (typing) return event.key === "Enter" ? "right" : null;
  if (event.target.closest?.("button, a") && event.key === "Enter") return null;
  return PLAIN[event.key.length === 1 ? event.key.toLowerCase() : event.key] ?? null;
}
