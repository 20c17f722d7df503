/**
 * Decides what a line is from its first characters: which containers go on,
 * which begin, and what its text belongs to.
 *
 * The rules are CommonMark's and GFM's, less what could only be decided by a
 * later line: a row of dashes is a rule and never turns the paragraph above it
 * into a heading, indentation alone does not make code, and a table's rows
 * begin with a bar.
 */

/** What a line has to know of a container that is open. */
export type Open =
  | { kind: "quote" }
  | { kind: "list"; marker: string }
  | { kind: "item"; indent: number }
  | { kind: "footnote" };

/** What a line has to know of the block that takes text now. */
export type OpenLeaf =
  | { kind: "none" }
  | { kind: "paragraph" }
  | { kind: "fence"; mark: string; length: number; indent: number }
  | { kind: "formula" }
  | { kind: "table"; headed: boolean };

export type Begin =
  | { kind: "quote" }
  | { kind: "item"; marker: string; indent: number; start: number; task?: boolean }
  | { kind: "footnote"; label: string };

export type LineLeaf =
  | { kind: "blank" }
  | { kind: "text" }
  /** Belongs to the open fence, formula or table as it is. */
  | { kind: "inside" }
  | { kind: "fence-end" }
  | { kind: "heading"; level: number }
  | { kind: "rule" }
  | { kind: "fence"; mark: string; length: number; indent: number; language: string }
  | { kind: "formula"; close: string }
  | { kind: "row" }
  | { kind: "delimiter-row"; columns: Alignment[] };

export type Alignment = "none" | "left" | "center" | "right";

export interface LineStart {
  /** How many of the open containers go on. */
  matched: number;
  begins: Begin[];
  leaf: LineLeaf;
  /** Characters of the line that are structure, not text. */
  length: number;
}

/** Undecided; with `line`, only the rest of the line can decide. */
export type NeedMore = "more" | "line";

/** Deeper nesting than this is text. */
const DEPTH_LIMIT = 24;
const FOOTNOTE_INDENT = 2;

/** Reads the start of a line; `complete` says that the line ends here. */
export function readLineStart(
  line: string,
  complete: boolean,
  open: readonly Open[],
  leaf: OpenLeaf,
): LineStart | NeedMore {
  let at = 0;
  let matched = 0;
  for (; matched < open.length; matched += 1) {
    const container = open[matched] as Open;
    if (container.kind === "list") continue;
    const space = indentOf(line, at);
    const rest = line.charAt(at + space.length);
    if (rest === "" && !complete) return "more";
    if (container.kind === "quote") {
      if (rest !== ">" || space.width > 3) break;
      at += space.length + 1;
      if (at >= line.length && !complete) return "more";
      if (line[at] === " ") at += 1;
    } else {
      const indent = container.kind === "item" ? container.indent : FOOTNOTE_INDENT;
      if (rest !== "" && space.width < indent) break;
      at += Math.min(space.length, lengthOfWidth(line, at, indent));
    }
  }

  if (matched === open.length && (leaf.kind === "fence" || leaf.kind === "formula")) {
    if (leaf.kind === "fence") return readInsideFence(line, at, complete, matched, leaf);
    // A blank line ends a formula, so that one never closed does not swallow the answer.
    const blank = /^[ \t]*$/.test(line.slice(at));
    if (blank && !complete) return "more";
    return { matched, begins: [], leaf: { kind: blank ? "blank" : "inside" }, length: at };
  }
  return readBegins(line, at, complete, open, matched, leaf);
}

