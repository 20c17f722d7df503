/**
 * Reads a finished text as CommonMark specifies it: links first, then emphasis
 * between the marks that are left (0.31, appendix). One pass over the text.
 */
import { readAtom, type Atom } from "./atom";
import { characterAt, characterBefore, flanking, type Mark } from "./flanking";
import { readLabel, readTarget, type Target } from "./target";
import { plainText, type Inline, type SpanKind, type Tag } from "./tree";

/** Deeper nesting is text; it bounds the depth of the document. */
const DEPTH_LIMIT = 32;
const OPEN_TAGS = 16;

/** A place in the list of what has been read at one level. */
interface Piece {
  node: Inline;
  depth: number;
  before: Piece | undefined;
  after: Piece | undefined;
}

interface Delimiter {
  piece: Piece;
  mark: Mark;
  length: number;
  original: number;
  opens: boolean;
  closes: boolean;
  before: Delimiter | undefined;
  after: Delimiter | undefined;
}

/** A bracket or a tag that something may close. */
interface Opening {
  kind: "link" | "image" | Tag;
  piece: Piece;
  /** Where its text begins in the source. */
  at: number;
  /** The last delimiter in front of it. */
  floor: Delimiter | undefined;
  /** Whether another bracket stands in its text, which no label may have. */
  nested: boolean;
}

export interface Parsed {
  nodes: Inline[];
  /** Labels that were used and have no definition. */
  missing: Set<string>;
}

export function parseInline(source: string, find: (label: string) => Target | undefined): Parsed {
  return new Parser(source, find).parse();
}

class Parser {
  private readonly missing = new Set<string>();
  private head: Piece | undefined;
  private last: Piece | undefined;
  private delimiter: Delimiter | undefined;
  private openings: Opening[] = [];
  private brackets = 0;
  /** Openings of links below this one are inside a link's text that has one already. */
  private inactive = 0;

  constructor(
    private readonly source: string,
    private readonly find: (label: string) => Target | undefined,
  ) {}

  parse(): Parsed {
    const { source } = this;
    let at = 0;
    while (at < source.length) {
      const tail = this.last?.node.kind === "text" && !this.endsInMark ? this.last.node.text : "";
      const atom = readAtom(source, at, source.charAt(at - 1), tail, 0, true);
      if (atom.kind === "undecided") break;
      at += this.place(atom, at);
    }
    this.emphasis(undefined);
    const nodes: Inline[] = [];
    for (let piece = this.head; piece; piece = piece.after) nodes.push(piece.node);
    return { nodes: joined(nodes), missing: this.missing };
  }

  private place(atom: Atom, at: number): number {
    switch (atom.kind) {
      case "text":
        this.text(atom.text);
        break;
      case "break":
        this.push({ kind: "break" });
        break;
      case "code":
        this.push({ kind: "code", text: atom.text });
        break;
      case "formula":
        this.push({ kind: "formula", tex: atom.tex, display: atom.display });
        break;
      case "address": {
        const { back = 0, url, text } = atom;
        const node = this.last?.node;
        if (back > 0 && node?.kind === "text") node.text = node.text.slice(0, -back);
        this.push({ kind: "address", url, text });
        break;
      }
      case "footnote":
        this.push({ kind: "footnote", label: atom.label });
        break;
      case "delimiter":
        this.mark(atom.mark, atom.length, at);
        break;
      case "open-bracket":
        this.open(atom.image ? "image" : "link", atom.image ? "![" : "[", at + atom.length);
        break;
      case "close-bracket":
        return this.closeBracket(at);
      case "tag":
        this.tag(atom.tag, atom.close, at, atom.length);
        break;
    }
    return atom.length;
  }

  private push(node: Inline, depth = 0): Piece {
    const piece: Piece = { node, depth, before: this.last, after: undefined };
    if (this.last) this.last.after = piece;
    else this.head = piece;
    return (this.last = piece);
  }

  private text(text: string): void {
    const { last } = this;
    if (last?.node.kind === "text" && !this.endsInMark) last.node.text += text;
    else this.push({ kind: "text", text });
  }

