/**
 * Splits running text into atoms, each decided by a bounded look ahead.
 *
 * An atom is returned only when no later character can change it, so the
 * result does not depend on where the stream was cut.
 */
import { readBareAddress, trimSentence } from "./target";

/** Further apart than this, two marks do not belong together and both are text. */
export const SPAN_LIMIT = 2000;
const FORMULA_LIMIT = 1000;
const DOLLAR_LIMIT = 200;
/** A run of marks is cut here; runs of more than three mean nothing anyway. */
const RUN_LIMIT = 64;
const FOOTNOTE_LIMIT = 64;

export type Atom =
  | { kind: "text"; length: number; text: string }
  | { kind: "break"; length: number }
  | { kind: "code"; length: number; text: string }
  | { kind: "formula"; length: number; tex: string; display: boolean }
  | { kind: "address"; length: number; url: string }
  | { kind: "footnote"; length: number; label: string }
  | { kind: "delimiter"; length: number; mark: "*" | "_" | "~" }
  | { kind: "open-bracket"; length: number; image: boolean }
  | { kind: "close-bracket"; length: number };

/** The text ends inside an atom: how far it was searched, and what to show until it is decided. */
export interface Undecided {
  kind: "undecided";
  /** Characters from the start of the atom in which its end is known not to be. */
  searched: number;
  show?: { kind: "code" | "formula" | "address" | "text"; text: string };
}

