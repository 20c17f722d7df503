/** Brings a place that was found into view, whatever hides it, and marks it. */
import type { Sought } from "../../../app/find.svelte";
import { fold, placesOf } from "../../../app/fold";
import type { Section } from "../../../stream/section";
import { Viewport } from "../../../stream/viewport";

/** The names under which the style sheet knows the marks. */
const [CURRENT, OTHERS] = ["found-current", "found"];
/** Older engines cannot mark text; they scroll to it, and mark the message. */
const canMark = typeof Highlight === "function";
/** Keeps the marks where the words are, while the nodes around them change. */
let watch: MutationObserver | undefined;
/** No more places of a part are marked. */
const MOST_MARKED = 500;

/**
 * Shows the place that is sought within `article`, the message: opens what is folded, has the text
 * come to the page, and scrolls there. `settle` lets the page take up what was opened.
 */
export async function reveal(
  article: HTMLElement,
  { match, needle }: Sought,
  settle: () => Promise<void>,
): Promise<void> {
  unmark();
  article.dataset.found = "";
  if (match.part === null) {
    article.scrollIntoView({ block: "start" });
    return;
  }
  const part = partOf(article, match.part);
  if (!part || match.inName) {
    show(part ?? article, needle, 0);
    return;
  }
  unfold(part);
  await settle();
  const { within, nth } = bring(part, needle, match.nth);
  show(within, needle, nth);
}

/** Takes all marks away. */
export function unmark(): void {
  for (const marked of document.querySelectorAll<HTMLElement>("[data-found]")) {
    delete marked.dataset.found;
  }
  watch?.disconnect();
  if (!canMark) return;
  CSS.highlights.delete(CURRENT);
  CSS.highlights.delete(OTHERS);
}

/** What shows the part with this number, where something does. */
function partOf(article: HTMLElement, index: number): HTMLElement | null {
  return article.querySelector<HTMLElement>(`[data-testid="part"][data-part="${String(index)}"]`);
}

function unfold(part: HTMLElement): void {
  if (part instanceof HTMLDetailsElement) part.open = true;
  part.querySelector<HTMLElement>("[data-testid='fold'][aria-expanded='false']")?.click();
}

/** Has the place come to the page; gives what it is in by now, and its number there. */
function bring(
  part: HTMLElement,
  needle: string,
  nth: number,
): { within: HTMLElement; nth: number } {
  const host = Viewport.hostIn(part);
  if (!host) return { within: part, nth };
  let left = nth;
  for (const section of host.sections) {
    const count = placesOf(fold(section.source), needle).length;
    if (left < count) return { within: fill(section), nth: left };
    left -= count;
  }
  // What is not whole yet, and always on the page.
  const last = host.element.lastElementChild;
  return { within: last instanceof HTMLElement ? last : part, nth: left };
}

function fill(section: Section): HTMLElement {
  const { element } = section;
  // Its neighbours come to the page as well, and it is where it is by then.
  element.scrollIntoView({ block: "center" });
  Viewport.around(element)?.update();
  section.fill();
  return element;
}

/** Where the words stand in what an element shows. */
function find(within: HTMLElement, needle: string): Range[] {
  const texts: { node: Text; from: number }[] = [];
  let all = "";
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (!(node instanceof Text)) continue;
    texts.push({ node, from: all.length });
    all += node.data;
  }
  return placesOf(fold(all), needle, MOST_MARKED).flatMap(({ from, to }) => {
    const begin = texts.findLast((text) => text.from <= from);
    const end = texts.findLast((text) => text.from < to);
    if (!begin || !end) return [];
    const range = document.createRange();
    range.setStart(begin.node, from - begin.from);
    range.setEnd(end.node, to - end.from);
    return [range];
  });
}

/** Scrolls to the place with this number among those where the words stand in an element, and marks
 * them all; without one, to the element. */
function show(element: HTMLElement, needle: string, nth: number): void {
  const places = find(element, needle);
  const at = Math.min(nth, places.length - 1);
  toCentre(element, places[at]);
  // What came to the page on the way may have moved it.
  Viewport.around(element)?.update();
  mark(element, needle, at);
  toCentre(element, find(element, needle)[at]);
  // Code gets its colours and formulas their form later, in other nodes; and what is far away and
  // comes back has others as well.
  watch = new MutationObserver(() => mark(element, needle, at));
  watch.observe(element, { childList: true, characterData: true, subtree: true });
}

function mark(element: HTMLElement, needle: string, nth: number): void {
  if (!canMark) return;
  const places = find(element, needle);
  const place = places[nth];
  CSS.highlights.set(OTHERS, new Highlight(...places.filter((other) => other !== place)));
  CSS.highlights.set(CURRENT, place ? new Highlight(place) : new Highlight());
}

function toCentre(element: HTMLElement, place: Range | undefined): void {
  const around = place?.startContainer.parentElement ?? element;
  around.scrollIntoView({ block: "center" });
  // A long line of text is one element: the place in it may still be out of view.
  for (
    let scroller = around.closest<HTMLElement>(".scroller");
    scroller && place;
    scroller = scroller.parentElement?.closest<HTMLElement>(".scroller") ?? null
  ) {
    const view = scroller.getBoundingClientRect();
    const box = place.getBoundingClientRect();
    if (box.top < view.top || box.bottom > view.bottom) {
      scroller.scrollTop += box.top - (view.top + view.height / 2);
    }
  }
}
