/** What a section goes on with that the one above has begun, and how it is begun with that. */
import type { Alert } from "./begin";
import type { ContinuedTable } from "./columns";
import { makeQuote, type Container } from "./container";
import { element } from "./options";

/** A list that goes on. */
export interface ContinuedList {
  /** What its items begin with: a bullet, or the sign behind their numbers. */
  marker: string;
  /** The number of the next item. */
  next: number;
  /** Whether its items stand apart. */
  loose: boolean;
}

/** A block that goes on: with its next line, or within one. */
export type ContinuedBlock =
  | { kind: "paragraph"; withinLine: boolean }
  | { kind: "heading"; withinLine: true; level: number }
  | { kind: "formula"; withinLine: boolean; close: string }
  | { kind: "table"; withinLine: false; table: ContinuedTable };

export interface Continuation {
  /** The quotes around it, the outermost first, and what each is marked as. */
  quotes: readonly (Alert | undefined)[];
  /** Undefined outside of lists. */
  list: ContinuedList | undefined;
  /** Undefined where a block of its own begins with it, or the next item of the list. */
  block: ContinuedBlock | undefined;
}

/** Opens the quotes and the list that go on, with the last item where that goes on too. */
export function continueContainers(
  root: HTMLElement,
  { quotes, list, block }: Continuation,
): Container[] {
  const open: Container[] = [];
  let around = root;
  for (const alert of quotes) {
    const made = makeQuote(alert);
    around.append(made);
    around = made;
    open.push({ open: { kind: "quote" }, element: made });
  }
  // A quote has its bar in the distance as well.
  if (quotes.length > 0 && !block)
    around.classList.add(list && !list.loose ? "md-gap-item" : "md-gap");
  if (list) open.push(...continueList(around, list, block !== undefined));
  return open;
}

function continueList(
  root: HTMLElement,
  { marker, next, loose }: ContinuedList,
  withinItem: boolean,
): Container[] {
  const list = element(/[.)]/.test(marker) ? "ol" : "ul", loose ? "md-loose" : "");
  if (list instanceof HTMLOListElement) list.start = withinItem ? next - 1 : next;
  root.append(list);
  const open: Container[] = [{ open: { kind: "list", marker }, element: list }];
  if (!withinItem) return open;
  const item = element("li", "md-continued");
  list.append(item);
  return [...open, { open: { kind: "item", indent: 1, empty: false }, element: item }];
}

/** The classes of a section, which say how far it is from the one above. */
export function classesOf(continues: Continuation | undefined): string {
  if (!continues) return "md-section";
  const { quotes, list, block } = continues;
  if (block || quotes.length > 0) return "md-section md-continued";
  return list?.loose ? "md-section" : "md-section md-next-item";
}
