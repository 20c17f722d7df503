/**
 * Splits running text into atoms, each decided by a bounded look ahead.
 *
 * An atom is returned only when no later character can change it, so the
 * result does not depend on where the stream was cut.
 */
import { ADDRESS, heldStart, readBareAddress, readEmail } from "./address";
import { readAngle, readEntity } from "./angle";
import type { Mark } from "./flanking";
import { readFormula } from "./formula-atom";
import type { Tag } from "./tree";

/** Further apart than this, two marks do not belong together and both are text. */
export const SPAN_LIMIT = 2000;
/** A run of marks is cut here; runs of more than three mean nothing anyway. */
const RUN_LIMIT = 64;
const FOOTNOTE_LIMIT = 64;
/** More spaces than this in a row are text. */
const SPACE_LIMIT = 64;

export type Atom =
  | { kind: "text"; length: number; text: string }
  | { kind: "break"; length: number }
  | { kind: "code"; length: number; text: string }
  | { kind: "formula"; length: number; tex: string; display: boolean }
  /** `back` characters of the text in front belong to it as well. */
  | { kind: "address"; length: number; url: string; text: string; back?: number }
  | { kind: "tag"; length: number; tag: Tag; close: boolean }
  | { kind: "footnote"; length: number; label: string }
  | { kind: "delimiter"; length: number; mark: Mark }
  | { kind: "open-bracket"; length: number; image: boolean }
  | { kind: "close-bracket"; length: number };

/** The text ends inside an atom: how far it was searched, and what to show until it is decided. */
export interface Undecided {
  kind: "undecided";
  /** Characters from the start of the atom in which its end is known not to be. */
  searched: number;
  show?: { kind: "code" | "formula" | "address" | "text"; text: string };
}

const SPECIAL = /[\\`*_~[\]!$&<\n@]|https?:\/\/|ftp:\/\/|www\./gi;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

const undecided = (searched = 0, show?: Undecided["show"]): Undecided =>
  show ? { kind: "undecided", searched, show } : { kind: "undecided", searched };
const literal = (text: string): Atom => ({ kind: "text", length: text.length, text });

/**
 * Reads the atom at `at`. `tail` is the text placed in front of it, `before`
 * the last character of the source there; `searched` is what the last
 * undecided reading of the same atom returned, `final` says that no more text
 * follows.
 */
export function readAtom(
  source: string,
  at: number,
  before: string,
  tail: string,
  searched: number,
  final: boolean,
): Atom | Undecided {
  const c = source.charAt(at);
  const next = source.charAt(at + 1);
  const atEnd = at + 1 >= source.length && !final;
  switch (c) {
    case "\n":
      return literal("\n");
    case "\\":
      if (atEnd) return undecided();
      if (next === "\n") return { kind: "break", length: 2 };
      if (next === "(") return readFormula(source, at, "\\(", searched, final);
      if (next === "[") return readFormula(source, at, "\\[", searched, final);
      return PUNCTUATION.test(next)
        ? { kind: "text", length: 2, text: next }
        : { kind: "text", length: 1, text: c };
    case "`":
      return readCode(source, at, searched, final);
    case "*":
    case "_":
    case "~": {
      const length = runLength(source, at);
      if (at + length >= source.length && !final && length < RUN_LIMIT) return undecided();
      return { kind: "delimiter", length, mark: c };
    }
    case "!":
      if (atEnd) return undecided();
      return next === "[" ? { kind: "open-bracket", length: 2, image: true } : literal(c);
    case "[":
      if (atEnd) return undecided();
      return next === "^" ? readFootnote(source, at, final) : openBracket;
    case "]":
      return { kind: "close-bracket", length: 1 };
    case "$":
      if (atEnd) return undecided();
      if (next === "$") return readFormula(source, at, "$$", searched, final);
      return /^\s|^$/.test(next) || /[a-z0-9]/i.test(before)
        ? literal(c)
        : readFormula(source, at, "$", searched, final);
    case "&":
      return readEntity(source, at, final);
    case "<":
      return readAngle(source, at, final);
    case "@":
      return readEmail(source, at, tail, final);
    default:
      return readText(source, at, before, final);
  }
}

const openBracket: Atom = { kind: "open-bracket", length: 1, image: false };

/** How many times the character at `at` stands there, at most RUN_LIMIT times. */
function runLength(source: string, at: number): number {
  const c = source[at];
  let end = at + 1;
  while (source[end] === c && end - at < RUN_LIMIT) end += 1;
  return end - at;
}

function readText(source: string, at: number, before: string, final: boolean): Atom | Undecided {
  if (/[hfw]/i.test(source.charAt(at)) && !/[a-z0-9]/i.test(before)) {
    if (ADDRESS.test(source.slice(at, at + 8))) return readBareAddress(source, at, final);
  }
  SPECIAL.lastIndex = at + 1;
  const found = SPECIAL.exec(source);
  let end = found ? found.index : source.length;
  // The space before a line's end decides between a break and none.
  let kept = end;
  while (kept > at && end - kept < SPACE_LIMIT && source[kept - 1] === " ") kept -= 1;
  if (found?.[0] === "\n" && end - kept >= 2) {
    if (kept === at) return { kind: "break", length: end - at + 1 };
    return { kind: "text", length: kept - at, text: source.slice(at, kept) };
  }
  if (found?.[0] === "\n" || (!found && final)) {
    return { kind: "text", length: end - at, text: source.slice(at, kept) };
  }
  if (!found) {
    end = kept;
    end -= heldStart(source.slice(Math.max(at, end - 9), end), at > end - 9 ? before : "");
    if (end === at) return undecided();
  }
  return { kind: "text", length: end - at, text: source.slice(at, end) };
}

function readCode(source: string, at: number, searched: number, final: boolean): Atom | Undecided {
  const run = runLength(source, at);
  const limit = at + SPAN_LIMIT;
  if (at + run >= source.length && !final && run < RUN_LIMIT) return undecided();
  let from = at + Math.max(run, searched);
  for (;;) {
    const tick = source.indexOf("`", from);
    if (tick < 0 || tick >= limit) break;
    const length = runLength(source, tick);
    if (tick + length >= source.length && !final && length < RUN_LIMIT) {
      return undecided(tick - at, pendingCode(source.slice(at + run, tick)));
    }
    if (length === run) {
      return {
        kind: "code",
        length: tick + run - at,
        text: codeText(source.slice(at + run, tick)),
      };
    }
    from = tick + length;
  }
  if (final || source.length >= limit) return literal(source.slice(at, at + run));
  return undecided(source.length - at, pendingCode(source.slice(at + run)));
}

const pendingCode = (body: string): NonNullable<Undecided["show"]> => ({
  kind: "code",
  text: body.replaceAll("\n", " "),
});

/** One space at each end is there to keep backticks apart (CommonMark 0.31, 6.1). */
function codeText(body: string): string {
  const line = body.replaceAll("\n", " ");
  return /^ .*[^ ].* $/s.test(line) ? line.slice(1, -1) : line;
}

function readFootnote(source: string, at: number, final: boolean): Atom | Undecided {
  const end = at + 2;
  const body = /^[^\]\[\s]*/.exec(source.slice(end, end + FOOTNOTE_LIMIT))?.[0] ?? "";
  const stop = source.charAt(end + body.length);
  if (stop === "" && body.length < FOOTNOTE_LIMIT && !final) return undecided();
  if (stop !== "]" || body === "" || body.length >= FOOTNOTE_LIMIT) return openBracket;
  return { kind: "footnote", length: body.length + 3, label: body };
}
