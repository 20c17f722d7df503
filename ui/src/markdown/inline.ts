/**
 * Renders running text (a paragraph, a heading, a cell) into nodes as it arrives.
 *
 * A mark that opens emphasis or a link takes effect at once, as if it were
 * going to be closed; only when it is not does its text come back. Finished
 * nodes are never made again, so a reader's selection in them survives.
 */
import { LOCAL_LIMIT } from "./address";
import { readAtom, SPAN_LIMIT, type Atom, type Undecided } from "./atom";
import { directionOf, setDirection } from "./direction";
import { FinishedText } from "./finished";
import { characterAt, flanking, type Mark } from "./flanking";
import { makeFootnoteLink, makeImage, makeLink } from "./link";
import { keyOf, keyOfCode, keyOfFormula, remember } from "./nodes";
import { element, type Context } from "./options";
import { readLabel, readTarget, type TargetRead } from "./target";
import { appendText, extendText, shortenText, unfold } from "./text";
import type { SpanKind, Tag } from "./tree";

/** More open marks than this at once are text; it bounds the depth of the tree. */
const OPEN_LIMIT = 16;
const BRACKET_LIMIT = 1000;
/** A browser lays out a whole paragraph for each word, so one without end goes on in another. */
const ELEMENT_LIMIT = 8000;

interface Span {
  kind: SpanKind | "link" | "image";
  element: HTMLElement;
  /** What stands in the source, shown again if the span is never closed. */
  literal: string;
  /** Distance of the mark from the start of the text. */
  at: number;
}

export class InlineStream {
  private source = "";
  /** Distance of `source` from the start of the text. */
  private offset = 0;
  /** All text of the element that grows. */
  private whole = "";
  /** Whether its text has marks, which only the end of the text decides for good. */
  private marked = false;
  private before = "";
  /** The plain text placed last, without anything in between. */
  private tail = "";
  private directed = false;
  /** The source of the innermost bracket's text, which may be a label. */
  private label: string | undefined;
  private searched = 0;
  /** How much of the atom being placed belongs to an element that is finished. */
  private cut = 0;
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

  /** Whether all of the text stands in one element. */
  get isWhole(): boolean {
    return this.continueAt === ELEMENT_LIMIT;
  }

  /** Goes on in another element, which takes over the nodes of the one so far. */
  moveTo(root: HTMLElement): void {
    root.append(...this.root.childNodes);
    this.root = root;
  }

  /** Decides everything that was still open. Nothing may be appended afterwards. */
  end(): void {
    this.read(true);
    this.finish();
  }

  /** Ends the text without its last characters; false if nothing is left of it. */
  endWithout(count: number): boolean {
    const left = (this.whole + this.source).slice(0, -count);
    this.source = "";
    this.discardProvisional();
    while (this.open.length > 0) this.unwrap(this.open.length - 1);
    new FinishedText(this.root, left, this.context).settle();
    return left !== "";
  }

  /** Brings the element to what its whole text says, now that it is known. */
  private finish(): void {
    this.discardProvisional();
    while (this.open.length > 0) this.unwrap(this.open.length - 1);
    if (this.marked) new FinishedText(this.root, this.whole, this.context).settle();
    this.whole = "";
    this.marked = false;
    this.tail = "";
  }

  private get target(): HTMLElement {
    return this.open.at(-1)?.element ?? this.root;
  }

  private read(final: boolean): void {
    const { source, context } = this;
    let at = 0;
    while (at < source.length) {
      const atom = readAtom(source, at, this.before, this.tail, this.searched, final);
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
      this.whole += source.slice(at + this.cut, at + length);
      if (this.label !== undefined && atom.kind !== "open-bracket") {
        this.label += source.slice(at, at + length);
      }
      this.cut = 0;
      at += length;
      this.offset += length;
      const last = source.charAt(at - 1);
      this.before = /[\udc00-\udfff]/.test(last) ? source.slice(at - 2, at) : last;
    }
    this.source = source.slice(at);
  }

