/** Where a long text is cut for the screen: its beginning when folded, pieces when shown whole. */

/** A longer text is folded. In UTF-16 code units, and in lines. */
const FOLD = { characters: 4_000, lines: 40 };
/** What a folded text shows. */
const BEGINNING = { characters: 1_500, lines: 16 };
/** The size of a piece, in UTF-16 code units: a browser lays one out within a frame. */
export const PIECE = 10_000;

/** The beginning that is shown of a text that folds; null where it is short enough to be shown. */
export function beginning(text: string): string | null {
  if (text.length <= FOLD.characters && lineEnd(text, FOLD.lines) < 0) return null;
  const lines = lineEnd(text, BEGINNING.lines);
  const end = lines < 0 ? text.length : lines;
  return text.slice(0, cut(text, 0, Math.min(end, BEGINNING.characters), 0));
}

/** Cuts into pieces of {@link PIECE} at most, at the end of a line where there is one to cut at. */
export function split(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length;) {
    const to = cut(text, at, at + PIECE, PIECE / 2);
    pieces.push(text.slice(at, to));
    at = to;
  }
  return pieces;
}

/** Where the line with this number, counted from 1, ends; -1 where there are not more lines. */
function lineEnd(text: string, line: number): number {
  let at = -1;
  for (let count = 0; count < line; count += 1) {
    at = text.indexOf("\n", at + 1);
    if (at < 0) return -1;
  }
  return at;
}

/** The place before `to` to cut at: after a line's end that is at least `least` away, else inside. */
function cut(text: string, from: number, to: number, least: number): number {
  if (to >= text.length) return text.length;
  const line = least > 0 ? text.lastIndexOf("\n", to - 1) + 1 : 0;
  if (line >= from + least && line > from) return line;
  // Never between the halves of a pair of surrogates.
  return /[\ud800-\udbff]/.test(text.charAt(to - 1)) && to - 1 > from ? to - 1 : to;
}