  /** A mark's text may be taken away again, so nothing is joined to it. */
  private get endsInMark(): boolean {
    return (
      this.last !== undefined &&
      (this.last === this.delimiter?.piece || this.last === this.openings.at(-1)?.piece)
    );
  }

  private mark(mark: Mark, length: number, at: number): void {
    const { source } = this;
    const can = flanking(
      mark,
      length,
      characterBefore(source, at),
      characterAt(source, at + length),
    );
    if (!can.opens && !can.closes) return this.text(mark.repeat(length));
    const piece = this.push({ kind: "text", text: mark.repeat(length) });
    const { delimiter: before } = this;
    const made: Delimiter = {
      ...{ piece, mark, length, original: length, ...can },
      ...{ before, after: undefined },
    };
    if (before) before.after = made;
    this.delimiter = made;
  }

  private open(kind: Opening["kind"], literal: string, at: number): void {
    const piece = this.push({ kind: "text", text: literal });
    const isBracket = kind === "link" || kind === "image";
    if (isBracket) {
      const outer = this.openings.findLast(({ kind }) => kind === "link" || kind === "image");
      if (outer) outer.nested = true;
      this.brackets += 1;
    }
    this.openings.push({ kind, piece, at, floor: this.delimiter, nested: false });
  }

  private tag(tag: Tag, close: boolean, at: number, length: number): void {
    const literal = this.source.slice(at, at + length);
    const tags = this.openings.length - this.brackets;
    if (!close) {
      if (tags >= OPEN_TAGS) this.text(literal);
      else this.open(tag, literal, at + length);
      return;
    }
    const index = tags === 0 ? -1 : this.openings.findLastIndex(({ kind }) => kind === tag);
    const opening = this.openings[index];
    if (!opening) return this.text(literal);
    this.truncate(index);
    this.emphasis(opening.floor);
    if (!this.enclose(opening.piece, undefined, (children) => ({ kind: tag, children })))
      this.text(literal);
  }

  /** Gives up the openings from `index` on. */
  private truncate(index: number): void {
    for (const { kind } of this.openings.splice(index)) {
      if (kind === "link" || kind === "image") this.brackets -= 1;
    }
    this.inactive = Math.min(this.inactive, index);
  }

  private closeBracket(at: number): number {
    const index =
      this.brackets === 0
        ? -1
        : this.openings.findLastIndex(({ kind }) => kind === "link" || kind === "image");
    const opening = this.openings[index];
    if (!opening) {
      this.text("]");
      return 1;
    }
    const isImage = opening.kind === "image";
    const target = isImage || index >= this.inactive ? this.target(opening, at) : undefined;
    if (!target) {
      this.openings.splice(index, 1);
      this.brackets -= 1;
      if (index < this.inactive) this.inactive -= 1;
      this.text("]");
      return 1;
    }
    const { url, title, length } = target;
    this.truncate(index);
    this.emphasis(opening.floor);
    const done = this.enclose(opening.piece, undefined, (children) =>
      isImage
        ? { kind: "image", alt: plainText(children), url, title }
        : { kind: "link", url, title, children: linkText(children, url) },
    );
    if (!done) {
      this.text("]");
      return 1;
    }
    // Links do not nest: a bracket around this one is none.
    if (!isImage) this.inactive = this.openings.length;
    return 1 + length;
  }

  /** The target that follows the bracket at `at`, or that a definition gives to its text. */
  private target(opening: Opening, at: number): (Target & { length: number }) | undefined {
    const { source } = this;
    if (source[at + 1] === "(") {
      const read = readTarget(source, at + 1, true);
      if (typeof read === "object") return read;
    }
    const written = source[at + 1] === "[" ? readLabel(source, at + 1, true) : "none";
    const label =
      typeof written === "object" && written.label !== ""
        ? written.label
        : opening.nested
          ? ""
          : source.slice(opening.at, Math.min(at, opening.at + 1000));
    if (label === "") return undefined;
    const found = this.find(label);
    if (!found) this.missing.add(label);
    return found && { ...found, length: typeof written === "object" ? written.length : 0 };
  }

