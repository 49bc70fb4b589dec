// Formulas as MathML, which browsers draw by themselves. Loaded when the first one appears.
import temml from "temml";

/** Draws a formula into an element; what temml does not understand is shown as it is written. */
export function render(tex: string, el: HTMLElement, display: boolean) {
  try {
    temml.render(tex, el, { displayMode: display, trust: false, strict: false, throwOnError: true, maxSize: [20, 20], maxExpand: 200 });
  } catch {
    el.textContent = tex;
    el.classList.add("broken");
  }
}
