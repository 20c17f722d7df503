/** Formulas in running text, told from prices, variables of a shell, and prose. */
import type { Atom, Undecided } from "./atom";

const FORMULA_LIMIT = 1000;
const DOLLAR_LIMIT = 200;

/** `$5 million`, `$9（基础版）`: a sum of money goes on with a word. Any longer text is one as well. */
const MONEY =
  /^[0-9][^\\]*?(?:\s\(?(?!(?:sin|cos|tan|log|ln|exp|mod|max|min|lim|gcd|det)(?![a-z]))[A-Za-z]{2,}(?=[^A-Za-z])|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uffef])/u;
/** `$HOME/bin`; but `$ABC$` is a triangle. */
const VARIABLE = /^[A-Z_][A-Z0-9_]{2,}(?=[^A-Z0-9_$\s])(?!\s*[=\\^+<>])/;
/** `$x$s`, `$n$th`: what may be joined to a formula. */
const SUFFIX = /^(?:th|st|nd|rd|s)?(?![A-Za-z0-9_])/;

/** Two whole words in front of any command of TeX are prose. */
function isProse(body: string): boolean {
  const plain = body.split("\\", 1)[0] ?? "";
  const words = plain.match(/[A-Za-z]{3,}(?=[^A-Za-z])/g)?.length ?? 0;
  return words >= 2;
}

/** `($5)`: the bracket around a sum is not closed inside a formula. */
const BRACKETED = /^[0-9][0-9.,]*\)/;

const isNoFormula = (body: string): boolean =>
  MONEY.test(body) || BRACKETED.test(body) || VARIABLE.test(body) || isProse(body);

/** Reads a formula at `at`, where the source has one of the three opening marks. */
export function readFormula(
  source: string,
  at: number,
  open: "$" | "$$" | "\\(" | "\\[",
  searched: number,
  final: boolean,
): Atom | Undecided {
  const close = open === "\\(" ? "\\)" : open === "\\[" ? "\\]" : open;
  const start = at + open.length;
  const refused: Atom = { kind: "text", length: open.length, text: open.replace("\\", "") };
  if (source.startsWith(close, start)) return refused;
  let limit = at + (open === "$" ? DOLLAR_LIMIT : FORMULA_LIMIT);
  let stopped = source.length >= limit;
  // A code span binds more tightly than a formula, and a dollar's formula stands in one line.
  for (const mark of open === "$" ? ["`", "\n"] : ["`"]) {
    const stop = source.slice(start, limit).indexOf(mark);
    if (stop >= 0) {
      limit = start + stop;
      stopped = true;
    }
  }
  let from = Math.max(start, at + searched);
  for (;;) {
    const end = source.indexOf(close, from);
    if (end < 0 || end >= limit) break;
    if (open === "$") {
      const after = source.slice(end + 1, end + 4);
      if (after.length < 3 && !final && /^[a-z]*$/i.test(after)) {
        return undecided(end - at, pending(source, start, end, open));
      }
      if (isNoFormula(source.slice(start, end + 1))) return refused;
      if (/[\s\\]/.test(source.charAt(end - 1)) || !SUFFIX.test(after)) {
        from = end + 1;
        continue;
      }
    }
    return {
      kind: "formula",
      length: end + close.length - at,
      tex: source.slice(start, end),
      display: open === "$$" || open === "\\[",
    };
  }
  const seen = source.slice(start, limit);
  if (final || stopped || (open === "$" && isNoFormula(seen))) return refused;
  const known = Math.max(open.length, source.length - at - close.length + 1);
  return undecided(known, pending(source, start, source.length, open));
}

const undecided = (searched: number, show: Undecided["show"]): Undecided =>
  show ? { kind: "undecided", searched, show } : { kind: "undecided", searched };

/** `$5` is a price until its closing mark shows otherwise, so nothing is styled before that. */
function pending(source: string, start: number, end: number, open: string): Undecided["show"] {
  const text = source.slice(start, end).replace(/\\$/, "");
  return open === "$" && /^[0-9]/.test(text)
    ? { kind: "text", text: `$${text}` }
    : { kind: "formula", text };
}
