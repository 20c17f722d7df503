/** Finding words in the conversation on the screen, folded parts and those off the page too. */
import type { Entry, EntryPart } from "./entry.svelte";
import { fold, placesOf } from "./fold";
import type { Thread } from "./thread.svelte";

/** One place where the words stand. */
export interface Match {
  readonly entry: Entry;
  /** The part's place in the message. */
  readonly part: number;
  /** Whether they are in its name: of a file, or of a tool. */
  readonly inName: boolean;
  /** The number of the place within that, from 0. */
  readonly nth: number;
}

/** What the transcript shall show and mark. */
export interface Sought {
  readonly match: Match;
  /** The words, folded. */
  readonly needle: string;
}

/** More are not counted: nobody walks through so many. */
export const MOST = 10_000;

export class Find {
  open = $state(false);
  /** Counts up when the field shall have the focus. */
  focusRequests = $state(0);
  matches = $state.raw<readonly Match[]>([]);
  /** Which of them is shown, from 0. */
  at = $state(0);
  sought = $state.raw<Sought | null>(null);
  #words = $state("");
  readonly #thread: () => Thread | null;

  constructor(thread: () => Thread | null) {
    this.#thread = thread;
  }

  get words(): string {
    return this.#words;
  }

  /** Looks for other words, and shows the last place: the end is what is read. */
  set words(words: string) {
    this.#words = words;
    this.matches = this.#look();
    this.at = Math.max(0, this.matches.length - 1);
    this.#show();
  }

  show(): void {
    this.open = true;
    this.focusRequests += 1;
    if (this.#words !== "") this.words = this.#words;
  }

  close(): void {
    this.open = false;
    this.sought = null;
  }

  /** Goes to the next place, or the one before; after the last comes the first. */
  step(step: number): void {
    const before = this.matches[this.at];
    // Text may have come since.
    this.matches = this.#look();
    const count = this.matches.length;
    if (count === 0) {
      this.sought = null;
      return;
    }
    const known = this.matches.findIndex((match) => before !== undefined && same(match, before));
    this.at = ((known < 0 ? this.at : known) + step + count) % count;
    this.#show();
  }

  /** Looks again, where more of the conversation was read. */
  refresh(): void {
    const before = this.matches[this.at];
    this.matches = this.#look();
    const known = this.matches.findIndex((match) => before !== undefined && same(match, before));
    this.at = known < 0 ? Math.max(0, this.matches.length - 1) : known;
    if (known < 0) this.#show();
  }

  /** Shows a message that was found elsewhere, at these words in this part of it. */
  seek(entry: Entry, part: number, words: string): void {
    const needle = fold(words).text;
    const place = entry.parts[part];
    const inName = place !== undefined && placesOf(fold(place.name), needle, 1).length > 0;
    this.sought = { match: { entry, part, inName, nth: 0 }, needle };
  }

  #show(): void {
    const match = this.matches[this.at];
    this.sought = match ? { match, needle: fold(this.#words).text } : null;
  }

  #look(): Match[] {
    const needle = fold(this.#words).text;
    const found: Match[] = [];
    if (needle.trim() === "") return found;
    for (const entry of this.#thread()?.path ?? []) {
      entry.parts.forEach((part, index) => {
        if (!part.hidden) lookIn(entry, part, index, needle, found);
      });
      if (found.length >= MOST) break;
    }
    return found;
  }
}

function lookIn(
  entry: Entry,
  part: EntryPart,
  index: number,
  needle: string,
  found: Match[],
): void {
  const add = (text: string, inName: boolean): void => {
    const places = placesOf(fold(text), needle, MOST - found.length);
    places.forEach((_, nth) => found.push({ entry, part: index, inName, nth }));
  };
  if (part.name !== "") add(part.name, true);
  add(part.text.toString(), false);
}

function same(a: Match, b: Match): boolean {
  return a.entry.id === b.entry.id && a.part === b.part && a.inName === b.inName && a.nth === b.nth;
}
