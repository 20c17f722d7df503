/**
 * Finds the places at which a text can be cut into sections that are read each by itself, without
 * reading it: before a line that begins at the margin below a blank one, outside of what blank
 * lines do not end; and where nothing ends for long, before an item of a list, a row of a table, a
 * line of a quote or of a formula, before a plain line, and within a line. It looks at the start of
 * each line only, as a section that is far from the view may never be read at all.
 */
import { BlockSeams, type Progress, type Sought } from "./block-seams";
import type { Continuation } from "./continuation";

/** The least characters of a section: what a browser reads and lays out within a frame or two. */
export const SECTION_LENGTH = 2500;
/** From so many on, a section ends where its block does not. */
export const LONG_SECTION = 16_000;
/** So much of a line is waited for where its start decides whether a section begins with it. */
const START_LIMIT = 64;

export interface Seam {
  /** Where the section begins. */
  at: number;
  /** What it goes on with; undefined where it begins with a block of its own. */
  continues: Continuation | undefined;
}

/** Text whose seams are known. */
export interface Cut {
  text: string;
  seams: Seam[];
}

export class Seams {
  /** The start of a line of which it is not known yet whether a section begins with it. */
  private pending = "";
  /** Whether the start of the line was read. */
  private begun = false;
  private readonly progress: Progress = { length: 0 };
  private readonly blocks: BlockSeams;

  /** The least lengths of sections that end with a block, and of those that end without one. */
  constructor(
    least = SECTION_LENGTH,
    private readonly long = LONG_SECTION,
  ) {
    this.blocks = new BlockSeams(this.progress, { least, long });
  }

  /** Takes the next piece of the text, cut anywhere; gives it up to where its seams are known. */
  next(piece: string): Cut {
    return this.read(this.pending + piece, false);
  }

  /** No more text comes: gives what was left. */
  end(): Cut {
    return this.read(this.pending, true);
  }

  private read(text: string, last: boolean): Cut {
    const { blocks, progress } = this;
    const seams: Seam[] = [];
    const found = (at: number, sought: Sought): void => {
      seams.push({ at, continues: sought === "block" ? undefined : sought });
      progress.length = 0;
    };
    this.pending = "";
    for (let at = 0; at < text.length;) {
      if (!this.begun) {
        const start = text.slice(at, at + START_LIMIT);
        const begun = blocks.begin(start, last || start.length === START_LIMIT);
        if (begun === "more") {
          this.pending = text.slice(at);
          return { text: text.slice(0, at), seams };
        }
        if (begun.seam) found(at, begun.seam);
        at += begun.marks;
        progress.length += begun.marks;
        this.begun = true;
      }
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      let from = at;
      while (progress.length + end - from > this.long) {
        const within = blocks.within(text, from, end);
        if (!within) break;
        from = within.at;
        found(from, within.continues);
      }
      blocks.take(text.slice(from, end));
      progress.length += end - from;
      at = end + 1;
      if (lineEnd < 0) break;
      progress.length += 1;
      blocks.endLine();
      this.begun = false;
    }
    return { text, seams };
  }
}
