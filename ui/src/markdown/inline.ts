/**
 * Renders running text (a paragraph, a heading, a cell) into nodes as it arrives.
 *
 * A mark that opens emphasis or a link takes effect at once, as if it were
 * going to be closed; only when it is not does its text come back. Finished
 * nodes are never made again, so a reader's selection in them survives.
 */
import { readAtom, SPAN_LIMIT, type Atom, type Undecided } from "./atom";
import { makeFootnoteLink, makeImage, makeLink } from "./link";
import { element, type Context } from "./options";
import { hostOf, readTarget, type TargetRead } from "./target";
import { appendText, extendText, unfold } from "./text";

/** More open marks than this at once are text; it bounds the depth of the tree. */
const OPEN_LIMIT = 16;
const BRACKET_LIMIT = 1000;
/** A browser lays out a whole paragraph for each word, so one without end goes on in another. */
const ELEMENT_LIMIT = 8000;

type SpanKind = "em" | "strong" | "del" | "link" | "image";

interface Span {
  kind: SpanKind;
  element: HTMLElement;
  /** What stands in the source, shown again if the span is never closed. */
  literal: string;
  /** Distance of the mark from the start of the text. */
  at: number;
}

const WORD = /[a-z0-9]/i;
const LETTER = /[\p{L}\p{N}_]/u;

export class InlineStream {
  private source = "";
  /** Distance of `source` from the start of the text. */
  private offset = 0;
  private before = "";
  private searched = 0;
  private open: Span[] = [];
  private provisional: { kind: string; element: HTMLElement } | undefined;

  /** Distance from the start of the text at which the next element may begin. */
  private continueAt = ELEMENT_LIMIT;

  /** `next` gives the element in which an overlong text goes on. */
  constructor(
    private root: HTMLElement,
    private readonly context: Context,
    private readonly next?: () => HTMLElement,
  ) {}

  append(text: string): void {
    this.source += text;
    this.read(false);
  }

  /** Decides everything that was still open. Nothing may be appended afterwards. */
  end(): void {
    this.read(true);
    this.discardProvisional();
    while (this.open.length > 0) this.unwrap(this.open.length - 1);
  }

  private get target(): HTMLElement {
    return this.open.at(-1)?.element ?? this.root;
  }

  private read(final: boolean): void {
    const { source, context } = this;
    let at = 0;
    while (at < source.length) {
      const atom = readAtom(source, at, this.before, this.searched, final);
      if (atom.kind === "undecided") {
        context.meter.characters += source.length - at - this.searched;
        this.searched = atom.searched;
        this.showProvisional(atom);
        break;
      }
      const length = this.place(atom, source, at, final);
      if (length === 0) {
        context.meter.characters += source.length - at;
        break;
      }
      context.meter.characters += length;
      this.searched = 0;
      at += length;
      this.offset += length;
      this.before = source.charAt(at - 1);
    }
    this.source = source.slice(at);
  }

  /** Puts an atom into the tree and returns the characters it took, or 0 if it needs more text. */
  private place(atom: Atom, source: string, at: number, final: boolean): number {
    switch (atom.kind) {
      case "text":
        this.plain(atom.text);
        return atom.length;
      case "break":
        this.discardProvisional();
        this.target.append(element("br"));
        return atom.length;
      case "code":
        extendText(this.settle("code"), atom.text);
        return atom.length;
      case "formula": {
        const formula = this.settle("formula");
        extendText(formula, atom.tex);
        this.context.options.formula?.(formula, atom.tex, atom.display);
        return atom.length;
      }
      case "address": {
        if (this.open.some((span) => span.kind === "link")) {
          this.text(atom.url);
          return atom.length;
        }
        const link = this.settle("address");
        extendText(link, atom.url);
        makeLink(link, atom.url, this.context);
        return atom.length;
      }
      case "footnote":
        this.discardProvisional();
        this.target.append(makeFootnoteLink(atom.label, this.context));
        return atom.length;
      case "delimiter":
        this.delimiter(atom.mark, atom.length, source.charAt(at + atom.length));
        return atom.length;
      case "open-bracket":
        this.begin(atom.image ? "image" : "link", atom.image ? "![" : "[");
        return atom.length;
      case "close-bracket":
        return this.closeBracket(source, at, final);
    }
  }

  private text(text: string): void {
    this.discardProvisional();
    appendText(this.target, text);
  }

  /** Writes plain text, and begins a new element at the first space after an overlong one. */
  private plain(text: string): void {
    let from = 0;
    while (this.next) {
      const earliest = Math.max(
        this.continueAt,
        ...this.open.map((span) => span.at + limitOf(span) + 1),
      );
      const start = Math.max(from, earliest - this.offset);
      const space = start < text.length ? text.slice(start).search(/[ \n]/) : -1;
      if (space < 0) break;
      this.text(text.slice(from, start + space));
      // What is still open here is too far back to be closed.
      while (this.open.length > 0) this.unwrap(this.open.length - 1);
      this.root = this.next();
      this.continueAt = this.offset + start + space + ELEMENT_LIMIT;
      from = start + space + 1;
    }
    this.text(text.slice(from));
  }

