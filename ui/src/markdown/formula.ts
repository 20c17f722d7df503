/** Sets finished formulas as MathML, which the page's engine draws itself; loaded with the first formula. */
import { whenUnselected } from "./selection";

/** A longer one is no formula that anybody reads; its source stays on show. */
export const FORMULA_LIMIT = 4000;

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
  for (const struck of made.querySelectorAll("menclose")) strike(struck);
  whenUnselected(element, () => {
    element.classList.add("md-typeset");
    element.replaceChildren(...made.childNodes);
  });
}

/** Strokes that the style sheet draws, by the word of MathML's `notation`. */
const STROKES = new Map([
  ["updiagonalstrike", "md-strike-up"],
  ["downdiagonalstrike", "md-strike-down"],
  ["horizontalstrike", "md-strike-out"],
]);

/**
 * Has the style sheet draw what crosses something out. WebKit's own stroke goes from corner to
 * corner of the letters alone, where that of an x is one with the letter.
 */
function strike(enclosure: Element): void {
  const words = enclosure.getAttribute("notation")?.split(" ") ?? [];
  const classes = words.flatMap((word) => STROKES.get(word) ?? []);
  if (classes.length === 0) return;
  const row = document.createElementNS(enclosure.namespaceURI, "mrow");
  row.classList.add("md-strike", ...classes);
  row.append(...[...enclosure.childNodes].filter((node) => !isStroke(node)));
  enclosure.replaceWith(row);
}

/** Temml's own stroke, which its style sheet draws where the engine is not WebKit. */
function isStroke(node: Node): boolean {
  return node instanceof Element && node.classList.contains("tml-cancel");
}
