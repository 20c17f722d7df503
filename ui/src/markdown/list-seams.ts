/** What the starts of lines tell of lists: where an item begins with which one can go on. */
import type { ContinuedList } from "./continuation";

const ITEM = /^((?:[-+*]|[0-9]{1,9}[.)])([ \t]*))(\S|$)/;

export class Lists {
  /** Whether it depends on more than the starts of lines to which item the line above belongs. */
  unsure = false;
  /** Lines that are indented so far belong to the last item; 0 outside of lists. */
  private column = 0;
  /** The list of that item, where that is known. */
  private list: ContinuedList | undefined;
  /** Whether a line has come that belongs to the item only if it goes on a paragraph there. */
  private lazy = false;

  get indent(): number {
    return this.column;
  }

  /** Whether the line above may be an item's. */
  get open(): boolean {
    return this.column > 0;
  }

  /** Whether a line of this indent is surely the last item's. */
  has(indent: number): boolean {
    return this.open && indent >= this.column && !this.lazy;
  }

  /** The indent of the item that a block of this indent may be in. */
  within(indent: number): number | undefined {
    return this.open && indent >= this.column ? this.column : undefined;
  }

  /** The list that goes on with a line that begins so; "more" where that is not known yet. */
  goesOnWith(
    start: string,
    isFull: boolean,
    afterBlank: boolean,
  ): ContinuedList | "more" | undefined {
    // Only a bullet at the margin begins an item whatever is above it.
    if (!this.list || (this.unsure && !/^[-+*]/.test(start))) return undefined;
    const isItem = beginsItem(start, this.list.marker, this.column);
    if (isItem === "more") return isFull ? undefined : "more";
    return isItem ? { ...this.list, loose: this.list.loose || afterBlank } : undefined;
  }

  /** A section begins; `isNext`: with the next item. */
  beginSection(isNext: boolean): void {
    this.lazy = false;
    if (!isNext) this.column = 0;
  }

  /** A section begins within a line of words: gives the list whose last item goes on with it. */
  cutItem(): ContinuedList | undefined {
    const list = this.open && !this.lazy ? this.list : undefined;
    if (!list) this.column = 0;
    this.lazy = false;
    return list && { ...list };
  }

  /** Takes a line that is an item's first, or words; answers whether it is the former. */
  read(text: string, indent: number, afterBlank: boolean): boolean {
    const item = ITEM.exec(text);
    if (item && (item[2] !== "" || item[3] === "")) {
      const spaces = item[2]?.length ?? 0;
      const marker = (item[1]?.length ?? 0) - spaces;
      // An empty item, and a number other than 1, do not end a paragraph: they may be words of it.
      const ends = item[3] !== "" && /^(?:[-+*]|1[.)])/.test(text);
      this.lazy = !(ends || afterBlank || (this.open && !this.lazy));
      if (this.lazy || item[3] === "") this.unsure = true;
      this.readMark(item[1]?.trimEnd() ?? "", afterBlank);
      this.column = indent + marker + (item[3] === "" || spaces > 4 ? 1 : columns(item[2] ?? ""));
      return true;
    }
    if (afterBlank) {
      this.unsure = indent > 0 && (this.unsure || this.open);
      this.column = 0;
    } else {
      this.unsure ||= this.open;
      this.lazy = true;
    }
    return false;
  }

  beginFootnote(): void {
    this.column = 2;
    this.list = undefined;
    this.lazy = false;
  }

  /** A block ends every list above; `unsure`: unless it is within one. */
  end(unsure: boolean): void {
    this.unsure = unsure;
    this.column = 0;
    this.lazy = false;
  }

  /** An item with this mark at its start goes on the list or begins one. */
  private readMark(mark: string, afterBlank: boolean): void {
    const marker = mark.slice(-1);
    const { list } = this;
    if (this.lazy) {
      this.list = undefined;
    } else if (list && this.open && list.marker === marker) {
      list.next += 1;
      list.loose ||= afterBlank;
    } else {
      this.list = { marker, next: Number(mark.slice(0, -1)) + 1, loose: false };
    }
  }
}

/**
 * Whether a line that begins so is an item of the list whose last item has that indent; "more" where
 * that is not known yet.
 */
function beginsItem(start: string, marker: string, indent: number): boolean | "more" {
  const [line = ""] = start.split("\n", 1);
  const isWhole = line.length < start.length;
  const [, space = "", mark = "", gap = "", rest = ""] =
    /^( {0,3})([-+*]|[0-9]{0,9}[.)]?)([ \t]*)(.*)$/.exec(line) ?? [];
  if (space.length >= indent) return false;
  if (rest === "") return isWhole ? false : "more";
  if (mark.slice(-1) !== marker || gap.length === 0 || gap.length > 4) return false;
  // A rule is made of the same signs.
  if (/[^\s*+-]/.test(rest)) return true;
  return isWhole ? false : "more";
}

/** The width of white space at the start of a line. */
export function columns(space: string): number {
  let width = 0;
  for (const c of space) width += c === "\t" ? 4 - (width % 4) : 1;
  return width;
}
