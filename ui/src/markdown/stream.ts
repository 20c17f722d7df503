/**
 * Streaming Markdown: turns text that arrives in pieces into nodes, reading
 * each character once and never touching a finished block again.
 *
 * The same text gives the same document however it was cut, because every
 * decision is a function of the characters in front of it. Text only ever
 * becomes text nodes: there is no path from it to HTML.
 */
import { goingOn, type Begin } from "./begin";
import { CodeBlock } from "./code";
import { beginContainer, loosen, type Container } from "./container";
import { continueContainers, type ContinuedBlock, type Continuation } from "./continuation";
import { Footnotes } from "./footnotes";
import { Formula, Heading, Summary, type Leaf } from "./leaf";
import type { LineLeaf } from "./leaf-start";
import { readLineStart, type LineStart } from "./line";
import { markdownLabels } from "../strings/markdown";
import { element, type Context, type MarkdownOptions, type Shared } from "./options";
import { Paragraph } from "./paragraph";
import { References, Targets } from "./references";
import { Table } from "./table";
import type { Alignment } from "./table-row";

/** A line that is still undecided after so many characters is taken as text. */
const START_LIMIT = 256;
const LINE_LIMIT = 4096;
/** A formula with a blank line in it that is not closed after so many characters is none. */
const DOUBT_LIMIT = 4000;
/** Marks that a long undecided start is made of: one more of them decides nothing. */
const MARKS = /[-*_=|:~`#> \t0-9]/;

type BlockStart = Exclude<
  LineLeaf,
  { kind: "inside" | "inside-blank" | "delimiter-row" | "underline" | "details-end" }
>;

export class MarkdownStream {
  private context: Context;
  private containers: Container[] = [];
  private leaf: Leaf | undefined;
  /** The start of a line that is not decided yet. */
  private start = "";
  private waitsForLine = false;
  /** What happens with the rest of a decided line. */
  private rest: "undecided" | "text" | "ignored" = "undecided";
  private afterBlank = false;
  /** Text of the open formula, in case it turns out to be none. */
  private doubt: string | undefined;
  /** Whether it has a blank line, which no formula needs. */
  private doubtful = false;
  /** Whether text is read again that was taken for a formula's. */
  private again = false;

  constructor(
    private readonly root: HTMLElement,
    options: MarkdownOptions | Shared,
  ) {
    this.context = contextOf("targets" in options ? options : sharedBy(options));
  }

  /** Begins with what the section above has begun. Before any text. */
  goOn(continues: Continuation): void {
    this.containers = continueContainers(this.root, continues);
    const { block } = continues;
    if (!block) return;
    this.leaf = this.continued(block);
    // In case it turns out to be none.
    if (block.kind === "formula") this.doubt = "";
    if (block.withinLine) this.rest = "text";
  }

  private continued(block: ContinuedBlock): Leaf {
    switch (block.kind) {
      case "paragraph":
        return new Paragraph(this.place(), this.context, block.withinLine ? "word" : "line");
      case "heading":
        return new Heading(this.place(), block.level, this.context, true);
      case "formula":
        return new Formula(this.place(), block.close, this.context, true);
      case "table":
        return new Table(this.place(), this.context, block.table);
    }
  }

  /** How many characters have been looked at so far; grows with the text, not with its square. */
  get lexed(): number {
    return this.context.meter.characters;
  }

  /** Takes the next piece of the text, of any length, cut anywhere. */
  append(piece: string): void {
    this.read(piece.replaceAll("\r", "").replaceAll("\0", "\ufffd"));
  }

  private read(text: string): void {
    let at = 0;
    while (at < text.length) {
      if (this.rest === "undecided") {
        this.readStart(text.charAt(at));
        at += 1;
        continue;
      }
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      this.doubts(text.slice(at, end));
      if (this.rest === "text") this.writeText(text.slice(at, end));
      at = end;
      if (lineEnd >= 0) {
        this.doubts("\n");
        this.endLine();
        at += 1;
      }
    }
  }

  /** Decides everything that was still open. After it, only `replace` may be called. */
  end(): void {
    this.close();
    this.finish();
  }

  /** Decides everything that was still open, where more sections may follow and define what this uses.
   * `block` is what the next one goes on with. */
  close(block?: ContinuedBlock): void {
    if (this.doubtful) this.readAgain();
    if (this.start !== "") this.decide(true);
    this.leaf?.cutOff?.(block);
    this.closeLeaf();
    this.containers = [];
  }

  /** The document has ended: no definition follows any more. */
  finish(): void {
    this.context.references.end();
  }

  /** What was made of the text has left the page. */
  leave(): void {
    this.context.references.leave();
    this.context.footnotes.forget(this.root);
  }

  /** Throws the document away and starts again with this text. */
  replace(text: string): void {
    this.root.replaceChildren();
    this.context = contextOf(sharedBy(this.context.options));
    this.containers = [];
    this.leaf = undefined;
    this.start = "";
    this.waitsForLine = false;
    this.rest = "undecided";
    this.afterBlank = false;
    this.doubt = undefined;
    this.doubtful = false;
    this.append(text);
  }

  /** Where the next block goes: into the innermost container, or the section. */
  private place(): HTMLElement {
    const container = this.containers.at(-1);
    if (container?.open.kind === "item") container.open.empty = false;
    if (container?.open.kind === "details") container.open.fresh = false;
    return container?.element ?? this.root;
  }

  /** Keeps what may have to be read again. */
  private doubts(text: string): void {
    if (this.doubt !== undefined) this.doubt += text;
  }

  /** The formula with a blank line has no end: reads what follows that line as what it is. */
  private readAgain(): void {
    const text = this.doubt ?? "";
    if (this.leaf instanceof Formula) this.leaf.withdraw();
    this.closeLeaf();
    this.start = "";
    this.waitsForLine = false;
    this.rest = "undecided";
    this.again = true;
    this.read(text);
    this.again = false;
  }

  private readStart(c: string): void {
    if (this.start === "" && this.doubtful && (this.doubt?.length ?? 0) > DOUBT_LIMIT) {
      this.readAgain();
    }
    const doubted = this.doubt !== undefined;
    this.doubts(c);
    if (c === "\n") {
      this.decide(true);
      // The formula may have begun with this decision.
      if (!doubted) this.doubts(c);
      this.endLine();
      return;
    }
    this.start += c;
    const { length } = this.start;
    if (length >= (this.waitsForLine ? LINE_LIMIT : START_LIMIT)) this.decide(false, true);
    else if (!this.waitsForLine && (length <= 16 || !MARKS.test(c))) this.decide(false);
  }

  /** Applies the line's start if it can be decided; `forced` takes what may yet come as text. */
  private decide(complete: boolean, forced = false): void {
    const line = forced ? `${this.start}x` : this.start;
    this.context.meter.characters += line.length;
    const found = readLineStart(line, complete || forced, {
      open: this.containers.map((container) => container.open),
      leaf: this.doubtful
        ? { kind: "formula", doubtful: true }
        : (this.leaf?.view ?? { kind: "none" }),
      formulas: !this.again,
    });
    if (found === "more" || found === "line") {
      this.waitsForLine = found === "line";
      return;
    }
    const text = " ".repeat(found.pad) + this.start.slice(found.length);
    if (this.doubtful && !found.leaf.kind.startsWith("inside")) return this.readAgain();
    const { start } = this;
    this.start = "";
    this.waitsForLine = false;
    this.rest = this.apply(found, text) ? "text" : "ignored";
    if (found.leaf.kind === "formula") {
      const at = found.length - found.leaf.close.length;
      this.doubt = goingOn(start.slice(0, at)) + start.slice(at);
    }
    if (this.rest === "text") this.writeText(text);
  }

  private writeText(text: string): void {
    if (!this.leaf) {
      // A formula and a summary close in the middle of a line; text after them is a paragraph.
      const written = text.trimStart();
      if (written === "") return;
      this.leaf = new Paragraph(this.place(), this.context);
      this.leaf.text(written);
      return;
    }
    const left = this.leaf.text(text);
    if ((this.leaf instanceof Formula || this.leaf instanceof Summary) && this.leaf.isClosed) {
      this.closeLeaf();
      this.writeText(left);
    }
  }

  private endLine(): void {
    if (this.rest === "text") {
      this.leaf?.lineEnd();
      if (this.leaf instanceof Heading) this.closeLeaf();
    }
    this.rest = "undecided";
  }

  /** Carries out a decision and says whether the rest of the line is text. */
  private apply({ matched, begins, leaf }: LineStart, text: string): boolean {
    const { leaf: open } = this;
    if (leaf.kind === "text" && begins.length === 0) {
      // Text goes on a paragraph even where the marks of its containers are missing.
      if (open instanceof Paragraph) return true;
      if (open instanceof Table && !open.isConfirmed) {
        this.closeLeaf(true);
        return true;
      }
    }
    switch (leaf.kind) {
      case "inside":
        if (open instanceof CodeBlock) open.lineStart();
        if (open instanceof Table) open.rowStart();
        this.afterBlank = false;
        return true;
      case "inside-blank":
        this.afterBlank = open instanceof CodeBlock;
        this.doubtful = open instanceof Formula;
        if (open instanceof CodeBlock) open.blankLine(text);
        return open instanceof Formula;
      case "delimiter-row":
        this.confirmTable(leaf.columns);
        return false;
      case "underline":
        this.leaf = undefined;
        if (open instanceof Paragraph) open.underline(leaf.level);
        return false;
      case "details-end":
        this.closeLeaf();
        this.containers.length = this.containers
          .slice(0, matched)
          .findLastIndex((container) => container.open.kind === "details");
        return false;
      case "blank":
      case "text":
      case "fence-end":
      case "heading":
      case "rule":
      case "fence":
      case "indented":
      case "formula":
      case "summary":
      case "row":
        this.closeLeaf();
        this.enter(matched, begins, leaf.kind === "blank");
        return this.begin(leaf);
    }
  }

  /** Closes the containers that do not go on and opens those that begin. */
  private enter(matched: number, begins: readonly Begin[], isBlank: boolean): void {
    if (this.afterBlank && (!isBlank || begins.length > 0))
      loosen(this.containers, matched, begins[0]);
    this.containers.length = matched;
    this.afterBlank =
      isBlank && begins.length === 0 && this.containers.at(-1)?.open.kind !== "quote";
    for (const begin of begins) {
      beginContainer(this.containers, begin, () => this.place(), this.context);
    }
    // Nothing but an item stands in a list directly.
    if (this.containers.at(-1)?.open.kind === "list" && !isBlank) this.containers.pop();
  }

  /** Begins a block and says whether the rest of the line is its text. */
  private begin(leaf: BlockStart): boolean {
    switch (leaf.kind) {
      case "blank":
      case "fence-end":
        return false;
      case "rule":
        this.place().append(element("hr"));
        return false;
      case "text":
        this.leaf = new Paragraph(this.place(), this.context);
        return true;
      case "heading":
        this.leaf = new Heading(this.place(), leaf.level, this.context);
        return true;
      case "fence":
        this.leaf = new CodeBlock(this.place(), leaf, leaf.language, this.context);
        return false;
      case "indented": {
        const code = new CodeBlock(this.place(), { kind: "indented" }, "", this.context);
        code.lineStart();
        this.leaf = code;
        return true;
      }
      case "formula":
        this.leaf = new Formula(this.place(), leaf.close, this.context);
        return true;
      case "summary":
        this.leaf = new Summary(this.place(), this.context);
        return true;
      case "row":
        this.leaf = new Table(this.place(), this.context);
        return true;
    }
  }

  /** The row of dashes below a table's first line has come. */
  private confirmTable(columns: Alignment[]): void {
    if (this.leaf instanceof Paragraph) {
      const header = this.leaf.withdrawLine();
      const table = new Table(this.place(), this.context);
      table.text(header);
      table.lineEnd();
      this.leaf = table;
    }
    if (this.leaf instanceof Table) this.leaf.confirm(columns);
  }

  /** Finishes the open block; a table that turned out to be none goes on as a paragraph. */
  private closeLeaf(goesOn = false): void {
    let leaf = this.leaf;
    this.leaf = undefined;
    this.doubt = undefined;
    this.doubtful = false;
    if (leaf instanceof Table && !leaf.isConfirmed) {
      const text = leaf.withdraw();
      leaf = new Paragraph(this.place(), this.context);
      leaf.text(text);
      leaf.lineEnd();
    }
    if (goesOn) this.leaf = leaf;
    else leaf?.end();
  }
}

/** What the sections of a document with these options share. */
export function sharedBy(options: MarkdownOptions, footnotes = new Footnotes()): Shared {
  return {
    options,
    labels: options.labels ?? markdownLabels,
    meter: { characters: 0 },
    footnotes,
    targets: new Targets(),
  };
}

function contextOf(shared: Shared): Context {
  const { meter, targets } = shared;
  return { ...shared, references: new References(() => meter.characters, targets) };
}
