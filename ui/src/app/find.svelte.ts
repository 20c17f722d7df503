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
  /** The folded texts of parts that change no more, while the search is open. */
  #folded = new WeakMap<EntryPart, string>();
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
    this.#folded = new WeakMap();
  }

  /** Goes to the next place, or the one before; after the last comes the first. */
  step(step: number): void {
    // Text may have come since.
    const known = this.#lookAgain();
    const count = this.matches.length;
    if (count === 0) {
      this.sought = null;
      return;
    }
    this.at = ((known ?? this.at) + step + count) % count;
    this.#show();
  }

  /** Looks again, where more of the conversation was read. */
  refresh(): void {
    const known = this.#lookAgain();
    this.at = known ?? Math.max(0, this.matches.length - 1);
    if (known === null) this.#show();
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

  /** Looks again; gives which place is the one that is shown by now, null where it is gone. */
  #lookAgain(): number | null {
    const before = this.matches[this.at];
    this.matches = this.#look();
    const known = this.matches.findIndex((match) => before !== undefined && same(match, before));
    return known < 0 ? null : known;
  }

  #look(): Match[] {
    const needle = fold(this.#words).text;
    const found: Match[] = [];
    if (needle.trim() === "") return found;
    const add = (entry: Entry, part: number, text: string, inName: boolean): void => {
      const places = placesOf({ text, places: null }, needle, MOST - found.length);
      places.forEach((_, nth) => found.push({ entry, part, inName, nth }));
    };
    for (const entry of this.#thread()?.path ?? []) {
      entry.parts.forEach((part, index) => {
        if (part.hidden) return;
        if (part.name !== "") add(entry, index, fold(part.name).text, true);
        add(entry, index, this.#textOf(part), false);
      });
      if (found.length >= MOST) break;
    }
    return found;
  }

  /** The text of a part, folded. */
  #textOf(part: EntryPart): string {
    const known = this.#folded.get(part);
    if (known !== undefined) return known;
    const { text } = fold(part.text.toString());
    if (part.text.finished) this.#folded.set(part, text);
    return text;
  }
}

function same(a: Match, b: Match): boolean {
  return a.entry.id === b.entry.id && a.part === b.part && a.inName === b.inName && a.nth === b.nth;
}