function readInsideFence(
  line: string,
  at: number,
  complete: boolean,
  matched: number,
  leaf: OpenLeaf & { kind: "fence" },
): LineStart | NeedMore {
  const rest = line.slice(at);
  const fence = /^ {0,3}([`~]*)[ \t]*$/.exec(rest)?.[1];
  if (fence !== undefined && [...fence].every((mark) => mark === leaf.mark)) {
    if (!complete) return "more";
    if (fence.length >= leaf.length) {
      return { matched, begins: [], leaf: { kind: "fence-end" }, length: line.length };
    }
  }
  const indent = Math.min(indentOf(line, at).length, lengthOfWidth(line, at, leaf.indent));
  return { matched, begins: [], leaf: { kind: "inside" }, length: at + indent };
}

function readBegins(
  line: string,
  from: number,
  complete: boolean,
  open: readonly Open[],
  matched: number,
  leaf: OpenLeaf,
): LineStart | NeedMore {
  const begins: Begin[] = [];
  let at = from;
  for (;;) {
    const space = indentOf(line, at);
    at += space.length;
    const rest = line.slice(at);
    const found = (kind: LineLeaf, length = at): LineStart => ({
      matched,
      begins,
      leaf: kind,
      length,
    });
    if (rest === "") return complete ? found({ kind: "blank" }, line.length) : "more";

    // A paragraph of the same container is interrupted by fewer things.
    const goesOn = matched === open.length && begins.length === 0;
    const interrupts = goesOn && leaf.kind === "paragraph";
    const block = readLeaf(rest, complete, space.width, goesOn ? leaf : { kind: "none" });
    if (block === "more" || block === "line") return block;
    if (block) return found(block.leaf, at + block.length);

    const begin =
      open.length + begins.length >= DEPTH_LIMIT
        ? undefined
        : readBegin(rest, complete, space.width, interrupts);
    if (begin === "more") return begin;
    if (!begin) return found({ kind: "text" });
    begins.push(begin.begin);
    at += begin.length;
  }
}

type BeginRead = { begin: Begin; length: number } | "more" | undefined;

function readBegin(
  rest: string,
  complete: boolean,
  indent: number,
  interrupts: boolean,
): BeginRead {
  if (rest[0] === ">") {
    if (rest.length === 1 && !complete) return "more";
    return { begin: { kind: "quote" }, length: rest[1] === " " ? 2 : 1 };
  }
  if (rest[0] === "[") {
    const definition = /^\[\^([^\]\[\s]{1,64})\]:[ \t]*/.exec(rest);
    if (definition) {
      return {
        begin: { kind: "footnote", label: definition[1] ?? "" },
        length: definition[0].length,
      };
    }
    const possible = /^\[(\^[^\]\[\s]{0,64}(\](:)?)?)?$/.test(rest);
    return possible && !complete ? "more" : undefined;
  }
  return readItem(rest, complete, indent, interrupts);
}

function readItem(rest: string, complete: boolean, indent: number, interrupts: boolean): BeginRead {
  const head = /^(?:[-*+]|([0-9]{1,9})([.)]))([ \t]*)/.exec(rest);
  if (!head) return /^[0-9]{1,9}$/.test(rest) && !complete ? "more" : undefined;
  const [all, number, delimiter, space = ""] = head;
  const ended = all.length === rest.length;
  if (ended && !complete) return "more";
  if (space === "" && !ended) return undefined;
  if (interrupts && (ended || (number !== undefined && number !== "1"))) return undefined;

  const marker = all.length - space.length;
  // An empty item, or one that begins far to the right, is indented by one space only.
  const width = ended || space.length > 4 ? 1 : space.length;
  const item = {
    kind: "item",
    marker: delimiter ?? rest.charAt(0),
    indent: indent + marker + width,
    start: Number(number ?? 1),
  } as const;
  const task = /^\[([ xX])\](?:[ \t]|$)/.exec(rest.slice(all.length));
  if (!complete && /^\[(?:[ xX]\]?)?$/.test(rest.slice(all.length))) return "more";
  return task
    ? { begin: { ...item, task: task[1] !== " " }, length: all.length + task[0].length }
    : { begin: item, length: all.length };
}

type LeafRead = { leaf: LineLeaf; length: number } | NeedMore | undefined;

function readLeaf(rest: string, complete: boolean, indent: number, leaf: OpenLeaf): LeafRead {
  switch (rest[0]) {
    case "#": {
      const heading = /^(#{1,6})(?:[ \t]+|$)/.exec(rest);
      if (!heading) return undefined;
      if (heading[0].length === rest.length && !complete) return "more";
      return {
        leaf: { kind: "heading", level: (heading[1] ?? "").length },
        length: heading[0].length,
      };
    }
    case "`":
    case "~": {
      const fence = /^(`{3,}|~{3,})(.*)$/.exec(rest);
      if (!fence) return /^(`{1,2}|~{1,2})$/.test(rest) && !complete ? "more" : undefined;
      const [, run = "", info = ""] = fence;
      if (run[0] === "`" && info.includes("`")) return undefined;
      if (!complete) return run[0] === "`" ? "more" : "line";
      const language = info.trim().split(/\s/)[0] ?? "";
      return {
        leaf: { kind: "fence", mark: run.charAt(0), length: run.length, indent, language },
        length: rest.length,
      };
    }
    case "-":
    case "*":
    case "_":
      if (!complete) {
        // A row of marks may become a rule until another character shows up.
        return /^([-*_])[ \t]*(?:\1[ \t]*)*$/.test(rest) ? "more" : undefined;
      }
      return /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(rest)
        ? { leaf: { kind: "rule" }, length: rest.length }
        : undefined;
    case "|":
      return readRow(rest, complete, leaf);
    case "$":
    case "\\": {
      const opening = rest[0] === "$" ? "$$" : "\\[";
      if (rest.length === 1 && !complete) return "more";
      if (!rest.startsWith(opening)) return undefined;
      return {
        leaf: { kind: "formula", close: opening === "$$" ? "$$" : "\\]" },
        length: opening.length,
      };
    }
    default:
      return undefined;
  }
}

/** The second line of a table says whether it is one. */
const DELIMITER_ROW = /^\|[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/;

function readRow(rest: string, complete: boolean, table: OpenLeaf): LeafRead {
  if (table.kind !== "table") return { leaf: { kind: "row" }, length: 0 };
  if (table.headed) return { leaf: { kind: "inside" }, length: 0 };
  if (!complete) return /^[|:\- \t]*$/.test(rest) ? "line" : undefined;
  if (!DELIMITER_ROW.test(rest.trim())) return undefined;
  const cells = rest.trim().replace(/^\|/, "").replace(/\|$/, "").split("|");
  return {
    leaf: { kind: "delimiter-row", columns: cells.map((cell) => alignmentOf(cell.trim())) },
    length: rest.length,
  };
}

function alignmentOf(cell: string): Alignment {
  if (cell.startsWith(":")) return cell.endsWith(":") ? "center" : "left";
  return cell.endsWith(":") ? "right" : "none";
}

/** White space at `at`: its characters, and its columns with tab stops at every fourth. */
function indentOf(line: string, at: number): { length: number; width: number } {
  let end = at;
  let width = 0;
  for (; line[end] === " " || line[end] === "\t"; end += 1) {
    width += line[end] === "\t" ? 4 - (width % 4) : 1;
  }
  return { length: end - at, width };
}

/** How many characters of white space at `at` make up so many columns. */
function lengthOfWidth(line: string, at: number, columns: number): number {
  let width = 0;
  let end = at;
  for (; width < columns && (line[end] === " " || line[end] === "\t"); end += 1) {
    width += line[end] === "\t" ? 4 - (width % 4) : 1;
  }
  return end - at;
}
