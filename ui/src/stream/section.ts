/**
 * A stretch of a text whose nodes leave the page when it is far from the view, and come back when
 * it is near. Its element stays, with the height that it had or is thought to have.
 */

/** Makes the nodes of a section, and knows its text. */
export interface Content {
  /** Its text as the model wrote it. */
  readonly source: string;
  /** Makes the nodes in `element`, which is empty. */
  fill(element: HTMLElement): void;
  /** The nodes have left the page. */
  left(): void;
}

/** A section that was never laid out is not thought to be lower than this, in CSS pixels. */
const LEAST_HEIGHT = 24;

/** What a reader did to the nodes, by their order. */
interface Kept {
  /** Which folds are open. */
  open: boolean[];
  /** How far what scrolls sideways is scrolled. */
  scrolled: number[];
}

export class Section {
  readonly element: HTMLElement;
  readonly #content: Content;
  #filled: boolean;
  #measured = false;
  #height: number;
  /** Whether it came to the page with its height known or thought. */
  #came = false;
  #kept: Kept | null = null;

  /** `estimate` is the height of one that is not on the page yet; null where its nodes are. */
  constructor(element: HTMLElement, content: Content, estimate: number | null) {
    this.element = element;
    this.#content = content;
    this.#height = Math.max(LEAST_HEIGHT, estimate ?? 0);
    this.#filled = estimate === null;
    if (!this.#filled) this.#reserve();
  }

  /** Its text as the model wrote it. */
  get source(): string {
    return this.#content.source;
  }

  /** Whether its nodes are on the page. */
  get filled(): boolean {
    return this.#filled;
  }

  /** Takes the height of a layout, and gives by how much it differs from what was known or thought. */
  measure(height: number): number {
    // What was on the page from the start was where it is before it was measured.
    const grown = this.#filled && !this.#measured && !this.#came ? 0 : height - this.#height;
    this.#height = height;
    this.#measured = true;
    return grown;
  }

  fill(): void {
    if (this.#filled) return;
    this.#filled = true;
    this.#came = true;
    this.element.classList.remove("section-away");
    this.element.style.height = "";
    this.#content.fill(this.element);
    this.#restore();
  }

  /** Takes the nodes off the page; the element keeps its height. */
  clear(): void {
    if (!this.#filled) return;
    this.#keep();
    this.#filled = false;
    this.element.replaceChildren();
    this.#reserve();
    this.#content.left();
  }

  /**
   * Takes up a change of the heights below, so that nothing in view moves: what was never laid out
   * is only thought to be so high. Gives what it could not take.
   */
  absorb(grown: number): number {
    if (this.#filled || this.#measured) return grown;
    const taken = Math.min(grown, this.#height - LEAST_HEIGHT);
    this.#height -= taken;
    this.#reserve();
    return grown - taken;
  }

  /** The width has changed, and each line with it: the height is a guess again. */
  rescale(factor: number): void {
    if (this.#filled) return;
    this.#measured = false;
    this.#height = Math.max(LEAST_HEIGHT, this.#height * factor);
    this.#reserve();
  }

  /** Shows the text as it was written for as long as it is copied, and gives how to end that. */
  lend(): () => void {
    const text = document.createTextNode(this.#content.source);
    this.element.append(text);
    return () => text.remove();
  }

  /** Whether taking the nodes away would take the reader's place in them. */
  get held(): boolean {
    const { activeElement } = document;
    if (activeElement !== document.body && this.element.contains(activeElement)) return true;
    const selection = document.getSelection();
    if (!selection || selection.isCollapsed) return false;
    const { anchorNode, focusNode } = selection;
    return this.element.contains(anchorNode) || this.element.contains(focusNode);
  }

  #reserve(): void {
    this.element.classList.add("section-away");
    this.element.style.height = `${this.#height}px`;
  }

  #keep(): void {
    const open = this.#folds().map((fold) => fold.open);
    const scrolled = this.#scrollers().map(({ scrollLeft }) => scrollLeft);
    const touched = open.includes(true) || scrolled.some((left) => left !== 0);
    this.#kept = touched ? { open, scrolled } : null;
  }

  #restore(): void {
    const kept = this.#kept;
    if (!kept) return;
    this.#folds().forEach((fold, index) => (fold.open = kept.open[index] ?? false));
    this.#scrollers().forEach((one, index) => (one.scrollLeft = kept.scrolled[index] ?? 0));
  }

  #folds(): HTMLDetailsElement[] {
    return [...this.element.querySelectorAll("details")];
  }

  #scrollers(): Element[] {
    // What is joined with other sections is scrolled with them.
    return [...this.element.querySelectorAll("pre, .md-table:not(.md-joined), .md-formula-block")];
  }
}

/** A line's height and length in CSS pixels and characters, for heights that no layout gave yet. */
const LINE = { height: 24, length: 90 };

/** About how high a text is. */
export function estimateHeight(text: string): number {
  let lines = 0;
  for (let at = 0; at < text.length;) {
    const found = text.indexOf("\n", at);
    const end = found < 0 ? text.length : found;
    // A blank line is a distance.
    lines += end === at ? 0.5 : Math.ceil((end - at) / LINE.length);
    at = end + 1;
  }
  return lines * LINE.height;
}
