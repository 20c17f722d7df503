/** What a section goes on with that the one above has begun, and how it is begun with that. */
import type { Container } from "./container";
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

export interface Continuation {
  /** Whether it begins within a line, which is words. */
  withinLine: boolean;
  /** Undefined outside of lists. */
  list: ContinuedList | undefined;
}

/** Opens the list that goes on, and its last item where that goes on too. */
export function continueList(
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
  const { list, withinLine } = continues;
  if (!list || withinLine) return "md-section md-continued";
  return list.loose ? "md-section" : "md-section md-next-item";
}
