/**
 * Decides what a line is from its first characters: which containers go on,
 * which begin, and what its text belongs to.
 *
 * The rules are CommonMark's and GFM's. A line that may turn the one above it
 * into a heading or a table is decided by its whole text.
 */
import { Cursor } from "./cursor";
import { readBegin, type Begin } from "./begin";
import { readInside, readLeaf, type LineLeaf } from "./leaf-start";

/** What a line has to know of a container that is open. */
export type Open =
  | { kind: "quote" }
  | { kind: "list"; marker: string }
  /** `empty`: nothing stands in it yet, so a blank line ends it. */
  | { kind: "item"; indent: number; empty: boolean }
  | { kind: "footnote" }
  /** `fresh`: nothing stands in it yet, so a summary may. */
  | { kind: "details"; fresh: boolean };

/** What a line has to know of the block that takes text now. */
export type OpenLeaf =
  | { kind: "none" }
  /** `heading`: it has words that an underline makes a heading. `cells`: of its last line, 0 without a bar. */
  | { kind: "paragraph"; readonly heading: boolean; readonly cells: number }
  | { kind: "fence"; mark: string; length: number; indent: number }
  | { kind: "indented" }
  /** `doubtful`: it has a blank line, and so may be none. */
  | { kind: "formula"; doubtful?: boolean }
  | { kind: "summary" }
  | { kind: "table"; headed: boolean; cells: number };

export interface LineStart {
  /** How many of the open containers go on. */
  matched: number;
  begins: Begin[];
  leaf: LineLeaf;
  /** Characters of the line that are structure, not text. */
  length: number;
  /** Spaces in front of the text, where a tab has been used in part. */
  pad: number;
}

/** Undecided; with `line`, only the rest of the line can decide. */
export type NeedMore = "more" | "line";

export interface Situation {
  open: readonly Open[];
  leaf: OpenLeaf;
  /** Whether the line may begin a formula. */
  formulas: boolean;
}

/** Deeper nesting than this is text. */
const DEPTH_LIMIT = 24;
const FOOTNOTE_INDENT = 2;

/** Reads the start of a line; `complete` says that the line ends here. */
export function readLineStart(
  line: string,
  complete: boolean,
  situation: Situation,
): LineStart | NeedMore {
  const { open, leaf } = situation;
  const cursor = new Cursor(line);
  let matched = 0;
  for (; matched < open.length; matched += 1) {
    const goesOn = readContainer(cursor, complete, open[matched] as Open);
    if (goesOn === "more") return "more";
    if (!goesOn) break;
  }
  if (matched === open.length) {
    const inside = readInside(cursor, complete, leaf);
    if (inside === "more") return "more";
    if (inside) return { matched, begins: [], leaf: inside, ...cursor.used };
  }
  return readBegins(cursor, complete, matched, situation);
}

function readContainer(cursor: Cursor, complete: boolean, container: Open): boolean | "more" {
  if (container.kind === "list" || container.kind === "details") return true;
  const { width } = cursor.space();
  const { rest } = cursor;
  if (rest === "" && !complete) return "more";
  switch (container.kind) {
    case "quote":
      if (rest[0] !== ">" || width > 3) return false;
      if (rest.length === 1 && !complete) return "more";
      cursor.skipSpace();
      cursor.pass(1);
      cursor.skip(1);
      return true;
    case "item":
      if (rest === "") return !container.empty;
      if (width < container.indent) return false;
      cursor.skip(container.indent);
      return true;
    case "footnote":
      if (rest !== "" && width < FOOTNOTE_INDENT) return false;
      cursor.skip(FOOTNOTE_INDENT);
      return true;
  }
}

function readBegins(
  cursor: Cursor,
  complete: boolean,
  matched: number,
  { open, leaf, formulas }: Situation,
): LineStart | NeedMore {
  const begins: Begin[] = [];
  // A table that is not one yet is a paragraph to everything but its second line.
  const isParagraph = leaf.kind === "paragraph" || (leaf.kind === "table" && !leaf.headed);
  for (;;) {
    const { width } = cursor.space();
    const { rest } = cursor;
    const found = (kind: LineLeaf): LineStart => ({ matched, begins, leaf: kind, ...cursor.used });
    if (rest === "") {
      if (!complete) return "more";
      cursor.skipSpace();
      return found({ kind: "blank" });
    }
    const first = begins.length === 0;
    const goesOn = matched === open.length && first;
    if (width >= 4) {
      if (first && isParagraph) {
        cursor.skipSpace();
        return found({ kind: "text" });
      }
      cursor.skip(4);
      return found({ kind: "indented" });
    }
    cursor.skipSpace();
    const inside = first ? open.slice(0, matched) : [...open.slice(0, matched), ...begins];
    const block = readLeaf(rest, complete, width, {
      leaf: goesOn ? leaf : { kind: "none" },
      interrupts: first && isParagraph,
      formulas,
      inside,
    });
    if (block === "more" || block === "line") return block;
    if (block) {
      cursor.pass(block.length);
      return found(block.leaf);
    }
    const begin =
      open.length + begins.length >= DEPTH_LIMIT
        ? undefined
        : readBegin(cursor, complete, width, goesOn && isParagraph);
    if (begin === "more") return begin;
    if (begin) {
      begins.push(begin);
      if (begin.kind === "quote" && begin.alert) return found({ kind: "blank" });
      if (begin.kind !== "item" || begin.task === undefined) continue;
      cursor.skipSpace();
      if (cursor.rest === "" && !complete) return "more";
      return found({ kind: cursor.rest === "" ? "blank" : "text" });
    }
    return found({ kind: goesOn && leaf.kind === "table" && leaf.headed ? "inside" : "text" });
  }
}
