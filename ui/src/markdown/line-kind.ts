/** What a line is that may be cut within, as its start tells: that is decided once for each line. */

/** What is read of a line for that. */
export const HEAD_LENGTH = 64;

export type LineKind =
  /** Words of a paragraph or of an item, whatever they are made of: data and tags as well. */
  | { kind: "words" }
  | { kind: "heading"; level: number }
  /** A formula begins with it. */
  | { kind: "formula"; close: string }
  /** It is, or may be, something that is not cut within a line. */
  | { kind: "other" };

/** Fences, formulas, folds, rows, quotes, definitions and notes, headings, lists in lists, rules. */
const OTHER_START =
  /^(?:#{1,6}[ \t]|`{3}|~{3}|\$\$|\\\[|[>|]|<\/?(?:details|summary)\b|\[(?:\^|[^\[\]]*\]:)|[-+*][ \t]+[-+*][ \t]|\d+[.)][ \t]+\d+[.)][ \t])/i;
const ITEM_MARK = /^(?:[-+*]|\d{1,9}[.)])[ \t]+/;
const HEADING = /^(#{1,6})[ \t]/;

/** `start` begins the line; one that is indented by `indent` belongs to an item, where that is not 0. */
export function kindOf(start: string, indent: number): LineKind {
  const head = start.slice(0, HEAD_LENGTH);
  const text = head.trimStart();
  const space = head.length - text.length;
  if (space >= indent + 4 || head.startsWith("\t")) return { kind: "other" };
  if (!OTHER_START.test(text) && !OTHER_START.test(text.replace(ITEM_MARK, ""))) {
    return { kind: "words" };
  }
  // Further to the right it may be a block of an item.
  if (indent > 0 && space > 1) return { kind: "other" };
  const heading = HEADING.exec(text);
  if (heading) return { kind: "heading", level: heading[1]?.length ?? 1 };
  const close = formulaClose(text);
  return close === undefined ? { kind: "other" } : { kind: "formula", close };
}

/** What closes the formula that a line begins with; undefined where it begins with none. */
export function formulaClose(text: string): string | undefined {
  if (text.startsWith("$$")) return "$$";
  return text.startsWith("\\[") ? "\\]" : undefined;
}
