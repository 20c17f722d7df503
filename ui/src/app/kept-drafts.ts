/**
 * What was typed and not sent, kept for the page that comes after this one: in the memory of the
 * window at once, for one after a reload or after the page's process has died; and soon after in the
 * data folder, for the one of the next start and for other windows.
 */
import type { DraftChanges, Unsent, UnsentDraft } from "../backend/generated";

/** How many characters are kept at most; more would not fit into every web view. */
const MOST = 1_000_000;
const PLACE = "tacet.drafts";

/** After the last change, in ms; what is typed later than that before an end by force is lost. */
const DELAY = 500;

/** What fits: all texts before any file. */
export function fitting(
  drafts: readonly UnsentDraft[],
  edits: readonly [string, string][],
): Unsent {
  let room = MOST;
  const fits = (text: string): boolean => {
    if (text.length > room) return false;
    room -= text.length;
    return true;
  };
  const kept: Unsent = {
    drafts: drafts.map((draft) => ({
      ...draft,
      text: fits(draft.text) ? draft.text : "",
      files: [],
    })),
    edits: edits.filter(([, text]) => fits(text)),
    lost: [],
  };
  for (const [index, { files }] of drafts.entries()) {
    for (const file of files) {
      if (fits(file.text)) kept.drafts[index]?.files.push(file);
      else kept.lost.push(file.name);
    }
  }
  return kept;
}

/** What was typed, by the place that it belongs to: drafts by conversation and branch, edits by message. */
function byPlace({ drafts, edits }: Unsent): Map<string, UnsentDraft | string> {
  const draftsByPlace = drafts.map((draft): [string, UnsentDraft] => [placeOf(draft), draft]);
  const editsByPlace = edits.map(([id, text]): [string, string] => [`edit ${id}`, text]);
  return new Map<string, UnsentDraft | string>([...draftsByPlace, ...editsByPlace]);
}

/** The place of a draft, as one word. */
export function placeOf({ id, leaf }: Pick<UnsentDraft, "id" | "leaf">): string {
  return `draft ${id ?? ""} ${leaf ?? ""}`;
}

/** Whether two drafts, or two edits, say the same; neither is one that is not there. */
export function isSame(
  one: UnsentDraft | string | undefined,
  other: UnsentDraft | string | undefined,
): boolean {
  if (typeof one !== "object" || typeof other !== "object") return one === other;
  return (
    one.text === other.text &&
    one.files.length === other.files.length &&
    one.files.every(({ name, text }, index) => {
      const file = other.files[index];
      return file?.name === name && file.text === text;
    })
  );
}

/** The places at which two states differ. */
function differing(before: Unsent, after: Unsent): Set<string> {
  const [from, to] = [byPlace(before), byPlace(after)];
  const places = [...from.keys(), ...to.keys()];
  return new Set(places.filter((place) => !isSame(from.get(place), to.get(place))));
}

/** What has to be changed of `before` to have `after`; null where they are the same. */
export function changesOf(before: Unsent, after: Unsent): DraftChanges | null {
  const places = differing(before, after);
  if (places.size === 0 && before.lost.join() === after.lost.join()) return null;
  const stays = new Set(byPlace(after).keys());
  const drafts = after.drafts.filter((draft) => places.has(placeOf(draft)));
  const gone = before.drafts.filter((draft) => !stays.has(placeOf(draft)));
  const edits = after.edits.filter(([id]) => places.has(`edit ${id}`));
  const ended = before.edits.filter(([id]) => !stays.has(`edit ${id}`));
  return {
    drafts: [...drafts, ...gone.map((draft) => ({ ...draft, text: "", files: [] }))],
    edits: [...edits, ...ended.map(([id]): [string, null] => [id, null])],
    lost: after.lost,
  };
}

/** What a page left in the memory of its window. */
interface Left {
  readonly unsent: Unsent;
  /** The places at which the app did not have that yet. */
  readonly unwritten: readonly string[];
}

/** What the app has, and in its place what the page before this one had not handed over. */
export function takenUp(found: Unsent, { unsent, unwritten }: Left): Unsent {
  const own = new Set(unwritten);
  const drafts = (of: Unsent, isOwn: boolean): UnsentDraft[] =>
    of.drafts.filter((draft) => own.has(placeOf(draft)) === isOwn);
  const edits = (of: Unsent, isOwn: boolean): [string, string][] =>
    of.edits.filter(([id]) => own.has(`edit ${id}`) === isOwn);
  return {
    drafts: [...drafts(found, false), ...drafts(unsent, true)],
    edits: [...edits(found, false), ...edits(unsent, true)],
    lost: unsent.lost,
  };
}

/** Three states of what was typed: as this window and the app had it last, as it is here, as it is there. */
export interface Heard {
  readonly before: Unsent;
  readonly here: Unsent;
  readonly there: Unsent;
}

export class KeptDrafts {
  /** What the app has, or is about to have. */
  #written: Unsent;
  /** What there is here. */
  #here: Unsent;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Whether the last time failed. */
  #failing = false;

  /** `found` is what the app has; `write` changes some of it, and `failed` hears why that was not
   * possible: once, until it is again. */
  constructor(
    private readonly found: Unsent,
    private readonly write: (changes: DraftChanges) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.#written = found;
    this.#here = found;
  }

  keep(unsent: Unsent): void {
    this.#here = unsent;
    const unwritten = [...differing(this.#written, unsent)];
    try {
      sessionStorage.setItem(PLACE, JSON.stringify({ unsent, unwritten }));
    } catch {
      // A web view without room for it keeps what it had; what is on the screen is not touched.
    }
    clearTimeout(this.#timer);
    if (changesOf(this.#written, unsent) === null) return;
    this.#timer = setTimeout(() => this.flush(), DELAY);
  }

  /** Has the app keep it now: another window may be used next. */
  flush(): void {
    clearTimeout(this.#timer);
    // In their order.
    this.#writing = this.#writing.then(() => this.#write());
  }

  /** Another window has changed what the app has: `read` gives that, and `take` takes it over. */
  hear(
    read: () => Promise<Unsent>,
    take: (heard: Heard) => void,
    failed: (error: unknown) => void,
  ): void {
    // What was written here before is in what is read.
    this.#writing = this.#writing.then(async () => {
      try {
        const there = await read();
        const before = this.#written;
        this.#written = there;
        take({ before, here: this.#here, there });
      } catch (error) {
        failed(error);
      }
    });
  }

  async #write(): Promise<void> {
    const here = this.#here;
    const changes = changesOf(this.#written, here);
    if (changes === null) return;
    try {
      await this.write(changes);
      this.#written = here;
      this.#failing = false;
    } catch (error) {
      // The next change makes up for it.
      if (!this.#failing) this.failed(error);
      this.#failing = true;
    }
  }

  /** What the app has, and what the page before this one could not hand over any more. */
  kept(): Unsent {
    try {
      const left = sessionStorage.getItem(PLACE);
      if (left !== null) return takenUp(this.found, JSON.parse(left) as Left);
    } catch {
      // Without it, this is a first page.
    }
    return this.found;
  }
}
