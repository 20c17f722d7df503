/** The search over all conversations, as it is typed. */
import { errorText, type Backend } from "../backend/backend";
import type { Found, Hit } from "../backend/generated";
import { Latest } from "./latest";

/** How many hits are shown. */
const LIMIT = 50;
/** How long after an answer of an index that is still being made it is asked again, in ms. */
const AGAIN = 700;

export class Finder {
  /** What was found last; null where nothing is asked for. */
  found = $state.raw<Found | null>(null);
  /** Why it could not search, in words for the person. */
  problem = $state<string | null>(null);
  /** The hit that Enter opens. */
  chosen = $state(0);
  /** Counts up when the field shall have the focus. */
  focusRequests = $state(0);
  #words = $state("");
  readonly #search = new Latest(() => this.#ask());
  #again: ReturnType<typeof setTimeout> | undefined;
  readonly #backend: Backend;

  constructor(backend: Backend) {
    this.#backend = backend;
  }

  get words(): string {
    return this.#words;
  }

  /** Searches while it is typed: one search at a time, and the newest words last. */
  set words(words: string) {
    this.#words = words;
    this.chosen = 0;
    void this.#search.run();
  }

  get hits(): readonly Hit[] {
    return this.found?.hits ?? [];
  }

  /** Whether something is asked for. */
  get active(): boolean {
    return this.#words.trim() !== "";
  }

  /** Whether the list of conversations makes room for what was found: not before there is an answer. */
  get answered(): boolean {
    return this.active && (this.found !== null || this.problem !== null);
  }

  /** Asks again: what is listed may have changed. */
  refresh(): void {
    if (this.active) void this.#search.run();
  }

  focus(): void {
    this.focusRequests += 1;
  }

  clear(): void {
    this.words = "";
  }

  /** Goes `step` hits further, and not beyond an end. */
  walk(step: number): void {
    this.chosen = Math.max(0, Math.min(this.hits.length - 1, this.chosen + step));
  }

  async #ask(): Promise<void> {
    clearTimeout(this.#again);
    const words = this.#words;
    const utcOffsetMinutes = -new Date().getTimezoneOffset();
    try {
      const search = { words, utcOffsetMinutes, limit: LIMIT };
      const found = this.active ? await this.#backend.search(search) : null;
      if (words !== this.#words) return;
      this.found = found;
      this.problem = null;
    } catch (error) {
      this.problem = errorText(error);
    }
    if (this.active && this.found?.indexing) {
      this.#again = setTimeout(() => void this.#search.run(), AGAIN);
    }
  }
}
