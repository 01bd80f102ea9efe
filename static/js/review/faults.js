// What is wrong with a line, said below it and to screen readers.

export const EMPTY = "Type what the line says, or mark it illegible (Alt+I) or not text (Alt+N).";

export function showFault(line, text) {
  clearFault(line);
  const fault = document.createElement("p");
  fault.className = "fault";
  fault.id = `e${line.id}`;
  fault.textContent = text;
  line.element.append(fault);
  line.input.setAttribute("aria-invalid", "true");
  line.input.setAttribute("aria-describedby", fault.id);
}

export function clearFault(line) {
  line.element.querySelector(".fault")?.remove();
  line.input.removeAttribute("aria-invalid");
  line.input.removeAttribute("aria-describedby");
}
