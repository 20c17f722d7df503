/**
 * Finds the places at which a text can be cut into sections that are read each by itself, without
 * reading it: before a line that begins at the margin below a blank one, outside of what blank
 * lines do not end; and where nothing ends for long, before an item of a list, before a plain line,
 * and within a line. It looks at the start of each line only, as a section that is far from the
 * view may never be read at all.
 */
import type { ContinuedList, Continuation } from "./continuation";
import { isWords, LineSeams } from "./line-seams";

/** The least characters of a section: what a browser reads and lays out within a frame or two. */
export const SECTION_LENGTH = 2500;
/** From so many on, a section of plain lines ends without a blank one, and one of items with an item. */
export const LONG_SECTION = 16_000;
/** So much of a line is waited for where its start decides whether a section begins with it. */
const START_LIMIT = 64;
/** A formula with a blank line in it that is not closed after so many characters is none. */
const DOUBT_LIMIT = 4000;

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

/** `within`: it may be inside of an item of that indent, which then ends it before its own end. */
type Inside = { within: number | undefined } & (
  | { kind: "fence"; mark: string; length: number }
  | { kind: "formula"; close: string; length: number; doubtful: boolean; lines: string[] }
);

/** What may go on a list or an item with the first character of its line. */
const ITEM_START = /[-+*0-9]/;
/** What a line begins with that can be nothing but a paragraph's. */
const PLAIN_START = /[^\s\d*+\-=>|#:~`$\\<[_]/;
const RULE = /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const ITEM = /^((?:[-*+]|[0-9]{1,9}[.)])([ \t]*))(\S|$)/;
const FOOTNOTE = /^\[\^[^\]\[\s]{1,64}\]:/;

export class Seams {
  /** The line so far, or what of it is below the last seam. */
  private line = "";
  /** Whether `line` is the rest of a line whose beginning has been read. */
  private within = false;
  /** The start of a line of which it is not known yet whether a section begins with it. */
  private pending = "";
  /** Characters since the last seam. */
  private length = 0;
  /** Whether the line above is blank, as the one above the first is. */
  private blank = true;
  /** Whether the line above may be a table's. */
  private barred = false;
  /** Whether the line above may be a quote's. */
  private quoted = false;
  private inside: Inside | undefined;
  /** How many folds are open. */
  private folds = 0;
  /** Lines that are indented so far belong to the last item; 0 outside of lists. */
  private indent = 0;
  /** The list of that item, where that is known. */
  private list: ContinuedList | undefined;
  /** Whether lines are read again that were taken for a formula's. */
  private again = false;
  /** Whether a line has come that belongs to the item only if it goes on a paragraph there. */
  private lazy = false;
  /** Whether it depends on more than the starts of lines to which item the line above belongs. */
  private unsure = false;
  /** Whether it depends on more than the starts of lines what is a block: no seam follows. */
  private lost = false;
  private readonly inLine: LineSeams;

  /** The least lengths of sections that end with a block, and of those that end without one. */
  constructor(
    private readonly least = SECTION_LENGTH,
    private readonly long = LONG_SECTION,
  ) {
    this.inLine = new LineSeams(long);
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
    const seams: Seam[] = [];
    this.pending = "";
    for (let at = 0; at < text.length;) {
      if (this.line === "" && !this.within) {
        const found = this.seamBefore(text.slice(at, at + START_LIMIT), last);
        if (found === "more") {
          this.pending = text.slice(at);
          return { text: text.slice(0, at), seams };
        }
        if (found) {
          seams.push({ at, continues: found === "block" ? undefined : found });
          this.length = 0;
          this.lazy = false;
          if (found === "block" || !found.list) this.indent = 0;
        }
      }
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      let from = at;
      for (let seam = this.seamWithin(text, from, end); seam;) {
        seams.push(seam);
        from = seam.at;
        seam = this.seamWithin(text, from, end);
      }
      this.line += text.slice(from, end);
      this.length += end - from;
      at = end + 1;
      if (lineEnd < 0) break;
      this.length += 1;
      this.endLine();
    }
    return { text, seams };
  }

  /** What the section goes on with that begins with the line of this start. */
  private seamBefore(start: string, last: boolean): Continuation | "block" | "more" | undefined {
    if (this.length < this.least || this.inside || this.folds > 0 || this.lost) return undefined;
    const c = start.charAt(0);
    if (this.blank && !/\s/.test(c) && !ITEM_START.test(c)) return "block";
    if (this.length < this.long) return undefined;
    if (this.indent > 0) {
      // Only a bullet at the margin begins an item whatever is above it.
      if (!this.list || (this.unsure && !/[-+*]/.test(c))) return undefined;
      const isItem = beginsItem(start, this.list.marker, this.indent);
      if (isItem === "more") return last || start.length === START_LIMIT ? undefined : "more";
      const loose = this.list.loose || this.blank;
      return isItem ? { withinLine: false, list: { ...this.list, loose } } : undefined;
    }
    if (this.blank || this.barred || this.quoted || this.unsure) return undefined;
    return PLAIN_START.test(c) ? { withinLine: false, list: undefined } : undefined;
  }

  /** The first section that begins within the line that goes on from `at` to `end`. */
  private seamWithin(text: string, at: number, end: number): Seam | undefined {
    if (this.length + end - at <= this.long) return undefined;
    if (this.inside || this.folds > 0 || this.lost || this.barred) return undefined;
    if (!this.within && !isWords(this.line + text.slice(at, at + START_LIMIT), this.indent)) {
      return undefined;
    }
    const place = this.inLine.next(text, at, end, this.line, this.length);
    if (place === undefined) return undefined;
    if (!this.within) this.readLine(this.line + text.slice(at, place));
    this.within = true;
    this.barred = false;
    this.line = "";
    this.length = 0;
    this.inLine.begin();
    const isInItem = this.indent > 0 && !this.lazy && this.list;
    if (!isInItem) this.indent = 0;
    this.lazy = false;
    const list = isInItem ? { ...isInItem } : undefined;
    return { at: place, continues: { withinLine: true, list } };
  }

