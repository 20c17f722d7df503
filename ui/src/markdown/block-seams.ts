/** The seams among the blocks of a document, or of a quote in it, as the starts of lines tell them. */
import { alertOf, type Alert } from "./begin";
import { ContinuedTable } from "./columns";
import type { Continuation, ContinuedBlock } from "./continuation";
import { directionOf } from "./direction";
import { formulaClose, HEAD_LENGTH, kindOf, type LineKind } from "./line-kind";
import { LINE_LENGTH, LineSeams } from "./line-seams";
import { columns, Lists } from "./list-seams";
import { countCells, delimiterRow } from "./table-row";

/** A formula with a blank line in it that is not closed after so many characters is none. */
const DOUBT_LIMIT = 4000;
/** Quotes in quotes that are followed; in deeper ones there are no seams. */
const DEPTH_LIMIT = 4;

/** How long the section is by now; of the document, for all of its quotes. */
export interface Progress {
  length: number;
}

/** What a section begins with: a block of its own, or something that goes on. */
export type Sought = Continuation | "block";

/** How the start of a line was understood. */
export interface Begun {
  /** How many characters of it are the marks of quotes. */
  marks: number;
  /** The section that begins with it. */
  seam: Sought | undefined;
}

/** `within`: it may be inside of an item of that indent, which then ends it before its own end. */
type Inside = { within: number | undefined } & (
  | { kind: "fence"; mark: string; length: number }
  | { kind: "formula"; close: string; length: number; doubtful: boolean; lines: string[] }
);

interface Quote {
  alert: Alert | undefined;
  /** Whether its first line has ended. */
  begun: boolean;
  readonly blocks: BlockSeams;
}