const SPECIAL = /[\\`*_~[\]!$&<\n]|https?:\/\//gi;
/** A tail that may still become `https://`; it is held back for a moment. */
const ADDRESS_START = /(?:^|[^a-z0-9])(h(?:t(?:t(?:ps?(?::\/?)?)?)?)?)$/i;
/** `$5 million`, `$HOME`: a price or a variable, and never a formula. */
const MONEY = /^\$(?:[0-9][0-9.,]*[.,;:!?)]*\s+[A-Za-z]{2}|[A-Z_]{3})/;
const PUNCTUATION = /[!-/:-@[-`{-~]/;
const ENTITIES: Record<string, string> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: "\u00a0",
  copy: "©",
  hellip: "…",
  mdash: "—",
  ndash: "–",
};

const undecided = (searched = 0, show?: Undecided["show"]): Undecided =>
  show ? { kind: "undecided", searched, show } : { kind: "undecided", searched };
const literal = (text: string): Atom => ({ kind: "text", length: text.length, text });

/**
 * Reads the atom at `at`. `before` is the character in front of it, `searched`
 * is what the last undecided reading of the same atom returned, `final` says
 * that no more text follows.
 */
export function readAtom(
  source: string,
  at: number,
  before: string,
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
      if (next === "(") return readFormula(source, at, "\\(", "\\)", searched, final);
      if (next === "[") return readFormula(source, at, "\\[", "\\]", searched, final);
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
      if (next === "$") return readFormula(source, at, "$$", "$$", searched, final);
      return /^\s|^$/.test(next) ||
        /[a-z0-9]/i.test(before) ||
        MONEY.test(source.slice(at, at + 40))
        ? literal(c)
        : readFormula(source, at, "$", "$", searched, final);
    case "&":
      return readEntity(source, at, final);
    case "<":
      return readAngleAddress(source, at, final);
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
  if (/h/i.test(source.charAt(at)) && !/[a-z0-9]/i.test(before)) {
    if (/^https?:\/\//i.test(source.slice(at, at + 8))) {
      const read = readBareAddress(source, at, final);
      if (read === "more") {
        return undecided(0, { kind: "address", text: trimSentence(source.slice(at)) });
      }
      if (read !== "none") return { kind: "address", ...read };
    }
  }
  SPECIAL.lastIndex = at + 1;
  const found = SPECIAL.exec(source);
  let end = found ? found.index : source.length;
  // The space before a line's end decides between a break and none; two are enough to know.
  let kept = end;
  while (kept > at && end - kept < 2 && source[kept - 1] === " ") kept -= 1;
  if (found?.[0] === "\n" && end - kept === 2) {
    if (kept === at) return { kind: "break", length: end - at + 1 };
    return { kind: "text", length: kept - at, text: source.slice(at, kept) };
  }
  if (found?.[0] === "\n" || (!found && final)) {
    return { kind: "text", length: end - at, text: source.slice(at, kept) };
  }
  if (!found) {
    end = kept;
    const held = ADDRESS_START.exec(source.slice(Math.max(at, end - 8), end));
    if (held?.[1]) end -= held[1].length;
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
  return /^ .*[^ ].* $/.test(line) ? line.slice(1, -1) : line;
}

function readFormula(
  source: string,
  at: number,
  open: string,
  close: string,
  searched: number,
  final: boolean,
): Atom | Undecided {
  const start = at + open.length;
  let limit = at + (close === "$" ? DOLLAR_LIMIT : FORMULA_LIMIT);
  const line = close === "$" ? source.indexOf("\n", start) : -1;
  if (line >= 0) limit = Math.min(limit, line);
  let from = Math.max(start, at + searched);
  for (;;) {
    const end = source.indexOf(close, from);
    if (end < 0 || end >= limit) break;
    const after = source.charAt(end + close.length);
    if (close === "$") {
      // A price is no formula: no space before the closing mark, no digit after it.
      if (after === "" && !final) return undecided(end - at, pendingFormula(source, start, end));
      if (/[\s\\]/.test(source.charAt(end - 1)) || /[0-9]/.test(after)) {
        from = end + 1;
        continue;
      }
    }
    if (end === start) break;
    return {
      kind: "formula",
      length: end + close.length - at,
      tex: source.slice(start, end),
      display: open === "$$" || open === "\\[",
    };
  }
  const empty = source.startsWith(close, start);
  if (final || empty || source.length >= limit) {
    return { kind: "text", length: open.length, text: open.replace("\\", "") };
  }
  const known = Math.max(open.length, source.length - at - close.length + 1);
  return undecided(known, pendingFormula(source, start, source.length));
}

/** `$5` is a price until its closing mark shows otherwise, so nothing is styled before that. */
function pendingFormula(source: string, start: number, end: number): Undecided["show"] {
  const text = source.slice(start, end).replace(/\\$/, "");
  return source[start - 2] !== "$" && source[start - 1] === "$" && /^[0-9]/.test(text)
    ? { kind: "text", text: `$${text}` }
    : { kind: "formula", text };
}

function readFootnote(source: string, at: number, final: boolean): Atom | Undecided {
  const end = at + 2;
  const body = /^[^\]\[\s]*/.exec(source.slice(end, end + FOOTNOTE_LIMIT))?.[0] ?? "";
  const stop = source.charAt(end + body.length);
  if (stop === "" && body.length < FOOTNOTE_LIMIT && !final) return undecided();
  if (stop !== "]" || body === "" || body.length >= FOOTNOTE_LIMIT) return openBracket;
  return { kind: "footnote", length: body.length + 3, label: body };
}

function readEntity(source: string, at: number, final: boolean): Atom | Undecided {
  const body = /^&(?:#x?)?[a-z0-9]{0,8}/i.exec(source.slice(at, at + 12))?.[0] ?? "&";
  const stop = source.charAt(at + body.length);
  if (stop === "" && !final) return undecided();
  if (stop !== ";") return literal("&");
  const number = /^&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}))$/i.exec(body);
  const code = number ? parseInt(number[1] ?? number[2] ?? "", number[1] ? 16 : 10) : 0;
  const text =
    code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff)
      ? String.fromCodePoint(code)
      : ENTITIES[body.slice(1)];
  return text === undefined ? literal("&") : { kind: "text", length: body.length + 1, text };
}

const ANGLE_SCHEMES = ["https://", "http://", "mailto:"];

function readAngleAddress(source: string, at: number, final: boolean): Atom | Undecided {
  const head = source.slice(at + 1, at + 9).toLowerCase();
  if (!ANGLE_SCHEMES.some((scheme) => head.startsWith(scheme))) {
    const open = at + 1 + head.length >= source.length && !final;
    const possible = ANGLE_SCHEMES.some((scheme) => scheme.startsWith(head));
    return open && possible ? undecided() : literal("<");
  }
  const body = /^[^\s<>]*/.exec(source.slice(at + 1, at + 2048))?.[0] ?? "";
  const stop = source.charAt(at + 1 + body.length);
  if (stop === "" && !final && body.length < 2047) {
    return undecided(0, { kind: "address", text: body });
  }
  return stop === ">" ? { kind: "address", length: body.length + 2, url: body } : literal("<");
}