  private endLine(): void {
    if (this.within) {
      this.blank = false;
      this.barred = this.line.includes("|");
    } else {
      this.readLine(this.line);
    }
    this.within = false;
    this.line = "";
    this.inLine.begin();
  }

  private readLine(line: string): void {
    const text = line.trimStart();
    const blank = text === "";
    const { inside } = this;
    const indent = columns(line.slice(0, line.length - text.length));
    // Where an item ends here, what follows is a block of its own, and else it is still inside.
    if (inside?.within !== undefined && !blank && indent < inside.within) this.lost = true;
    if (inside?.kind === "fence") {
      if (closesFence(line, inside)) this.inside = undefined;
      this.blank = false;
      return;
    }
    if (inside) return this.readFormula(line, text, inside);
    if (blank || text.startsWith(">")) this.quoted = !blank;
    if (!blank) this.readBlock(text, indent);
    this.blank = blank;
    this.barred = line.includes("|");
  }

  /** Takes a line below a formula's first; the parser reads all of them again if it turns out to be none. */
  private readFormula(line: string, text: string, formula: Inside & { kind: "formula" }): void {
    const long = formula.doubtful && formula.length > DOUBT_LIMIT;
    if (!long) formula.lines.push(line);
    formula.length += line.length + 1;
    if (long || (formula.doubtful && /^(?:#{1,6}[ \t]|```|~~~)/.test(text))) {
      this.inside = undefined;
      this.again = true;
      for (const line of formula.lines) this.readLine(line);
      this.again = false;
      if (long) this.readLine(line);
      return;
    }
    if (text === "") formula.doubtful = true;
    else if (text.includes(formula.close)) this.inside = undefined;
    this.blank = false;
  }

  /** What begins with a line outside of fences and formulas, as far as it matters to those below. */
  private readBlock(text: string, indent: number): void {
    if (this.indent > 0 && indent >= this.indent && !this.lazy) return;
    if (indent >= 4) return;
    const within = this.indent > 0 && indent >= this.indent ? this.indent : undefined;
    const fence = /^(`{3,}|~{3,})(.*)$/.exec(text);
    if (fence && (text.startsWith("~") || !fence[2]?.includes("`"))) {
      const length = fence[1]?.length ?? 0;
      return this.begin({ kind: "fence", mark: text.charAt(0), length, within }, within);
    }
    if (!this.again && (text.startsWith("$$") || text.startsWith("\\["))) {
      const close = text.startsWith("$$") ? "$$" : "\\]";
      const { length } = text;
      const formula = { close, length, doubtful: false, lines: [text], within };
      const isOpen = !text.includes(close, 2);
      return this.begin(isOpen ? { kind: "formula", ...formula } : undefined, within);
    }
    if (/^<details>/i.test(text)) {
      this.folds += 1;
      if (within !== undefined) this.lost = true;
      return this.begin(undefined, within);
    }
    if (this.folds > 0 && /^<\/details>[ \t]*$/i.test(text)) {
      this.folds -= 1;
      return this.begin(undefined, within);
    }
    if (/^#{1,6}[ \t]/.test(text) || RULE.test(text)) return this.begin(undefined, within);
    const item = ITEM.exec(text);
    if (item && (item[2] !== "" || item[3] === "")) {
      const spaces = item[2]?.length ?? 0;
      const marker = (item[1]?.length ?? 0) - spaces;
      // An empty item, and a number other than 1, do not end a paragraph: they may be words of it.
      const ends = item[3] !== "" && /^(?:[-+*]|1[.)])/.test(text);
      this.lazy = !(ends || this.blank || (this.indent > 0 && !this.lazy));
      if (this.lazy || item[3] === "") this.unsure = true;
      this.readItem(item[1]?.trimEnd() ?? "");
      this.indent = indent + marker + (item[3] === "" || spaces > 4 ? 1 : columns(item[2] ?? ""));
    } else if (FOOTNOTE.test(text)) {
      this.indent = 2;
      this.list = undefined;
      this.lazy = false;
    } else if (this.blank) {
      this.unsure = indent > 0 && (this.unsure || this.indent > 0);
      this.indent = 0;
    } else {
      this.unsure ||= this.indent > 0;
      this.lazy = true;
    }
  }

  /** An item with this mark at its start goes on the list or begins one. */
  private readItem(mark: string): void {
    const marker = mark.slice(-1);
    const { list } = this;
    if (this.lazy) {
      this.list = undefined;
    } else if (list && this.indent > 0 && list.marker === marker) {
      list.next += 1;
      list.loose ||= this.blank;
    } else {
      this.list = { marker, next: Number(mark.slice(0, -1)) + 1, loose: false };
    }
  }

  /** A block that ends every list above, unless it is within the item of that indent. */
  private begin(inside: Inside | undefined, within: number | undefined): void {
    this.inside = inside;
    this.quoted = false;
    this.unsure = within !== undefined;
    this.indent = 0;
    this.lazy = false;
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

function closesFence(line: string, { mark, length }: Inside & { kind: "fence" }): boolean {
  const [, space = "", run = ""] = /^([ \t]*)([`~]+)[ \t]*$/.exec(line) ?? [];
  return run.length >= length && columns(space) <= 3 && [...run].every((c) => c === mark);
}

/** The width of white space at the start of a line. */
function columns(space: string): number {
  let width = 0;
  for (const c of space) width += c === "\t" ? 4 - (width % 4) : 1;
  return width;
}
