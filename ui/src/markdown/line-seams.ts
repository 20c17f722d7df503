/**
 * Finds the places within a line at which a text can be cut that has no other: an answer without
 * line breaks is one paragraph, however long it is.
 */

/** Shorter lines are cut before their beginnings only, in UTF-16 code units. */
export const LINE_LENGTH = 2000;
/** What a line may be broken after, or between, where words are written without spaces. */
const SPACE = /\s/;
const IDEOGRAPH = /[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]/;
const STOP = /[\u3001\u3002\uff01\uff0c\uff1a\uff1b\uff1f]/;
/** What ends a sentence, with the space behind it. */
const SENTENCE_END = /(?:[.!?…:;]\s|[。！？])$/;
/** What belongs to the character before it. */
const JOINED = /[\p{M}\u200d\ufe00-\ufe0f\udc00-\udfff]/u;
/** What belongs to the character after it. */
const JOINS = /[\ud800-\udbff\u200d\\]$/;

/** Marks of spans that are open in a text, as far as counting their runs tells. */
class OpenMarks {
  private ticks = 0;
  private stars = 0;
  private brackets = 0;
  private last = "";

  take(c: string): void {
    if (c === "`" && this.last !== c) this.ticks += 1;
    else if (c === "*" && this.last !== c) this.stars += 1;
    else if (c === "[") this.brackets += 1;
    else if (c === "]") this.brackets -= 1;
    this.last = c;
  }

  get none(): boolean {
    return this.ticks % 2 === 0 && this.stars % 2 === 0 && this.brackets === 0;
  }
}

export class LineSeams {
  /** Undefined as long as the line is too short to be cut. */
  private marks: OpenMarks | undefined;

  /** `long`: the least characters of a section that is cut off within a line. */
  constructor(private readonly long: number) {}

  /** A line begins, or what of one is below a seam. */
  begin(): void {
    this.marks = undefined;
  }

  /**
   * Where in `text`, which goes on the line from `at` to `end`, the next section begins; undefined
   * where it does not. `line` is the line so far, `length` that of the section so far.
   */
  next(text: string, at: number, end: number, line: string, length: number): number | undefined {
    if (length + end - at <= this.long || line.length + end - at <= LINE_LENGTH) return undefined;
    if (!this.marks) {
      this.marks = new OpenMarks();
      for (const c of line) this.marks.take(c);
    }
    let before = line.slice(-2);
    for (let place = at; place < end; place += 1) {
      const c = text.charAt(place);
      const isLong = line.length + place - at > LINE_LENGTH;
      if (isLong && this.isSeam(before, c, length + place - at)) return place;
      this.marks.take(c);
      before = before.slice(-1) + c;
    }
    return undefined;
  }

  /**
   * Behind a sentence first, then between spans; where none ends, between words; and at last within
   * one. `before` are the two characters in front of it, `length` is that of the section.
   */
  private isSeam(before: string, c: string, length: number): boolean {
    if (length < this.long || JOINED.test(c) || JOINS.test(before)) return false;
    if (length >= 3 * this.long) return true;
    if (!isBetweenWords(before, c)) return false;
    if (length >= 2 * this.long) return true;
    return this.marks?.none === true && (length >= 1.5 * this.long || SENTENCE_END.test(before));
  }
}

function isBetweenWords(before: string, c: string): boolean {
  if (SPACE.test(c)) return false;
  const last = before.slice(-1);
  return SPACE.test(last) || (IDEOGRAPH.test(c) && (IDEOGRAPH.test(last) || STOP.test(last)));
}
