/** The lines that begin, underline, continue or end a block of text. */
import { unescapeText } from "./angle";
import type { Cursor } from "./cursor";
import type { NeedMore, OpenLeaf } from "./line";
import { delimiterRow, type Alignment } from "./table-row";

export type LineLeaf =
  | { kind: "blank" }
  | { kind: "text" }
  /** Belongs to the open block as it is. */
  | { kind: "inside" }
  | { kind: "inside-blank" }
  | { kind: "fence-end" }
  | { kind: "heading"; level: number }
  /** The paragraph above is a heading. */
  | { kind: "underline"; level: number }
  | { kind: "rule" }
  | { kind: "fence"; mark: string; length: number; indent: number; language: string }
  | { kind: "indented" }
  | { kind: "formula"; close: string }
  | { kind: "summary" }
  | { kind: "details-end" }
  | { kind: "row" }
  | { kind: "delimiter-row"; columns: Alignment[] };

/** Reads a line of a block that takes lines as they are; undefined if the line is not its own. */
export function readInside(
  cursor: Cursor,
  complete: boolean,
  leaf: OpenLeaf,
): LineLeaf | "more" | undefined {
  switch (leaf.kind) {
    case "fence":
      return readInsideFence(cursor, complete, leaf);
    case "indented": {
      const { rest } = cursor;
      if (rest === "" && !complete) return "more";
      if (rest !== "" && cursor.space().width < 4) return undefined;
      cursor.skip(4);
      return { kind: rest === "" ? "inside-blank" : "inside" };
    }
    case "formula": {
      const { rest } = cursor;
      if (rest === "") return complete ? { kind: "inside-blank" } : "more";
      if (!leaf.doubtful) return { kind: "inside" };
      // After a blank line, a line that no formula has ends the wait for its end.
      if (/^(?:#{1,6}[ \t]|```|~~~)/.test(rest)) return undefined;
      return !complete && /^(?:#{1,6}|`{1,2}|~{1,2})$/.test(rest) ? "more" : { kind: "inside" };
    }
    case "summary":
      // A summary that is never closed ends with its paragraph.
      if (cursor.rest !== "") return { kind: "inside" };
      return complete ? undefined : "more";
    case "none":
    case "paragraph":
    case "table":
      return undefined;
  }
}

function readInsideFence(
  cursor: Cursor,
  complete: boolean,
  leaf: OpenLeaf & { kind: "fence" },
): LineLeaf | "more" {
  const fence = /^([`~]*)[ \t]*$/.exec(cursor.rest)?.[1];
  const possible = fence !== undefined && cursor.space().width <= 3;
  if (possible && [...fence].every((mark) => mark === leaf.mark)) {
    if (!complete) return "more";
    if (fence.length >= leaf.length) {
      cursor.pass(cursor.line.length - cursor.at);
      return { kind: "fence-end" };
    }
  }
  cursor.skip(leaf.indent);
  return { kind: "inside" };
}

type LeafRead = { leaf: LineLeaf; length: number } | NeedMore | undefined;

interface Surroundings {
  /** The open block of the same container. */
  leaf: OpenLeaf;
  /** Whether a paragraph would go on with this line. */
  interrupts: boolean;
  formulas: boolean;
  inside: readonly { kind: string; fresh?: boolean }[];
}

/** Reads a line's text as the beginning of a block that is no container; undefined if it is none. */
export function readLeaf(
  rest: string,
  complete: boolean,
  indent: number,
  { leaf, interrupts, formulas, inside }: Surroundings,
): LeafRead {
  const row = readDelimiterRow(rest, complete, leaf);
  if (row) return row;
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
    case "~":
      return readFence(rest, complete, indent);
    case "=":
    case "-":
    case "*":
    case "_":
      return readMarks(rest, complete, leaf.kind === "paragraph" && leaf.heading);
    case "<":
      return readHtml(rest, complete, inside);
    case "|":
      // In a paragraph only the line below can say that this one is a table's.
      return interrupts || leaf.kind === "table" ? undefined : { leaf: { kind: "row" }, length: 0 };
    case "$":
    case "\\": {
      const opening = rest[0] === "$" ? "$$" : "\\[";
      if (!formulas) return undefined;
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

function readFence(rest: string, complete: boolean, indent: number): LeafRead {
  const fence = /^(`{3,}|~{3,})(.*)$/.exec(rest);
  if (!fence) return /^(`{1,2}|~{1,2})$/.test(rest) && !complete ? "more" : undefined;
  const [, run = "", info = ""] = fence;
  if (run[0] === "`" && info.includes("`")) return undefined;
  if (!complete) return run[0] === "`" ? "more" : "line";
  const language = unescapeText(info.trim().split(/\s/)[0] ?? "");
  return {
    leaf: { kind: "fence", mark: run.charAt(0), length: run.length, indent, language },
    length: rest.length,
  };
}

/** A row of marks is a heading's underline or a rule. */
function readMarks(rest: string, complete: boolean, underlines: boolean): LeafRead {
  const { length } = rest;
  const underline = underlines && /^(?:=+|-+)[ \t]*$/.test(rest);
  if (!complete) {
    // It may become either until another character shows up.
    return underline || /^([-*_])[ \t]*(?:\1[ \t]*)*$/.test(rest) ? "more" : undefined;
  }
  if (underline) return { leaf: { kind: "underline", level: rest[0] === "=" ? 1 : 2 }, length };
  return /^([-*_])(?:[ \t]*\1){2,}[ \t]*$/.test(rest)
    ? { leaf: { kind: "rule" }, length }
    : undefined;
}

const TAGS = ["<summary>", "</details>"];

function readHtml(rest: string, complete: boolean, inside: Surroundings["inside"]): LeafRead {
  const lower = rest.toLowerCase();
  if (!inside.some(({ kind }) => kind === "details")) return undefined;
  const tag = TAGS.find((tag) => lower.startsWith(tag));
  if (!tag) return !complete && TAGS.some((tag) => tag.startsWith(lower)) ? "more" : undefined;
  const last = inside.at(-1);
  if (tag === "<summary>") {
    return last?.kind === "details" && last.fresh !== false
      ? { leaf: { kind: "summary" }, length: tag.length }
      : undefined;
  }
  // What follows on the line is in no block of HTML's, and in none of ours.
  if (!/^<\/details>[ \t]*$/i.test(rest)) return undefined;
  return complete ? { leaf: { kind: "details-end" }, length: rest.length } : "more";
}

/** The line below a table's first one, which says that it is a table. */
function readDelimiterRow(rest: string, complete: boolean, leaf: OpenLeaf): LeafRead {
  const cells =
    leaf.kind === "paragraph" || (leaf.kind === "table" && !leaf.headed) ? leaf.cells : 0;
  if (cells === 0 || !/^[|:\- \t]*$/.test(rest) || /^-[ \t]/.test(rest)) return undefined;
  // A single dash may yet be a list's.
  if (!complete) return rest === "-" ? "more" : "line";
  const columns = delimiterRow(rest);
  return columns?.length === cells && /[|:]/.test(rest)
    ? { leaf: { kind: "delimiter-row", columns }, length: rest.length }
    : undefined;
}
