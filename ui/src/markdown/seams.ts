/**
 * Finds the places at which a text can be cut into sections that are read each by itself, without
 * reading it: before a line that begins at the margin below a blank one, outside of what blank
 * lines do not end. It looks at the start of each line only, as a section that is far from the view
 * may never be read at all.
 */

/** The least characters of a section: what a browser reads and lays out within a frame or two. */
export const SECTION_LENGTH = 2500;
/** From so many on, a section of plain lines ends without a blank one. */
const LONG_SECTION = 16_000;
/** A formula with a blank line in it that is not closed after so many characters is none. */
const DOUBT_LIMIT = 4000;

export interface Seam {
  /** Where the section begins. */
  at: number;
  /** Whether it goes on with the paragraph above. */
  continues: boolean;
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
  /** The line so far. */
  private line = "";
  /** Characters since the last seam. */
  private length = 0;
  /** Whether the line above is blank, as the one above the first is. */
  private blank = true;
  /** Whether the line above may be a table's. */
  private barred = false;
  private inside: Inside | undefined;
  /** How many folds are open. */
  private folds = 0;
  /** Lines that are indented so far belong to the last item; 0 outside of lists. */
  private indent = 0;
  /** Whether lines are read again that were taken for a formula's. */
  private again = false;
  /** Whether a line has come that belongs to the item only if it goes on a paragraph there. */
  private lazy = false;
  /** Whether it depends on more than the starts of lines what is a block: no seam follows. */
  private lost = false;

  constructor(private readonly least = SECTION_LENGTH) {}

  /** Takes the next piece of the text, cut anywhere, and gives the seams in it. */
  next(text: string): Seam[] {
    const found: Seam[] = [];
    for (let at = 0; at < text.length;) {
      const seam = this.line === "" ? this.seamBefore(text.charAt(at)) : undefined;
      if (seam !== undefined) {
        found.push({ at, continues: seam === "continues" });
        this.length = 0;
        this.indent = 0;
        this.lazy = false;
      }
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      this.line += text.slice(at, end);
      this.length += end - at + 1;
      at = end + 1;
      if (lineEnd < 0) break;
      this.readLine(this.line);
      this.line = "";
    }
    return found;
  }

  /** Whether the line that begins with `c` begins a section. */
  private seamBefore(c: string): "begins" | "continues" | undefined {
    if (this.length < this.least || this.inside || this.folds > 0 || this.lost) return undefined;
    if (this.blank) return /\s/.test(c) || ITEM_START.test(c) ? undefined : "begins";
    const isLong = this.length >= Math.max(this.least, LONG_SECTION) && this.indent === 0;
    return isLong && !this.barred && PLAIN_START.test(c) ? "continues" : undefined;
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
      return this.begin({ kind: "fence", mark: text.charAt(0), length, within });
    }
    if (!this.again && (text.startsWith("$$") || text.startsWith("\\["))) {
      const close = text.startsWith("$$") ? "$$" : "\\]";
      const { length } = text;
      const formula = { close, length, doubtful: false, lines: [text], within };
      return this.begin(text.includes(close, 2) ? undefined : { kind: "formula", ...formula });
    }
    if (/^<details>/i.test(text)) {
      this.folds += 1;
      if (within !== undefined) this.lost = true;
      return this.begin(undefined);
    }
    if (this.folds > 0 && /^<\/details>[ \t]*$/i.test(text)) {
      this.folds -= 1;
      return this.begin(undefined);
    }
    if (/^#{1,6}[ \t]/.test(text) || RULE.test(text)) return this.begin(undefined);
    const item = ITEM.exec(text);
    if (item && (item[2] !== "" || item[3] === "")) {
      const spaces = item[2]?.length ?? 0;
      const marker = (item[1]?.length ?? 0) - spaces;
      // An empty item, and a number other than 1, do not end a paragraph: they may be words of it.
      const ends = item[3] !== "" && /^(?:[-+*]|1[.)])/.test(text);
      this.lazy = !(ends || this.blank || (this.indent > 0 && !this.lazy));
      this.indent = indent + marker + (item[3] === "" || spaces > 4 ? 1 : columns(item[2] ?? ""));
    } else if (FOOTNOTE.test(text)) {
      this.indent = 2;
      this.lazy = false;
    } else if (this.blank) {
      this.indent = 0;
    } else {
      this.lazy = true;
    }
  }

  /** A block that ends every list above. */
  private begin(inside: Inside | undefined): void {
    this.inside = inside;
    this.indent = 0;
    this.lazy = false;
  }
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