/** What may go on a list or an item with the first character of its line. */
const ITEM_START = /[-+*0-9]/;
/** What a line begins with that can be nothing but a paragraph's. */
const PLAIN_START = /[^\s\d*+\-=>|#:~`$\\<[_]/;
const RULE = /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/;
const HEADING = /^#{1,6}(?:[ \t]|$)/;
const FOOTNOTE = /^\[\^[^\]\[\s]{1,64}\]:/;
const FENCE = /^(`{3,}|~{3,})(.*)$/;
/** What ends a table, where it stands at the start of a line. */
const NO_ROW =
  /^(?:#{1,6}(?:[ \t]|$)|>|(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]|$)|~{3}|`{3,}[^`]*$|\$\$|\\\[|<details>|\[\^[^\]\[\s]{1,64}\]:)/i;

export class BlockSeams {
  /** The line so far, or what of it is below the last seam. */
  private line = "";
  /** Whether `line` is the rest of a line whose beginning has been read. */
  private rest = false;
  /** What the line is, once so much of it is there that its kind matters. */
  private kind: LineKind | undefined;
  /** Whether the line above is blank, as the one above the first is. */
  private blank = true;
  /** Whether the line above is a block that ended with it. */
  private ended = false;
  /** Whether the line above may be a table's. */
  private barred = false;
  /** The line above, where it is a table's first if the next one is a row of dashes. */
  private header: string | undefined;
  /** The table whose row the line above is. */
  private table: ContinuedTable | undefined;
  /** Whether the line above may be a row of a table that is not followed. */
  private tabled = false;
  /** The quote that the line above is marked as, and whether this one is too. */
  private quote: Quote | undefined;
  private quoting = false;
  /** Whether the line above may be a quote's that is not followed. */
  private quoted = false;
  private inside: Inside | undefined;
  /** How many folds are open. */
  private folds = 0;
  private readonly lists = new Lists();
  /** Whether lines are read again that were taken for a formula's. */
  private again = false;
  /** Whether it depends on more than the starts of lines what is a block: no seam follows. */
  private lost = false;
  private readonly inLine: LineSeams;

  /** `lengths` are the least ones of sections that end with a block, and of those without an end. */
  constructor(
    private readonly progress: Progress,
    private readonly lengths: { least: number; long: number },
    private readonly depth = 0,
  ) {
    this.inLine = new LineSeams(lengths.long);
  }

  /** Reads the start of a line; `isFull`: no more of it will be there. */
  begin(start: string, isFull: boolean): Begun | "more" {
    const marks = this.marksOf(start, isFull);
    if (marks === "more") return "more";
    const seam = this.seamAt(start, marks, isFull);
    if (seam === "more") return "more";
    this.enter(marks, seam);
    return { marks: marks.reduce((sum, mark) => sum + mark, 0), seam };
  }

  /** Takes what follows of a line, up to its end at most. */
  take(text: string): void {
    if (this.quoting) this.quote?.blocks.take(text);
    else this.line += text;
  }

  /** The first section that begins within the line that goes on from `at` to `end`. */
  within(
    text: string,
    at: number,
    end: number,
  ): { at: number; continues: Continuation } | undefined {
    if (this.quoting && this.quote) {
      const found = this.quote.blocks.within(text, at, end);
      return found && { at: found.at, continues: around(this.quote, found.continues) };
    }
    if (this.line.length + end - at <= LINE_LENGTH) return undefined;
    const block = this.blockWithin(text.slice(at, Math.min(end, at + HEAD_LENGTH)));
    if (!block) return undefined;
    const place = this.inLine.next(text, at, end, this.line, this.progress.length);
    if (place === undefined) return undefined;
    const before = this.line + text.slice(at, place);
    if (block.kind === "formula") {
      // What follows its end in the line is words, and is not cut off.
      const opens = this.rest || this.inside ? 0 : before.search(/\S/) + 2;
      if ((before + text.charAt(place)).includes(block.close, opens)) {
        this.kind = { kind: "other" };
        return undefined;
      }
    }
    if (!this.rest) this.readLine(before);
    if (this.inside?.kind === "formula") this.restart(this.inside);
    this.rest = true;
    this.barred = false;
    this.header = undefined;
    this.line = "";
    this.inLine.begin();
    const list = block.kind === "paragraph" ? this.lists.cutItem() : undefined;
    return { at: place, continues: { quotes: [], list, block } };
  }

  /** The line ends. */
  endLine(): void {
    if (this.quoting && this.quote) {
      this.endQuoteLine(this.quote);
    } else if (this.rest) {
      if (this.inside?.kind === "formula") this.closeFormula(this.line, this.inside);
      this.ended = this.kind?.kind === "heading";
      this.barred = this.line.includes("|");
      this.blank = false;
      this.header = undefined;
    } else {
      this.readLine(this.line);
    }
    this.rest = false;
    this.kind = undefined;
    this.line = "";
    this.inLine.begin();
  }

  /** The lengths of the marks of the quotes that the line stands in, from the outermost in. */
  private marksOf(start: string, isFull: boolean): number[] | "more" {
    if (this.inside || this.folds > 0 || this.lost || this.depth === DEPTH_LIMIT) return [];
    if (this.quoted && !this.quote) return [];
    const [mark, space = ""] = /^( {0,3})(?:>[ \t]?)?/.exec(start) ?? [];
    if (mark === undefined) return [];
    if (mark.length === start.length && !isFull) return "more";
    // Further to the right it may be a quote of an item.
    if (mark.length === space.length || (this.lists.open && space.length > 1)) return [];
    const blocks =
      this.quote?.blocks ?? new BlockSeams(this.progress, this.lengths, this.depth + 1);
    const inner = blocks.marksOf(start.slice(mark.length), isFull);
    return inner === "more" ? "more" : [mark.length, ...inner];
  }

  /** What the section begins with that begins with this line. */
  private seamAt(start: string, marks: number[], isFull: boolean): Sought | "more" | undefined {
    const { quote } = this;
    const [mark, ...inner] = marks;
    if (mark === undefined || !quote) return this.seamBefore(start, isFull);
    const seam = quote.blocks.seamAt(start.slice(mark), inner, isFull);
    if (seam === "more" || seam === undefined) return seam;
    const none = { quotes: [], list: undefined, block: undefined };
    return around(quote, seam === "block" ? none : seam);
  }

  /** The line begins behind these marks, and a section with it. */
  private enter(marks: number[], seam: Sought | undefined): void {
    const [mark, ...inner] = marks;
    this.quoting = mark !== undefined;
    if (seam && !(mark !== undefined && this.quote)) {
      this.lists.beginSection(seam !== "block" && seam.list !== undefined);
      if (this.inside?.kind === "formula") this.restart(this.inside);
    }
    if (mark === undefined) return;
    const isNew = !this.quote;
    if (isNew) this.beginBlock(undefined, undefined);
    this.quote ??= {
      alert: undefined,
      begun: false,
      blocks: new BlockSeams(this.progress, this.lengths, this.depth + 1),
    };
    this.quote.blocks.enter(inner, isNew ? undefined : seam && withoutQuote(seam));
  }

  private seamBefore(start: string, isFull: boolean): Sought | "more" | undefined {
    const { length } = this.progress;
    const { least, long } = this.lengths;
    const c = start.charAt(0);
    // A block of a quote does not end the quote.
    if (length < (this.depth > 0 ? long : least) || c === "") return undefined;
    if (this.folds > 0 || this.lost) return undefined;
    if (this.inside) return length < long ? undefined : this.seamInFormula(this.inside, c);
    if (this.blank && !/\s/.test(c) && !ITEM_START.test(c)) return "block";
    if (length < long) return undefined;
    if (this.table) return this.seamBeforeRow(this.table, start, isFull);
    if (this.lists.open) {
      const list = this.lists.goesOnWith(start, isFull, this.blank);
      if (list === "more" || list === undefined) return list;
      return { quotes: [], list, block: undefined };
    }
    if (this.blank || this.barred || this.tabled || this.quoted || this.quote) return undefined;
    if (this.lists.unsure) return undefined;
    if (!PLAIN_START.test(c)) return undefined;
    if (this.ended) return "block";
    return goingOn({ kind: "paragraph", withinLine: false });
  }

  private seamInFormula(inside: Inside, c: string): Continuation | undefined {
    if (inside.kind !== "formula" || inside.doubtful || inside.within !== undefined)
      return undefined;
    if (/\s/.test(c)) return undefined;
    return goingOn({ kind: "formula", withinLine: false, close: inside.close });
  }

  private seamBeforeRow(
    table: ContinuedTable,
    start: string,
    isFull: boolean,
  ): Continuation | "more" | undefined {
    const [number = ""] = /^\d*/.exec(start) ?? [];
    if (number.length === start.length && !isFull) return "more";
    const c = start.charAt(0);
    const isRow =
      number === "" ? c === "|" || PLAIN_START.test(c) : !/[.)]/.test(start.charAt(number.length));
    return isRow ? goingOn({ kind: "table", withinLine: false, table }) : undefined;
  }

  /** What a section goes on with that begins within the line, `next` being what comes of it. */
  private blockWithin(next: string): ContinuedBlock | undefined {
    if (this.folds > 0 || this.lost || this.table || this.tabled) return undefined;
    const { inside } = this;
    if (inside) {
      const isFormula = inside.kind === "formula" && !inside.doubtful;
      if (!isFormula || inside.within !== undefined || this.kind?.kind === "other")
        return undefined;
      return { kind: "formula", withinLine: true, close: inside.close };
    }
    this.kind ??= this.kindOf((this.line + next).slice(0, HEAD_LENGTH));
    switch (this.kind.kind) {
      case "words":
        return { kind: "paragraph", withinLine: true };
      case "heading":
        return { kind: "heading", withinLine: true, level: this.kind.level };
      case "formula":
        return { kind: "formula", withinLine: true, close: this.kind.close };
      case "other":
        return undefined;
    }
  }

  private kindOf(head: string): LineKind {
    // It may be a row.
    if (this.barred && /\||^[\s:-]*$/.test(head)) return { kind: "other" };
    return kindOf(head, this.lists.indent);
  }

  private endQuoteLine(quote: Quote): void {
    const { blocks } = quote;
    const alert = quote.begun || blocks.quoting || blocks.rest ? undefined : alertOf(blocks.line);
    if (alert) {
      quote.alert = alert;
      // It stands for a title, and what follows begins below that.
      blocks.line = "";
    }
    quote.begun = true;
    blocks.endLine();
    this.blank = false;
    this.ended = false;
    this.barred = false;
    this.header = undefined;
  }

  private readLine(line: string): void {
    const text = line.trimStart();
    const blank = text === "";
    const { inside, table, header } = this;
    const indent = columns(line.slice(0, line.length - text.length));
    this.table = undefined;
    this.tabled &&= !blank;
    this.header = undefined;
    this.ended = false;
    // Without its mark, a line may go on a paragraph in the quote.
    this.quoted = !blank && (this.quoted || this.quote !== undefined);
    this.quote = undefined;
    // Where an item ends here, what follows is a block of its own, and else it is still inside.
    if (inside?.within !== undefined && !blank && indent < inside.within) this.lost = true;
    if (inside?.kind === "fence") {
      this.ended = closesFence(line, inside);
      if (this.ended) this.inside = undefined;
      this.blank = false;
      return;
    }
    if (inside) return this.readFormula(line, text, inside);
    if (table && !blank && indent < 4 && !NO_ROW.test(text) && !RULE.test(text)) {
      this.table = table;
    } else if (header !== undefined && indent < 4 && isDelimiterRow(text, header)) {
      // What begins with a bracket may define the target of a link, and then is no first row.
      this.tabled = header.trimStart().startsWith("[");
      if (!this.tabled) {
        this.table = new ContinuedTable(delimiterRow(text) ?? [], directionOf(header));
      }
    } else if (!blank) {
      if (text.startsWith(">")) this.quoted = true;
      this.readBlock(text, indent, line);
    }
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
    else if (text.includes(formula.close)) {
      this.inside = undefined;
      this.ended = text.trimEnd().endsWith(formula.close);
    }
    this.blank = false;
  }

  /** A line of a formula ends that was cut within. */
  private closeFormula(rest: string, formula: Inside & { kind: "formula" }): void {
    formula.lines.push(rest);
    formula.length += rest.length + 1;
    if (rest.includes(formula.close)) this.inside = undefined;
  }

  /** A section begins within a formula: what is above it is not read again. */
  private restart(formula: Inside & { kind: "formula" }): void {
    formula.lines = [];
    formula.length = 0;
  }

  /** What begins with a line outside of fences and formulas, as far as it matters to those below. */
  private readBlock(text: string, indent: number, line: string): void {
    const { lists } = this;
    if (lists.has(indent)) return;
    if (indent >= 4) return;
    const within = lists.within(indent);
    const fence = FENCE.exec(text);
    if (fence && (text.startsWith("~") || !fence[2]?.includes("`"))) {
      const length = fence[1]?.length ?? 0;
      return this.beginBlock({ kind: "fence", mark: text.charAt(0), length, within }, within);
    }
    const close = this.again ? undefined : formulaClose(text);
    if (close !== undefined) {
      const { length } = text;
      const formula = { close, length, doubtful: false, lines: [text], within };
      const isOpen = !text.includes(close, 2);
      return this.beginBlock(isOpen ? { kind: "formula", ...formula } : undefined, within);
    }
    if (/^<details>/i.test(text)) {
      this.folds += 1;
      if (within !== undefined) this.lost = true;
      return this.beginBlock(undefined, within);
    }
    if (this.folds > 0 && /^<\/details>[ \t]*$/i.test(text)) {
      this.folds -= 1;
      return this.beginBlock(undefined, within);
    }
    if (HEADING.test(text) || RULE.test(text)) {
      this.beginBlock(undefined, within);
      this.ended = true;
      return;
    }
    if (FOOTNOTE.test(text)) return lists.beginFootnote();
    const isItem = lists.read(text, indent, this.blank);
    const isWords = !isItem && !lists.open && !lists.unsure && !this.quoted;
    if (isWords && text.includes("|")) this.header = line;
  }

  /** A block that ends every list above, unless it is within the item of that indent. */
  private beginBlock(inside: Inside | undefined, within: number | undefined): void {
    this.inside = inside;
    this.quoted = false;
    this.table = undefined;
    this.tabled = false;
    this.header = undefined;
    this.lists.end(within !== undefined);
  }
}

/** The same in the quote. */
function around({ alert }: Quote, continues: Continuation): Continuation {
  return { ...continues, quotes: [alert, ...continues.quotes] };
}

/** What a section begins with, seen from within the quote that it goes on with. */
function withoutQuote(seam: Sought): Sought {
  if (seam === "block") return seam;
  const quotes = seam.quotes.slice(1);
  const isBlock = quotes.length === 0 && !seam.list && !seam.block;
  return isBlock ? "block" : { ...seam, quotes };
}

function goingOn(block: ContinuedBlock): Continuation {
  return { quotes: [], list: undefined, block };
}

function isDelimiterRow(text: string, header: string): boolean {
  const alignments = /[|:]/.test(text) && !/^-[ \t]/.test(text) ? delimiterRow(text) : undefined;
  return alignments !== undefined && alignments.length === countCells(header);
}

function closesFence(line: string, { mark, length }: Inside & { kind: "fence" }): boolean {
  const [, space = "", run = ""] = /^([ \t]*)([`~]+)[ \t]*$/.exec(line) ?? [];
  return run.length >= length && columns(space) <= 3 && [...run].every((c) => c === mark);
}
