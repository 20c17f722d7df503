/** Reads link targets out of untrusted text and decides which of them may be opened at all. */
import { unescapeText } from "./angle";

/** No target that a person can use is longer; a longer one is text. */
export const TARGET_LIMIT = 2048;
const NESTED_PARENTHESES = 32;
/** CommonMark 0.31, 4.7: at most 999 characters. */
export const LABEL_LIMIT = 999;

export interface Target {
  url: string;
  /** Empty where there is none. */
  title: string;
}

/** `more` is undecided: the text ends before the target does. */
export type TargetRead = (Target & { length: number }) | "none" | "more";

/** Reads `(url "title")` at `from`, where `text[from]` is the opening parenthesis. */
export function readTarget(text: string, from: number, final: boolean): TargetRead {
  const limit = from + TARGET_LIMIT;
  const ended = (at: number): "none" | "more" | undefined =>
    at >= limit ? "none" : at >= text.length ? (final ? "none" : "more") : undefined;
  const skip = (at: number): number => {
    while (at < limit && /[ \t\n]/.test(text.charAt(at))) at += 1;
    return at;
  };

  let at = skip(from + 1);
  let stop = ended(at);
  if (stop) return stop;
  const end = text[at] === "<" ? endOfAngle(text, at, ended) : endOfPlain(text, at, ended);
  if (typeof end === "string") return end;
  const written = text.slice(at, end);
  const url = unescapeText(text[at] === "<" ? written.slice(1, -1) : written);

  at = skip(end);
  stop = ended(at);
  if (stop) return stop;
  let title = "";
  const close = { '"': '"', "'": "'", "(": ")" }[text.charAt(at)];
  if (close) {
    if (at === end) return "none";
    const begin = at + 1;
    for (at = begin; !(stop = ended(at)) && text[at] !== close; at += 1) {
      if (text[at] === "\\") at += 1;
      else if (close === ")" && text[at] === "(") return "none";
    }
    if (stop) return stop;
    title = unescapeText(text.slice(begin, at));
    at = skip(at + 1);
    stop = ended(at);
    if (stop) return stop;
  }
  return text[at] === ")" ? { length: at + 1 - from, url, title } : "none";
}

type Ended = (at: number) => "none" | "more" | undefined;

function endOfAngle(text: string, from: number, ended: Ended): number | "none" | "more" {
  for (let at = from + 1; ; at += 1) {
    const stop = ended(at);
    if (stop) return stop;
    if (text[at] === ">") return at + 1;
    if (text[at] === "\n" || text[at] === "<") return "none";
    if (text[at] === "\\") at += 1;
  }
}

function endOfPlain(text: string, from: number, ended: Ended): number | "none" | "more" {
  let depth = 0;
  for (let at = from; ; at += 1) {
    const stop = ended(at);
    if (stop) return stop;
    const c = text.charAt(at);
    if (c <= " " || c === "\u007f") return depth === 0 ? at : "none";
    if (c === "\\" && /[!-/:-@[-`{-~]?/.exec(text.charAt(at + 1))?.[0] !== "") at += 1;
    else if (c === "\\" && ended(at + 1) === "more") return "more";
    else if (c === "(" && ++depth > NESTED_PARENTHESES) return "none";
    else if (c === ")" && --depth < 0) return at;
  }
}

/** Reads the `[label]` at `from`; `length` includes its brackets. */
export function readLabel(
  text: string,
  from: number,
  final: boolean,
): { length: number; label: string } | "none" | "more" {
  for (let at = from + 1; at - from <= LABEL_LIMIT + 1; at += 1) {
    if (at >= text.length) return final ? "none" : "more";
    if (text[at] === "]") return { length: at + 1 - from, label: text.slice(from + 1, at) };
    if (text[at] === "[") return "none";
    if (text[at] === "\\") at += 1;
  }
  return "none";
}

/** Whether the app may offer to open this: the same schemes that the Rust side allows. */
export function mayOpen(url: string): boolean {
  return /^(https?:\/\/[^\s/]|mailto:[^\s])/i.test(url);
}

/** The host that a person should see before opening a target, or an empty string. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
