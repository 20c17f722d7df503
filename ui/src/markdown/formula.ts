/** Sets finished formulas as MathML, which the page's engine draws itself; loaded with the first formula. */
import { whenUnselected } from "./selection";

/** A longer one is no formula that anybody reads; its source stays on show. */
const FORMULA_LIMIT = 4000;

/** Sets a formula some time later. Fits `MarkdownOptions.formula`; a faulty one keeps its source. */
export function typeset(element: HTMLElement, tex: string, display: boolean): void {
  if (tex.length <= FORMULA_LIMIT) void typesetNow(element, tex, display);
}

async function typesetNow(element: HTMLElement, tex: string, display: boolean): Promise<void> {
  const { default: temml } = await import("temml");
  const made = document.createElement("span");
  try {
    // Untrusted: no links, no classes, no files, and a bound on expansion and size.
    temml.render(tex, made, {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxExpand: 200,
      maxSize: [20, 200],
    });
  } catch {
    // Not every formula that a model writes is one; its source can still be read.
    return;
  }
  whenUnselected(element, () => {
    element.classList.add("md-typeset");
    element.replaceChildren(...made.childNodes);
  });
}
