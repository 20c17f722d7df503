/**
 * What was typed and not sent, kept for the page that comes after this one: in the memory of the
 * window at once, for one after a reload or after the page's process has died; and soon after in the
 * data folder, for the one of the next start.
 */
import type { Unsent, UnsentDraft } from "../backend/generated";

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

export class KeptDrafts {
  /** What the data folder has, or is about to have. */
  #written: string;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Whether the last time failed. */
  #failing = false;

  /** `found` is what the data folder has; `write` puts something in its place, and `failed` hears why
   * that was not possible: once, until it is again. */
  constructor(
    private readonly found: Unsent,
    private readonly write: (unsent: Unsent) => Promise<void>,
    private readonly failed: (error: unknown) => void,
  ) {
    this.#written = JSON.stringify(found);
  }

  keep(unsent: Unsent): void {
    const text = JSON.stringify(unsent);
    try {
      sessionStorage.setItem(PLACE, text);
    } catch {
      // A web view without room for it keeps what it had; what is on the screen is not touched.
    }
    clearTimeout(this.#timer);
    if (text === this.#written) return;
    this.#timer = setTimeout(() => {
      this.#written = text;
      // In their order.
      this.#writing = this.#writing.then(() => this.#write(unsent));
    }, DELAY);
  }

  async #write(unsent: Unsent): Promise<void> {
    try {
      await this.write(unsent);
      this.#failing = false;
    } catch (error) {
      // The next change makes up for it.
      this.#written = "";
      if (!this.#failing) this.failed(error);
      this.#failing = true;
    }
  }

  /** What the page before this one kept, else what the last run did. */
  kept(): Unsent {
    try {
      const found = sessionStorage.getItem(PLACE);
      if (found !== null) return JSON.parse(found) as Unsent;
    } catch {
      // Without it, this is a first page.
    }
    return this.found;
  }
}
