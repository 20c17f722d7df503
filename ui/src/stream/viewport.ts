/**
 * What is near the view of a scroller. The sections of its texts that are far from it leave the
 * page, so that a long text takes the time and the memory of what can be seen of it.
 */
import type { Section } from "./section";

/** Sections are brought to the page so far from the view, in heights of the view, */
const NEAR = 1;
/** and leave it so far. */
const FAR = 3;
/** The least height that counts for these, in CSS pixels. */
const LEAST_VIEW = 400;
/** The view is looked at again once it has moved so far, in CSS pixels. */
const STEP = 120;
/** Sections that are lower than was thought leave room for more; so often that is looked at. */
const ROUNDS = 6;

interface Box {
  top: number;
  bottom: number;
}

/** A text in sections. */
export interface Sectioned {
  /** In their order; read only. */
  readonly sections: readonly Section[];
}

/** A text in sections, and the element that shows it. */
export interface Host {
  readonly element: Element;
  readonly sections: readonly Section[];
}

/** The texts by the elements that show them. */
const hosts = new WeakMap<Element, Sectioned>();
const viewports = new WeakMap<Element, Viewport>();
const all = new Set<Viewport>();

export class Viewport {
  readonly #scroller: HTMLElement;
  readonly #texts = new Set<Sectioned>();
  readonly #owners = new WeakMap<Element, [Sectioned, Section]>();
  readonly #sizes: ResizeObserver;
  #last = { top: -Infinity, content: 0, view: 0 };
  readonly #widths = new WeakMap<Sectioned, number>();
  /** The section at the upper edge of the view, and how much of it is above that, from 0 to 1. */
  #anchor: { section: Section; above: number } | null = null;
  #due = false;

  /** The viewport of the scroller around an element, if there is one. */
  static around(element: Element): Viewport | undefined {
    const scroller = element.closest<HTMLElement>(".scroller");
    if (!scroller) return undefined;
    const known = viewports.get(scroller);
    if (known) return known;
    const made = new Viewport(scroller);
    viewports.set(scroller, made);
    return made;
  }

  /** The text in sections that an element shows, or one within it. */
  static hostIn(around: Element): Host | undefined {
    for (const element of [around, ...around.querySelectorAll("*")]) {
      const text = hosts.get(element);
      if (text) return { element, sections: text.sections };
    }
    return undefined;
  }

  private constructor(scroller: HTMLElement) {
    this.#scroller = scroller;
    this.#sizes = new ResizeObserver((entries) => this.#resized(entries));
    scroller.addEventListener("scroll", () => this.look(), { passive: true });
  }

  /** `host` is the element that shows the text. */
  add(text: Sectioned, host: Element): void {
    hosts.set(host, text);
    if (all.size === 0) document.addEventListener("copy", lendForCopy, true);
    all.add(this);
    this.#texts.add(text);
    this.changed();
  }

