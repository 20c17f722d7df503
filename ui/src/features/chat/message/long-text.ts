/** What is shown of a long text while it is folded. */

/** A longer text is folded. In UTF-16 code units, and in lines. */
const FOLD = { characters: 4_000, lines: 40 };
/** What a folded text shows. */
const BEGINNING = { characters: 1_500, lines: 16 };

/** The beginning that is shown of a text that folds; null where it is short enough to be shown. */
export function beginning(text: string): string | null {
  if (text.length <= FOLD.characters && lineEnd(text, FOLD.lines) < 0) return null;
  const lines = lineEnd(text, BEGINNING.lines);
  const end = Math.min(lines < 0 ? text.length : lines, BEGINNING.characters);
  // Never between the halves of a pair of surrogates.
  return text.slice(0, /[\ud800-\udbff]/.test(text.charAt(end - 1)) ? end - 1 : end);
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
