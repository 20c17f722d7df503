/**
 * Finding words in the conversation on the screen, folded parts and those off the page too. What the
 * page has not read of it, the app looks through; it is read when the person goes to a place there.
 */
import type { FoundAbove } from "../backend/generated";
import type { Entry, EntryPart } from "./entry.svelte";
import { fold, placesOf } from "./fold";
import { Latest } from "./latest";
import type { Thread } from "./thread.svelte";

/** One place where the words stand. */
export interface Match {
  /** The message, which may not be read yet. */
  readonly messageId: string;
  /** The part's place in the message; null for the message as a whole. */
  readonly part: number | null;
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

/** What the search needs of the rest of the window. */
interface Surroundings {
  thread(): Thread | null;
  /** Where the words stand above what was read of the thread. */
  findAbove(thread: Thread, words: string): Promise<readonly FoundAbove[]>;
  /** Reads the thread as far up as a message; false where that was not possible. */
  readThrough(thread: Thread, messageId: string): Promise<boolean>;
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
  /** Counts the words that were looked for, so that what was found of older ones is not taken. */
  #searches = 0;
  readonly #looking = new Latest(() => this.#lookAbove());
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
    void this.#looking.run();
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
    if (!this.#knowsAbove()) void this.#looking.run();
  }

  /** Shows a message that was found elsewhere, at these words in this part of it. */
  seek(entry: Entry, part: number, words: string): void {
    const needle = fold(words).text;
    const place = entry.parts[part];
    const inName = place !== undefined && placesOf(fold(place.name), needle, 1).length > 0;
    this.sought = { match: { messageId: entry.id, part, inName, nth: 0 }, needle };
  }

  /** Shows where a message begins. */
  seekMessage({ id }: Entry): void {
    this.sought = { match: { messageId: id, part: null, inName: false, nth: 0 }, needle: "" };
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
    const search = this.#searches;
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
    // A place that was not read yet was on its way as one of those before.
    if (known === null || !this.#isRead(this.matches[this.at])) await this.#show();
  }

  #isRead(match: Match | undefined): boolean {
    const path = this.#around.thread()?.path ?? [];
    return match === undefined || path.some(({ id }) => id === match.messageId);
  }

  /** Shows the place that is chosen, once its message was read. */
  async #show(): Promise<void> {
    const thread = this.#around.thread();
    const match = this.matches[this.at];
    const search = this.#searches;
    if (match && thread && !this.#isRead(match)) {
      if (!(await this.#around.readThrough(thread, match.messageId))) return;
      // Another place was asked for meanwhile.
      if (search !== this.#searches || this.matches[this.at] !== match) return;
      const known = this.#lookAgain();
      // The page may be stricter than the app: the nearest place is as good.
      this.at = known ?? Math.min(this.at, Math.max(0, this.matches.length - 1));
      return this.#show();
    }
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
    const path = this.#around.thread()?.path ?? [];
    const read = new Set(path.map(({ id }) => id));
    for (const { messageId, part, inName, count } of this.#above) {
      if (read.has(messageId)) continue;
      for (let nth = 0; nth < count && found.length < MOST; nth += 1) {
        found.push({ messageId, part, inName, nth });
      }
    }
    const add = (messageId: string, part: number, text: string, inName: boolean): void => {
      const places = placesOf({ text, places: null }, needle, MOST - found.length);
      places.forEach((_, nth) => found.push({ messageId, part, inName, nth }));
    };
    for (const { id, parts } of path) {
      parts.forEach((part, index) => {
        if (part.hidden) return;
        if (part.name !== "") add(id, index, fold(part.name).text, true);
        add(id, index, this.#textOf(part), false);
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
