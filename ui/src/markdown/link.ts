/**
 * Links and images of a model's answer: nothing here can be navigated to or loaded.
 *
 * No element gets an `href` or a `src`; a target is kept outside the document
 * and handed to the app when a person asks for it.
 */
import { element, type Context } from "./options";
import { hostOf, mayOpen, type Target } from "./target";

const targets = new WeakMap<Element, string>();

/** The target of a link or image chip made here, if it is one that may be opened. */
export function targetOf(link: Element): string | undefined {
  return targets.get(link);
}

/** Lets a person activate an element by pointer and by keyboard. */
function activate(made: HTMLElement, run: () => void): void {
  made.setAttribute("role", "link");
  made.tabIndex = 0;
  made.addEventListener("click", (event) => {
    event.stopPropagation();
    run();
  });
  made.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    event.stopPropagation();
    run();
  });
}

/** Finishes a link, or an image chip, whose text is already in place. */
export function makeLink(made: HTMLElement, { url, title }: Target, context: Context): void {
  made.title = title === "" ? url : `${url}\n${title}`;
  if (!mayOpen(url)) {
    // A target of another kind can be read, and nothing more.
    made.classList.add("md-refused");
    return;
  }
  targets.set(made, url);
  activate(made, () => context.options.onLink(url));
}

/** Turns a description into the chip that stands for an image. */
export function makeImage(chip: HTMLElement, alt: string, target: Target, context: Context): void {
  chip.textContent = context.labels.image(alt.trim(), hostOf(target.url));
  makeLink(chip, target, context);
}

/** A reference to a footnote, which leads to its text in the same answer. */
export function makeFootnoteLink(label: string, context: Context): HTMLElement {
  const reference = element("sup", "md-footnote-link", label);
  reference.setAttribute("aria-label", context.labels.footnote(label));
  activate(reference, () => {
    const note = context.footnotes.find(label);
    note?.scrollIntoView({ block: "nearest" });
    note?.focus();
  });
  return reference;
}
