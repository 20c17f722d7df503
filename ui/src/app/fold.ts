/** Finding text as people do: case and diacritics do not count. */

/** A text to look in. */
export interface Folded {
  readonly text: string;
  /** Where each code unit of `text` stands in the original, and its length at the end; null where
   * they are the same. */
  readonly places: Uint32Array | null;
}

/** A stretch of a text, in UTF-16 code units. */
export interface Stretch {
  from: number;
  to: number;
}

const ASCII = /^[\0-\x7f]*$/;
/** Marks that a reader may leave out: of Latin, Greek and Cyrillic, Hebrew and Arabic. Others, the
 * vowels of many scripts and the voicing marks of Kana, tell words apart. */
const MARKS =
  /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]/g;

export function fold(original: string): Folded {
  if (ASCII.test(original)) return { text: original.toLowerCase(), places: null };
  const pieces: string[] = [];
  const places: number[] = [];
  let at = 0;
  for (const letter of original) {
    const folded = letter <= "\x7f" ? letter.toLowerCase() : foldLetter(letter);
    pieces.push(folded);
    for (let unit = 0; unit < folded.length; unit += 1) places.push(at);
    at += letter.length;
  }
  places.push(at);
  return { text: pieces.join(""), places: Uint32Array.from(places) };
}

/** The app folds what is not on the page in the same way (`src-tauri/store/src/find.rs`). */
function foldLetter(letter: string): string {
  const bare = letter.normalize("NFKD").replace(MARKS, "").toLowerCase();
  return bare.replace("ß", "ss").replace("ς", "σ").normalize("NFC");
}

/** Where `needle`, which is folded, stands in a text; at most `most` places. */
export function placesOf({ text, places }: Folded, needle: string, most = Infinity): Stretch[] {
  const found: Stretch[] = [];
  if (needle === "") return found;
  for (let at = text.indexOf(needle); at >= 0 && found.length < most;) {
    const end = at + needle.length;
    found.push(places ? { from: places[at] ?? 0, to: after(places, end) } : { from: at, to: end });
    at = text.indexOf(needle, end);
  }
  return found;
}

/** Where the letter that ends before this unit ends in the original, with the marks on it. */
function after(places: Uint32Array, end: number): number {
  return places[end] ?? places.at(-1) ?? 0;
}