  private delimiter(mark: "*" | "_" | "~", length: number, next: string): void {
    this.forgetDistant();
    const literal = mark.repeat(length);
    const intraword = mark === "_" ? LETTER : WORD;
    const canClose = /^\S/.test(this.before) && !(mark === "_" && next !== "" && LETTER.test(next));
    const canOpen = /^\S/.test(next) && !(this.before !== "" && intraword.test(this.before));
    if (length > 3 || (mark === "~" && length !== 2)) return this.text(literal);

    if (canClose) {
      const sizes = length === 3 ? [1, 2] : [length];
      let left = length;
      for (let index = this.lastSpan(mark, sizes); index >= 0 && left > 0;) {
        left -= this.open[index]?.literal.length ?? left;
        this.close(index);
        index = this.lastSpan(mark, [left]);
      }
      if (left < length) {
        if (left > 0) this.text(mark.repeat(left));
        return;
      }
    }
    if (!canOpen) return this.text(literal);
    if (length !== 2) this.begin("em", mark);
    if (length !== 1) this.begin(mark === "~" ? "del" : "strong", mark.repeat(2));
  }

  /** Index of the innermost open mark of one of these sizes; a link's text is a world of its own. */
  private lastSpan(mark: string, sizes: number[]): number {
    for (let index = this.open.length - 1; index >= 0; index -= 1) {
      const span = this.open[index] as Span;
      if (span.kind === "link" || span.kind === "image") return -1;
      if (span.literal[0] === mark && sizes.includes(span.literal.length)) return index;
    }
    return -1;
  }

  private begin(kind: SpanKind, literal: string): void {
    this.forgetDistant();
    if (this.open.length >= OPEN_LIMIT) return this.text(literal);
    this.discardProvisional();
    const made =
      kind === "link"
        ? element("a", "md-link")
        : kind === "image"
          ? element("span", "md-image")
          : element(kind);
    this.target.append(made);
    this.open.push({ kind, element: made, literal, at: this.offset });
  }

  /** Ends the span at `index`; marks opened inside it and left open become text. */
  private close(index: number): void {
    this.discardProvisional();
    while (this.open.length > index + 1) this.unwrap(this.open.length - 1);
    this.open.pop();
  }

  private closeBracket(source: string, at: number, final: boolean): number {
    const isBracket = (span: Span): boolean => span.kind === "link" || span.kind === "image";
    this.forgetDistant();
    const index = this.open.findLastIndex(isBracket);
    const span = this.open[index];
    if (!span) {
      this.text("]");
      return 1;
    }
    if (at + 1 >= source.length && !final) return 0;
    const target: TargetRead = source[at + 1] === "(" ? readTarget(source, at + 1, final) : "none";
    if (target === "more") return 0;
    if (target === "none") {
      this.discardProvisional();
      this.unwrap(index);
      this.text("]");
      return 1;
    }
    this.close(index);
    if (span.kind === "image") {
      makeImage(span.element, target.url, hostOf(target.url), this.context);
    } else {
      if (!span.element.hasChildNodes()) span.element.append(target.url);
      makeLink(span.element, target.url, this.context);
      // Links do not nest: a bracket around this one was none.
      for (let outer = index - 1; outer >= 0; outer -= 1) {
        if (this.open[outer]?.kind === "link") this.unwrap(outer);
      }
    }
    return 1 + target.length;
  }

  /** Gives up marks that are too far back to be closed. */
  private forgetDistant(): void {
    for (let index = this.open.length - 1; index >= 0; index -= 1) {
      const span = this.open[index] as Span;
      if (this.offset - span.at > limitOf(span)) this.unwrap(index);
    }
  }

  /** Turns an open mark back into the text that it was. */
  private unwrap(index: number): void {
    const [span] = this.open.splice(index, 1);
    if (!span) return;
    unfold(span.element, span.literal);
  }

  private showProvisional({ show }: Undecided): void {
    if (!show?.text) return;
    const inLink = this.open.some((span) => span.kind === "link");
    const kind = show.kind === "address" && inLink ? "text" : show.kind;
    if (this.provisional?.kind !== kind) {
      this.discardProvisional();
      this.provisional = { kind, element: makeProvisional(kind) };
      this.target.append(this.provisional.element);
    }
    extendText(this.provisional.element, show.text);
  }

  /** The element shown provisionally for this kind of atom, or a new one, now there to stay. */
  private settle(kind: "code" | "formula" | "address"): HTMLElement {
    const shown = this.provisional?.kind === kind ? this.provisional.element : undefined;
    if (shown) {
      this.provisional = undefined;
      return shown;
    }
    this.discardProvisional();
    const made = makeProvisional(kind);
    this.target.append(made);
    return made;
  }

  private discardProvisional(): void {
    this.provisional?.element.remove();
    this.provisional = undefined;
  }
}

function limitOf({ kind }: Span): number {
  return kind === "link" || kind === "image" ? BRACKET_LIMIT : SPAN_LIMIT;
}

function makeProvisional(kind: "code" | "formula" | "address" | "text"): HTMLElement {
  switch (kind) {
    case "code":
      return element("code");
    case "formula":
      return element("code", "md-formula");
    case "address":
      return element("a", "md-link");
    case "text":
      return element("span");
  }
}
