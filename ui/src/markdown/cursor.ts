/** Walks along the start of a line by columns, with tab stops at every fourth (CommonMark 0.31, 2.2). */
export class Cursor {
  at = 0;
  private column = 0;
  /** Whether the tab at `at` has been used in part. */
  private partial = false;

  constructor(readonly line: string) {}

  /** Columns of white space from here on, and where the text after it begins. */
  space(): { width: number; end: number } {
    let { at, column } = this;
    for (; this.line[at] === " " || this.line[at] === "\t"; at += 1) {
      column += this.line[at] === "\t" ? 4 - (column % 4) : 1;
    }
    return { width: column - this.column, end: at };
  }

  /** The text after the white space. */
  get rest(): string {
    return this.line.slice(this.space().end);
  }

  get startsWithSpace(): boolean {
    return this.line[this.at] === " " || this.line[this.at] === "\t";
  }

  /** Passes over white space of so many columns at most. */
  skip(columns: number): void {
    for (let left = columns; left > 0 && this.startsWithSpace;) {
      const width = this.line[this.at] === "\t" ? 4 - (this.column % 4) : 1;
      const used = Math.min(left, width);
      this.partial = used < width;
      this.column += used;
      left -= used;
      if (!this.partial) this.at += 1;
    }
  }

  skipSpace(): void {
    this.skip(Number.POSITIVE_INFINITY);
  }

  /** Passes over so many characters that are no tabs. */
  pass(length: number): void {
    this.at += length;
    this.column += length;
    this.partial = false;
  }

  /** How many characters are used up, and how many spaces stand for the rest of a tab. */
  get used(): { length: number; pad: number } {
    return this.partial
      ? { length: this.at + 1, pad: 4 - (this.column % 4) }
      : { length: this.at, pad: 0 };
  }
}
