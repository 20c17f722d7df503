/**
 * Bounds runs of combining marks on the screen.
 *
 * A letter may carry any number of marks, and a web view needs minutes to lay out some thousands.
 * No language needs more than a handful; thirty in a row is what Unicode's Stream-Safe Text Format
 * allows (UAX #15, section 13). What is stored, copied and sent keeps all of them.
 */
import type { TextSink } from "./live-text";

/** The most marks, and characters that show nothing by themselves, in a row. */
export const LONGEST_RUN = 30;

const RUN = /[\p{M}\p{Cf}]+/gu;
const FIRST = Array.from(
  { length: LONGEST_RUN + 1 },
  (_, count) => new RegExp(`^(?:[\\p{M}\\p{Cf}]){0,${count}}`, "u"),
);

/** Bounds a text that comes in pieces, cut anywhere: the same as bounding it at once. */
export class MarkBound {
  /** The marks in a row with which the text so far ends. */
  #run = 0;

  /** What is shown of the next piece. */
  next(piece: string): string {
    if (piece === "") return "";
    const before = this.#run;
    this.#run = 0;
    return piece.replace(RUN, (run, at: number) => {
      const already = at === 0 ? before : 0;
      const shown = FIRST[LONGEST_RUN - already]?.exec(run)?.[0] ?? "";
      // Only the run at the very end goes on with the next piece.
      if (at + run.length === piece.length) this.#run = already + count(shown);
      return shown;
    });
  }
}

/** The whole text with its runs of marks bounded. */
export function boundMarks(text: string): string {
  return new MarkBound().next(text);
}

/** A sink that shows what it is given with its runs of marks bounded. */
export function boundedSink(sink: TextSink): TextSink {
  const bound = new MarkBound();
  return {
    append: (text) => sink.append(bound.next(text)),
    end: () => sink.end(),
  };
}

/** In code points: a mark may be a surrogate pair. */
function count(run: string): number {
  return [...run].length;
}
