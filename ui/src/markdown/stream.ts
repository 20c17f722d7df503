/**
 * Streaming Markdown: turns text that arrives in pieces into nodes, reading
 * each character once and never touching a finished block again.
 *
 * The same text gives the same document however it was cut, because every
 * decision is a function of the characters in front of it. Text only ever
 * becomes text nodes: there is no path from it to HTML.
 */
import { CodeBlock } from "./code";
import { beginContainer, type Container } from "./container";
import { Formula, Heading, Paragraph, type Leaf } from "./leaf";
import { readLineStart, type LineStart } from "./line";
import { markdownLabels } from "../strings";
import { element, type Context, type MarkdownOptions } from "./options";
import { Table } from "./table";

/** A line that is still undecided after so many characters is taken as text. */
const START_LIMIT = 256;
const LINE_LIMIT = 4096;
/** A browser lays out one section again when a block in it grows, not the whole answer. */
const SECTION_BLOCKS = 32;
/** Marks that a long undecided start is made of: one more of them decides nothing. */
const MARKS = /[-*_|:~`#> \t0-9]/;

export class MarkdownStream {
  private context: Context;
  private containers: Container[] = [];
  private leaf: Leaf | undefined;
  private section: HTMLElement | undefined;
  private blocks = 0;
  /** The start of a line that is not decided yet. */
  private start = "";
  private waitsForLine = false;
  /** What happens with the rest of a decided line. */
  private rest: "undecided" | "text" | "ignored" = "undecided";

  constructor(
    private readonly root: HTMLElement,
    options: MarkdownOptions,
  ) {
    root.classList.add("markdown", "md-streaming");
    this.context = {
      options,
      labels: options.labels ?? markdownLabels,
      meter: { characters: 0 },
      footnotes: new Map(),
    };
  }

  /** How many characters have been looked at so far; grows with the text, not with its square. */
  get lexed(): number {
    return this.context.meter.characters;
  }

  /** Takes the next piece of the text, of any length, cut anywhere. */
  append(piece: string): void {
    const text = piece.replaceAll("\r", "");
    let at = 0;
    while (at < text.length) {
      if (this.rest === "undecided") {
        this.readStart(text.charAt(at));
        at += 1;
        continue;
      }
      const lineEnd = text.indexOf("\n", at);
      const end = lineEnd < 0 ? text.length : lineEnd;
      if (this.rest === "text") this.writeText(text.slice(at, end));
      at = end;
      if (lineEnd >= 0) {
        this.endLine();
        at += 1;
      }
    }
  }

  /** Decides everything that was still open. After it, only `replace` may be called. */
  end(): void {
    if (this.start !== "") this.decide(true);
    this.closeLeaf();
    this.containers = [];
    this.root.classList.remove("md-streaming");
  }

  /** Throws the document away and starts again with this text. */
  replace(text: string): void {
    this.root.replaceChildren();
    this.root.classList.add("md-streaming");
    this.context = { ...this.context, meter: { characters: 0 }, footnotes: new Map() };
    this.containers = [];
    this.leaf = undefined;
    this.section = undefined;
    this.start = "";
    this.waitsForLine = false;
    this.rest = "undecided";
    this.append(text);
  }

  /** Where the next block goes: into the innermost container, or the last section. */
  private place(): HTMLElement {
    const container = this.containers.at(-1)?.element;
    if (container) return container;
    if (!this.section || this.blocks === SECTION_BLOCKS) {
      this.section = element("div", "md-section");
      this.root.append(this.section);
      this.blocks = 0;
    }
    this.blocks += 1;
    return this.section;
  }

  private readStart(c: string): void {
    if (c === "\n") {
      this.decide(true);
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
    const open = this.containers.map((container) => container.open);
    const view = this.leaf?.view ?? { kind: "none" };
    const found = readLineStart(line, complete || forced, open, view);
    if (found === "more" || found === "line") {
      this.waitsForLine = found === "line";
      return;
    }
    const text = this.start.slice(found.length);
    this.start = "";
    this.waitsForLine = false;
    this.rest = this.apply(found) ? "text" : "ignored";
    if (this.rest === "text") this.writeText(text);
  }

  private writeText(text: string): void {
    if (!this.leaf) {
      // Only a formula closes in the middle of a line; text after it is a paragraph.
      const written = text.trimStart();
      if (written === "") return;
      this.leaf = new Paragraph(this.place(), this.context);
      this.leaf.text(written);
      return;
    }
    const left = this.leaf.text(text);
    if (this.leaf instanceof Formula && this.leaf.isClosed) {
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
  private apply({ matched, begins, leaf }: LineStart): boolean {
    if (leaf.kind === "text" && begins.length === 0) {
      // Text goes on a paragraph even where the marks of its containers are missing.
      if (this.leaf instanceof Paragraph) return true;
      const all = matched === this.containers.length;
      if (all && this.leaf instanceof Table && !this.leaf.isConfirmed) {
        this.closeLeaf(true);
        return true;
      }
    }
    if (leaf.kind === "inside") {
      if (this.leaf instanceof CodeBlock) this.leaf.lineStart();
      if (this.leaf instanceof Table) this.leaf.rowStart();
      return true;
    }
    if (leaf.kind === "delimiter-row") {
      if (this.leaf instanceof Table) this.leaf.confirm(leaf.columns);
      return false;
    }

    this.closeLeaf();
    this.containers.length = matched;
    for (const begin of begins) {
      beginContainer(this.containers, begin, () => this.place(), this.context);
    }
    // Nothing but an item stands in a list directly.
    if (this.containers.at(-1)?.open.kind === "list" && leaf.kind !== "blank")
      this.containers.pop();
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
      case "formula":
        this.leaf = new Formula(this.place(), leaf.close, this.context);
        return true;
      case "row":
        this.leaf = new Table(this.place(), this.context);
        return true;
    }
  }

  /** Finishes the open block; a table that turned out to be none goes on as a paragraph. */
  private closeLeaf(goesOn = false): void {
    let leaf = this.leaf;
    this.leaf = undefined;
    if (leaf instanceof Table && !leaf.isConfirmed) {
      const text = leaf.withdraw();
      if (this.containers.length === 0) this.blocks -= 1;
      leaf = new Paragraph(this.place(), this.context);
      leaf.text(text);
      leaf.lineEnd();
    }
    if (goesOn) this.leaf = leaf;
    else leaf?.end();
  }
}

/** Renders a finished text; the same document as a stream of its pieces. */
export function renderMarkdown(root: HTMLElement, text: string, options: MarkdownOptions): void {
  const stream = new MarkdownStream(root, options);
  stream.append(text);
  stream.end();
}