  remove(text: Sectioned): void {
    for (const { element } of text.sections) this.#sizes.unobserve(element);
    this.#texts.delete(text);
    if (this.#texts.size > 0) return;
    all.delete(this);
    if (all.size === 0) document.removeEventListener("copy", lendForCopy, true);
  }

  /** Follows the height of a section that was filled by itself. */
  watch(text: Sectioned, section: Section): void {
    this.#owners.set(section.element, [text, section]);
    this.#sizes.observe(section.element);
  }

  /** There are sections that were not looked at. */
  changed(): void {
    this.#due = true;
  }

  /** Looks at what is near the view, where that may have changed. Costs next to nothing else. */
  look(): void {
    const { scrollTop: top, scrollHeight: content, clientHeight: view } = this.#scroller;
    const last = this.#last;
    const moved = Math.abs(top - last.top) + Math.abs(content - last.content);
    if (!this.#due && moved < STEP && view === last.view) return;
    this.update();
  }

  /** Brings to the page what is near the view, and takes off it what is far. */
  update(): void {
    if (this.#scroller.clientHeight === 0) return;
    this.#due = false;
    this.#rescale();
    for (let round = 0; round < ROUNDS && this.#fill(); round += 1);
    this.#clear();
    this.#anchor = this.#atTop();
    const { scrollTop: top, scrollHeight: content, clientHeight: view } = this.#scroller;
    this.#last = { top, content, view };
  }

  /** Shows each section that `range` covers as it was written, and gives how to end that. */
  lend(range: Range): (() => void)[] {
    return [...this.#texts].flatMap(({ sections }) =>
      sections
        .filter((section) => !section.filled && range.intersectsNode(section.element))
        .map((section) => section.lend()),
    );
  }

  /** The view, and so many of its heights above and below it. */
  #around(views: number): Box {
    const { top, bottom, height } = this.#scroller.getBoundingClientRect();
    const margin = views * Math.max(height, LEAST_VIEW);
    return { top: top - margin, bottom: bottom + margin };
  }

  #fill(): boolean {
    const { top } = this.#scroller.getBoundingClientRect();
    const near = this.#around(NEAR);
    const due: { text: Sectioned; index: number; section: Section; above: boolean }[] = [];
    for (const text of this.#texts) {
      const [from, to] = within(text.sections, near);
      for (let index = from; index < to; index += 1) {
        const section = text.sections[index];
        if (!section || section.filled) continue;
        const above = section.element.getBoundingClientRect().bottom <= top;
        due.push({ text, index, section, above });
      }
    }
    for (const { section } of due) section.fill();
    let left = 0;
    for (const { text, index, section, above } of due) {
      const grown = section.measure(section.element.getBoundingClientRect().height);
      left += absorb(text, index, grown, above);
      this.watch(text, section);
    }
    if (left !== 0) this.#scroller.scrollTop += left;
    return due.length > 0;
  }

  #clear(): void {
    const near = this.#around(FAR);
    const due: Section[] = [];
    for (const { sections } of this.#texts) {
      const [from, to] = within(sections, near);
      sections.forEach((section, index) => {
        if (!section.filled || (index >= from && index < to) || section.held) return;
        const { height } = section.element.getBoundingClientRect();
        // What is folded away has no height to keep.
        if (height === 0) return;
        section.measure(height);
        due.push(section);
      });
    }
    for (const section of due) {
      this.#sizes.unobserve(section.element);
      section.clear();
    }
  }

  /** Heights that a formula, a typeface or a reader has changed. */
  #resized(entries: ResizeObserverEntry[]): void {
    const { top } = this.#scroller.getBoundingClientRect();
    let left = 0;
    for (const { target } of entries) {
      const [text, section] = this.#owners.get(target) ?? [];
      if (!text || !section?.filled) continue;
      const { bottom, height } = target.getBoundingClientRect();
      if (height === 0) continue;
      const grown = section.measure(height);
      if (grown === 0) continue;
      left += absorb(text, text.sections.indexOf(section), grown, bottom - grown <= top);
    }
    if (left !== 0) this.#scroller.scrollTop += left;
  }

  /** Each line has another length in a text of another width; what was at the top stays there. */
  #rescale(): void {
    let changed = false;
    for (const text of this.#texts) {
      const width = text.sections[0]?.element.getBoundingClientRect().width ?? 0;
      const before = this.#widths.get(text) ?? width;
      if (width === 0) continue;
      this.#widths.set(text, width);
      if (width === before) continue;
      changed = true;
      for (const section of text.sections) section.rescale(before / width);
      for (const section of text.sections) {
        if (section.filled) section.measure(section.element.getBoundingClientRect().height);
      }
    }
    if (!changed || !this.#anchor) return;
    const { section, above } = this.#anchor;
    const { top } = this.#scroller.getBoundingClientRect();
    const rect = section.element.getBoundingClientRect();
    if (rect.height > 0) this.#scroller.scrollTop += rect.top + above * rect.height - top;
  }

  #atTop(): { section: Section; above: number } | null {
    const { top } = this.#scroller.getBoundingClientRect();
    for (const { sections } of this.#texts) {
      const [from, to] = within(sections, { top, bottom: top + 1 });
      const section = sections[from];
      if (!section || from === to) continue;
      const rect = section.element.getBoundingClientRect();
      return { section, above: Math.max(0, top - rect.top) / rect.height };
    }
    return null;
  }
}

/**
 * Has the sections on the side that is out of view take up what one has grown by, so that the text
 * stays as long as it was thought to be; gives what those above could not take.
 */
function absorb({ sections }: Sectioned, index: number, grown: number, above: boolean): number {
  let left = grown;
  const step = above ? -1 : 1;
  for (let at = index + step; left !== 0 && sections[at]; at += step) {
    left = sections[at]?.absorb(left) ?? left;
  }
  return above ? left : 0;
}

/** The first section that reaches into the box, and the first below it. */
function within(sections: readonly Section[], { top, bottom }: Box): [number, number] {
  const [first] = sections;
  // What is folded away, or on no page, has no boxes.
  if (!first || first.element.getClientRects().length === 0) return [0, 0];
  const from = search(sections, (rect) => rect.bottom > top);
  return [from, from + search(sections.slice(from), (rect) => rect.top >= bottom)];
}

/** The first section for which something is true that is true for all below it. */
function search(sections: readonly Section[], is: (rect: DOMRect) => boolean): number {
  let from = 0;
  let to = sections.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (is((sections[middle] as Section).element.getBoundingClientRect())) to = middle;
    else from = middle + 1;
  }
  return from;
}

/** What is selected and has left the page is copied as it was written. */
function lendForCopy(): void {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const ends = [...all].flatMap((viewport) => viewport.lend(range));
  // After the copy, which is made when all listeners have been called.
  if (ends.length > 0) setTimeout(() => ends.forEach((end) => end()));
}
