/** Whether a run of marks may open or close emphasis (CommonMark 0.31, 6.2; GFM 0.29, 6.5). */

export type Mark = "*" | "_" | "~";

const SPACE = /^\s$/u;
const PUNCTUATION = /^[\p{P}\p{S}]$/u;
/** Scripts that are written without spaces, with their own punctuation. */
const CJK =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\u3000-\u303f\u30fb\u30fc\uff00-\uffef]$/u;

/**
 * `before` and `after` are the characters next to the run, empty at the ends
 * of the text. Next to a CJK character punctuation does not keep a mark from
 * working, as those scripts have no spaces around it; CommonMark alone would
 * leave `**「重要」**です` as it is.
 */
export function flanking(
  mark: Mark,
  length: number,
  before: string,
  after: string,
): { opens: boolean; closes: boolean } {
  const blankBefore = before === "" || SPACE.test(before);
  const blankAfter = after === "" || SPACE.test(after);
  const [closeBefore, closeAfter] = [PUNCTUATION.test(before), PUNCTUATION.test(after)];
  const [wideBefore, wideAfter] = [CJK.test(before), CJK.test(after)];
  const left =
    !blankAfter && (!closeAfter || wideAfter || blankBefore || closeBefore || wideBefore);
  const right =
    !blankBefore && (!closeBefore || wideBefore || blankAfter || closeAfter || wideAfter);
  switch (mark) {
    case "*":
      return { opens: left, closes: right };
    case "_":
      return { opens: left && (!right || closeBefore), closes: right && (!left || closeAfter) };
    case "~":
      if (length > 2) return { opens: false, closes: false };
      if (length === 2) return { opens: left, closes: right };
      // One tilde is more often "about" than a mark: ~5 to ~10, 约~5到~10.
      return {
        opens: left && (blankBefore || closeBefore) && !/[\d$€£¥]/.test(after),
        closes: right && (blankAfter || closeAfter),
      };
  }
}

/** The character that ends at `at`, whole where it is a surrogate pair. */
export function characterBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(Math.max(0, at - 2), at) : text.charAt(at - 1);
}

/** The character that begins at `at`, whole where it is a surrogate pair. */
export function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}
