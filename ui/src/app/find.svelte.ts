/**
 * Finding words in the conversation on the screen, folded parts and those off the page too. What the
 * page has not read of it, the app looks through; it is read when the person goes to a place there.
 */
import type { FoundAbove } from "../backend/generated";
import type { Entry, EntryPart } from "./entry.svelte";
import { fold, placesOf } from "./fold";
import type { Thread } from "./thread.svelte";

/** One place where the words stand. */
export interface Match {
  readonly messageId: string;
  /** Null where the message is not read yet. */
  readonly entry: Entry | null;
  /** The part's place in the message. */
  readonly part: number;
  /** Whether they are in its name: of a file, or of a tool. */
  readonly inName: boolean;
  /** The number of the place within that, from 0. */
  readonly nth: number;
}

/** What the transcript shall show and mark. */
export interface Sought {
  readonly match: Match & { readonly entry: Entry };
  /** The words, folded. */
  readonly needle: string;
}

/** What the search needs of the rest of the window. */
interface Surroundings {
  thread(): Thread | null;
  /** Where the words stand above what was read of the thread. */
  findAbove(thread: Thread, words: string): Promise<readonly FoundAbove[]>;
  /** Reads more of the thread; false where there is no more, or it failed. */
  readEarlier(thread: Thread): Promise<boolean>;
  report(error: unknown): void;
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
  /** What was found of these words in messages that were not read then. */
  #above: readonly FoundAbove[] = [];
  /** The message above which that was found; null where nothing was looked for there. */
  #below: string | null = null;
  /** Counts the searches, so that the answer to an older one is not taken. */
  #searches = 0;
  /** The folded texts of parts that change no more, while the search is open. */
  #folded = new WeakMap<EntryPart, string>();
  readonly #around: Surroundings;

  constructor(around: Surroundings) {
    this.#around = around;
  }

  get words(): string {
    return this.#words;
  }

  /** Looks for other words, and shows the last place: the end is what is read. */
  set words(words: string) {
    this.#words = words;
    this.#forgetAbove();
    this.matches = this.#look();
    this.at = Math.max(0, this.matches.length - 1);
    void this.#show();
    void this.#lookAbove();
  }

  show(): void {
    this.open = true;
    this.focusRequests += 1;
    if (this.#words !== "") this.words = this.#words;
  }

  close(): void {
    this.open = false;
    this.sought = null;
    this.#forgetAbove();
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
    void this.#show();
    // Another branch may be shown by now, or less of this one be kept.
    if (!this.#knowsAbove()) void this.#lookAbove();
  }

  /** Shows a message that was found elsewhere, at these words in this part of it. */
  seek(entry: Entry, part: number, words: string): void {
    const needle = fold(words).text;
    const place = entry.parts[part];
    const inName = place !== undefined && placesOf(fold(place.name), needle, 1).length > 0;
    this.sought = { match: { messageId: entry.id, entry, part, inName, nth: 0 }, needle };
  }

  #forgetAbove(): void {
    this.#searches += 1;
    this.#above = [];
    this.#below = null;
  }

  /** Whether it is known what stands above the messages that are read. */
  #knowsAbove(): boolean {
    const { unread, path } = this.#around.thread() ?? { unread: null, path: [] };
    return unread === null || path.some(({ id }) => id === this.#below);
  }

  /** Has the app look through what was not read. */
  async #lookAbove(): Promise<void> {
    const search = (this.#searches += 1);
    const thread = this.#around.thread();
    const below = thread?.unread ?? null;
    if (!thread || below === null || this.#words.trim() === "") return;
    try {
      const above = await this.#around.findAbove(thread, this.#words);
      if (search !== this.#searches) return;
      this.#above = above;
      this.#below = below;
    } catch (error) {
      this.#around.report(error);
      return;
    }
    const known = this.#lookAgain();
    this.at = known ?? Math.max(0, this.matches.length - 1);
    // A place that was not read yet is still on its way, for the search before this one.
    if (known === null || this.matches[this.at]?.entry === null) await this.#show();
  }

  /** Shows the place that is chosen, once its message was read. */
  async #show(): Promise<void> {
    const thread = this.#around.thread();
    const match = this.matches[this.at];
    const search = this.#searches;
    if (match?.entry === null && thread) {
      while (!thread.path.some(({ id }) => id === match.messageId)) {
        if (!(await this.#around.readEarlier(thread))) return;
        // Another place was asked for meanwhile.
        if (search !== this.#searches || this.matches[this.at] !== match) return;
      }
      const known = this.#lookAgain();
      // The page may be stricter than the app: the nearest place is as good.
      this.at = known ?? Math.min(this.at, Math.max(0, this.matches.length - 1));
      return this.#show();
    }
    const entry = match?.entry;
    this.sought =
      match && entry ? { match: { ...match, entry }, needle: fold(this.#words).text } : null;
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
    const path = this.#around.thread()?.path ?? [];
    const read = new Set(path.map(({ id }) => id));
    for (const { messageId, part, inName, count } of this.#above) {
      if (read.has(messageId)) continue;
      for (let nth = 0; nth < count && found.length < MOST; nth += 1) {
        found.push({ messageId, entry: null, part, inName, nth });
      }
    }
    const add = (entry: Entry, part: number, text: string, inName: boolean): void => {
      const places = placesOf({ text, places: null }, needle, MOST - found.length);
      const { id: messageId } = entry;
      places.forEach((_, nth) => found.push({ messageId, entry, part, inName, nth }));
    };
    for (const entry of path) {
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
  return (
    a.messageId === b.messageId && a.part === b.part && a.inName === b.inName && a.nth === b.nth
  );
}