  /** Puts an atom into the tree and returns the characters it took, or 0 if it needs more text. */
  private place(atom: Atom, source: string, at: number, final: boolean): number {
    switch (atom.kind) {
      case "text":
        if (source.startsWith(atom.text, at)) this.plain(atom.text);
        else this.text(atom.text);
        return atom.length;
      case "break":
        this.discardProvisional();
        this.target.append(element("br"));
        this.tail = "";
        return atom.length;
      case "code": {
        const code = this.settle("code");
        extendText(code, atom.text);
        remember(code, keyOfCode(atom.text));
        return atom.length;
      }
      case "formula": {
        const formula = this.settle("formula");
        extendText(formula, atom.tex);
        remember(formula, keyOfFormula(atom.tex, atom.display));
        this.context.options.formula?.(formula, atom.tex, atom.display);
        return atom.length;
      }
      case "address":
        this.address(atom);
        return atom.length;
      case "footnote": {
        this.discardProvisional();
        const reference = makeFootnoteLink(atom.label, this.context);
        remember(reference, keyOf(atom));
        this.target.append(reference);
        this.tail = "";
        return atom.length;
      }
      case "delimiter":
        this.marked = true;
        this.delimiter(atom.mark, atom.length, characterAt(source, at + atom.length));
        return atom.length;
      case "open-bracket":
        this.marked = true;
        this.begin(atom.image ? "image" : "link", atom.image ? "![" : "[");
        this.label = "";
        return atom.length;
      case "close-bracket":
        return this.closeBracket(source, at, final);
      case "tag":
        this.marked = true;
        this.tag(atom.tag, atom.close, source.slice(at, at + atom.length));
        return atom.length;
    }
  }

  private address({ url, text, back = 0 }: Atom & { kind: "address" }): void {
    if (this.open.some((span) => span.kind === "link")) {
      // Whether the bracket is a link's is not known yet; if not, this is one.
      this.marked = true;
      this.text(back > 0 ? text.slice(back) : text);
      return;
    }
    if (back > 0) {
      this.discardProvisional();
      shortenText(this.target, back);
    }
    const link = this.settle("address");
    extendText(link, text);
    makeLink(link, { url, title: "" }, this.context);
    this.turn(text);
  }

  private tag(tag: Tag, close: boolean, literal: string): void {
    if (!close) return this.begin(tag, literal);
    const index = this.open.findLastIndex(({ kind }) => kind === tag);
    if (index < 0) this.text(literal);
    else this.close(index);
  }

  private text(text: string): void {
    this.discardProvisional();
    appendText(this.target, text);
    this.tail = (this.tail + text).slice(-LOCAL_LIMIT);
    this.turn(text);
  }

  /** Gives the text the direction of its first strong character. */
  private turn(text: string): void {
    if (this.directed) return;
    const direction = directionOf(text);
    if (!direction) return;
    this.directed = true;
    setDirection(this.root, direction);
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
      this.whole += text.slice(this.cut, start + space);
      this.cut = start + space + 1;
      this.finish();
      this.root = this.next();
      this.continueAt = this.offset + start + space + ELEMENT_LIMIT;
      from = start + space + 1;
    }
    this.text(text.slice(from));
  }

  private delimiter(mark: Mark, length: number, next: string): void {
    this.forgetDistant();
    const literal = mark.repeat(length);
    const { opens, closes } = flanking(mark, length, this.before, next);
    if (length > 3 || (!opens && !closes)) return this.text(literal);

    if (closes) {
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
    if (!opens) return this.text(literal);
    if (mark === "~") return this.begin("del", literal);
    if (length !== 2) this.begin("em", mark);
    if (length !== 1) this.begin("strong", mark.repeat(2));
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

  private begin(kind: Span["kind"], literal: string): void {
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
    this.tail = "";
  }

  /** Ends the span at `index`; marks opened inside it and left open become text. */
  private close(index: number): void {
    this.discardProvisional();
    while (this.open.length > index + 1) this.unwrap(this.open.length - 1);
    this.open.pop();
    this.tail = "";
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
    const target = this.targetOf(source, at, final);
    if (target === "more") return 0;
    this.label = undefined;
    if (target === "none") {
      this.discardProvisional();
      this.unwrap(index);
      this.text("]");
      return 1;
    }
    this.close(index);
    if (span.kind === "image") {
      const alt = span.element.textContent ?? "";
      makeImage(span.element, alt, target, this.context);
      remember(span.element, keyOf({ kind: "image", alt, ...target }));
    } else {
      if (!span.element.hasChildNodes()) span.element.append(target.url);
      makeLink(span.element, target, this.context);
      // Links do not nest: a bracket around this one was none.
      for (let outer = index - 1; outer >= 0; outer -= 1) {
        if (this.open[outer]?.kind === "link") this.unwrap(outer);
      }
    }
    return 1 + target.length;
  }

  /** The target behind a bracket's text; a label that is not defined yet gives none. */
  private targetOf(source: string, at: number, final: boolean): TargetRead {
    const { references } = this.context;
    if (source[at + 1] === "(") {
      const target = readTarget(source, at + 1, final);
      if (target !== "none") return target;
    }
    const written = source[at + 1] === "[" ? readLabel(source, at + 1, final) : "none";
    if (written === "more") return "more";
    const label = written !== "none" && written.label !== "" ? written.label : (this.label ?? "");
    const found = references.find(label);
    return found ? { ...found, length: written === "none" ? 0 : written.length } : "none";
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
      this.tail = "";
      return shown;
    }
    this.discardProvisional();
    const made = makeProvisional(kind);
    this.target.append(made);
    this.tail = "";
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