  /**
   * Makes what stands between two pieces the children of one node, which takes
   * the place of the first; without an end it is all that has been read.
   */
  private enclose(
    from: Piece,
    to: Piece | undefined,
    make: (children: Inline[]) => Inline,
  ): boolean {
    let depth = 0;
    const children: Inline[] = [];
    for (let piece = from.after; piece && piece !== to; piece = piece.after) {
      depth = Math.max(depth, piece.depth);
      children.push(piece.node);
    }
    if (depth >= DEPTH_LIMIT) return false;
    from.node = make(joined(children));
    from.depth = depth + 1;
    from.after = to;
    if (to) to.before = from;
    else this.last = from;
    return true;
  }

  /** Pairs the marks above `floor`, each closing one with the nearest that opens. */
  private emphasis(floor: Delimiter | undefined): void {
    const bottoms = new Map<string, Delimiter | undefined>();
    let closer: Delimiter | undefined;
    for (let at = this.delimiter; at && at !== floor; at = at.before) closer = at;
    while (closer) {
      if (!closer.closes) {
        closer = closer.after;
        continue;
      }
      const key = `${closer.mark}${closer.opens}${closer.mark === "~" ? closer.length : closer.original % 3}`;
      const bottom = bottoms.has(key) ? bottoms.get(key) : floor;
      let opener: Delimiter | undefined = closer.before;
      while (opener && opener !== floor && opener !== bottom && !pairs(opener, closer))
        opener = opener.before;
      if (!opener || opener === floor || opener === bottom || !this.pair(opener, closer)) {
        bottoms.set(key, closer.before);
        const next: Delimiter | undefined = closer.after;
        if (!closer.opens) this.remove(closer);
        closer = next;
        continue;
      }
      closer = closer.length > 0 ? closer : this.remove(closer);
    }
    this.delimiter = floor;
    if (floor) floor.after = undefined;
  }

  /** Encloses what stands between two marks, and uses them up as far as they go. */
  private pair(opener: Delimiter, closer: Delimiter): boolean {
    const { mark } = opener;
    const size = mark === "~" ? opener.length : opener.length >= 2 && closer.length >= 2 ? 2 : 1;
    const kind: SpanKind = mark === "~" ? "del" : size === 2 ? "strong" : "em";
    // The node gets a piece of its own, as the rest of the mark stays in front of it.
    const start: Piece = {
      ...{ node: opener.piece.node, depth: 0 },
      ...{ before: opener.piece, after: opener.piece.after },
    };
    if (!this.enclose(start, closer.piece, (children) => ({ kind, children }))) return false;
    opener.piece.after = start;
    opener.after = closer;
    closer.before = opener;
    for (const run of [opener, closer]) {
      run.length -= size;
      run.piece.node = { kind: "text", text: mark.repeat(run.length) };
    }
    if (opener.length === 0) this.remove(opener);
    return true;
  }

  /** Takes a delimiter off the list and returns the one after it. */
  private remove({ before, after }: Delimiter): Delimiter | undefined {
    if (before) before.after = after;
    if (after) after.before = before;
    else this.delimiter = before;
    return after;
  }
}

/** Whether the first mark may open what the second closes (CommonMark 0.31, 6.2, rules 9 and 10). */
function pairs(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.mark !== closer.mark || !opener.opens) return false;
  if (opener.mark === "~") return opener.length === closer.length;
  const both = opener.closes || closer.opens;
  const sum = opener.original + closer.original;
  return !both || sum % 3 !== 0 || (opener.original % 3 === 0 && closer.original % 3 === 0);
}

/** Joins neighbouring texts and leaves out empty ones. */
function joined(nodes: Inline[]): Inline[] {
  const result: Inline[] = [];
  for (const node of nodes) {
    const last = result.at(-1);
    if (node.kind !== "text") result.push(node);
    else if (node.text !== "" && last?.kind === "text") last.text += node.text;
    else if (node.text !== "") result.push({ ...node });
  }
  return result;
}

/** A link without a text shows its target. */
function linkText(children: Inline[], url: string): Inline[] {
  return children.length > 0 ? joined(children.map(withoutLinks)) : [{ kind: "text", text: url }];
}

/** An address in the text of a link is no link of its own. */
function withoutLinks(node: Inline): Inline {
  if (node.kind === "address") return { kind: "text", text: node.text };
  return "children" in node ? { ...node, children: joined(node.children.map(withoutLinks)) } : node;
}
