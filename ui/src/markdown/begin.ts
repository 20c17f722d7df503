/** The beginnings of blocks that hold other blocks. */
import type { Cursor } from "./cursor";

export const alerts = ["note", "tip", "important", "warning", "caution"] as const;
export type Alert = (typeof alerts)[number];

export type Begin =
  | { kind: "quote"; alert?: Alert }
  | { kind: "item"; marker: string; indent: number; start: number; task?: boolean }
  | { kind: "footnote"; label: string }
  | { kind: "details" };

const ALERT = /^[ \t]{0,3}\[!([a-z]+)\][ \t]*$/i;
const DETAILS = "<details>";

/** What a quote is marked as whose first line this is, behind its mark. */
export function alertOf(text: string): Alert | undefined {
  const name = ALERT.exec(text)?.[1]?.toLowerCase();
  return alerts.find((alert) => alert === name);
}

/** The marks before a line's block, as a line has them that goes on in the containers that they begin. */
export function goingOn(marks: string): string {
  return marks
    .replace(/<details>[ \t]*/gi, "")
    .replace(/\[\^[^\]\[\s]*\]:[ \t]*/g, "  ")
    .replace(/\[[ xX]\][ \t]*$/, "")
    .replace(/[^>\s]/g, " ");
}

/** Reads what the text at the cursor begins, and passes over its marks. */
export function readBegin(
  cursor: Cursor,
  complete: boolean,
  indent: number,
  interrupts: boolean,
): Begin | "more" | undefined {
  const { rest } = cursor;
  switch (rest[0]) {
    case ">":
      return readQuote(cursor, complete);
    case "[":
      return readFootnote(cursor, complete);
    case "<": {
      const head = rest.slice(0, DETAILS.length).toLowerCase();
      if (head !== DETAILS) {
        return !complete && head === rest.toLowerCase() && DETAILS.startsWith(head)
          ? "more"
          : undefined;
      }
      cursor.pass(DETAILS.length);
      cursor.skipSpace();
      return { kind: "details" };
    }
    default:
      return readItem(cursor, complete, indent, interrupts);
  }
}

function readQuote(cursor: Cursor, complete: boolean): Begin | "more" {
  const { rest } = cursor;
  if (rest.length === 1 && !complete) return "more";
  const text = rest.slice(1);
  const alert = alertOf(text);
  if (!complete && isAlertStart(text)) return "more";
  if (alert) {
    cursor.pass(rest.length);
    return { kind: "quote", alert };
  }
  cursor.pass(1);
  cursor.skip(1);
  return { kind: "quote" };
}

/** Whether the text may still become the only one of its line, `[!NOTE]`. */
function isAlertStart(text: string): boolean {
  const [, mark = "", name = "", end] = /^[ \t]{0,3}(\[!?)([a-z]*)(\][ \t]*)?$/i.exec(text) ?? [];
  const lower = name.toLowerCase();
  if (mark === "") return false;
  return end === undefined
    ? alerts.some((alert) => alert.startsWith(lower)) && (name === "" || mark === "[!")
    : mark === "[!" && alerts.some((alert) => alert === lower);
}

function readFootnote(cursor: Cursor, complete: boolean): Begin | "more" | undefined {
  const { rest } = cursor;
  const definition = /^\[\^([^\]\[\s]{1,64})\]:/.exec(rest);
  if (definition) {
    cursor.pass(definition[0].length);
    cursor.skipSpace();
    return { kind: "footnote", label: definition[1] ?? "" };
  }
  const possible = /^\[(\^[^\]\[\s]{0,64}(\](:)?)?)?$/.test(rest);
  return possible && !complete ? "more" : undefined;
}

function readItem(
  cursor: Cursor,
  complete: boolean,
  indent: number,
  interrupts: boolean,
): Begin | "more" | undefined {
  const { rest } = cursor;
  const head = /^(?:[-*+]|([0-9]{1,9})([.)]))([ \t]*)/.exec(rest);
  if (!head) return /^[0-9]{1,9}$/.test(rest) && !complete ? "more" : undefined;
  const [all, number, delimiter, space = ""] = head;
  const ended = all.length === rest.length;
  if (ended && !complete) return "more";
  if (space === "" && !ended) return undefined;
  if (interrupts && (ended || (number !== undefined && number !== "1"))) return undefined;

  const marker = all.length - space.length;
  const task = /^\[([ xX])\](?:[ \t]|$)/.exec(rest.slice(all.length));
  if (!complete && /^\[(?:[ xX]\]?)?$/.test(rest.slice(all.length))) return "more";
  cursor.pass(marker);
  const { width } = cursor.space();
  // An empty item, or one that begins far to the right, is indented by one space only.
  const used = ended || width > 4 ? 1 : width;
  cursor.skip(used);
  const item = {
    kind: "item",
    marker: delimiter ?? rest.charAt(0),
    indent: indent + marker + used,
    start: Number(number ?? 1),
  } as const;
  if (!task || width > 4) return item;
  cursor.pass(3);
  return { ...item, task: task[1] !== " " };
}
