/** Reads link targets out of untrusted text and decides which of them may be opened at all. */

/** No target that a person can use is longer; a longer one is text. */
export const TARGET_LIMIT = 2048;
const NESTED_PARENTHESES = 32;

/** `more` is undecided: the text ends before the target does. */
export type TargetRead = { length: number; url: string } | "none" | "more";

/** Reads `(url "title")` at `from`, where `text[from]` is the opening parenthesis. */
export function readTarget(text: string, from: number, final: boolean): TargetRead {
  const limit = from + TARGET_LIMIT;
  const ended = (at: number): TargetRead | undefined =>
    at >= limit ? "none" : at >= text.length ? (final ? "none" : "more") : undefined;
  const skip = (at: number): number => {
    while (at < limit && /[ \t\n]/.test(text.charAt(at))) at += 1;
    return at;
  };

  let at = skip(from + 1);
  let stop = ended(at);
  if (stop) return stop;

  let url = "";
  if (text[at] === "<") {
    at += 1;
    for (; !(stop = ended(at)) && text[at] !== ">"; at += 1) {
      if (text[at] === "\n" || text[at] === "<") return "none";
      url += text[at];
    }
    if (stop) return stop;
    at += 1;
  } else {
    let depth = 0;
    for (; !(stop = ended(at)); at += 1) {
      const c = text.charAt(at);
      if (/[\s]/.test(c)) break;
      if (c === "\\" && /[()\\]/.test(text.charAt(at + 1))) {
        at += 1;
      } else if (c === "\\" && at + 1 >= text.length && !final) {
        return "more";
      } else if (c === "(") {
        if (++depth > NESTED_PARENTHESES) return "none";
      } else if (c === ")") {
        if (depth === 0) break;
        depth -= 1;
      }
      url += text[at];
    }
    if (stop) return stop;
  }

  at = skip(at);
  stop = ended(at);
  if (stop) return stop;
  const quote = text.charAt(at);
  if (quote === '"' || quote === "'") {
    at += 1;
    for (; !(stop = ended(at)) && text[at] !== quote; at += 1) {
      if (text[at] === "\\") at += 1;
    }
    if (stop) return stop;
    at = skip(at + 1);
    stop = ended(at);
    if (stop) return stop;
  }
  return text[at] === ")" ? { length: at + 1 - from, url } : "none";
}

/** Characters that end an address written in running text, full-width punctuation included. */
const BARE_END = /[\s<>`|\\"\u3000-\u3002\uff00-\uff0f\uff1a-\uff1f]/g;

/** Reads a bare `https://…` at `from`; punctuation at its end belongs to the sentence. */
export function readBareAddress(text: string, from: number, final: boolean): TargetRead {
  const limit = from + TARGET_LIMIT;
  BARE_END.lastIndex = from;
  const found = BARE_END.exec(text.length > limit ? text.slice(0, limit) : text);
  if (!found && text.length >= limit) return "none";
  if (!found && !final) return "more";
  const url = trimSentence(text.slice(from, found ? found.index : text.length));
  return /^https?:\/\/[^/]/i.test(url) ? { length: url.length, url } : "none";
}

/** Cuts closing punctuation and unbalanced brackets off the end of an address. */
export function trimSentence(address: string): string {
  let end = address.length;
  for (; end > 0; end -= 1) {
    const last = address.charAt(end - 1);
    if (/[.,:;!?'*_~]/.test(last)) continue;
    if (last !== ")" && last !== "]") break;
    const open = last === ")" ? "(" : "[";
    const body = address.slice(0, end);
    if (body.split(last).length <= body.split(open).length) break;
  }
  return address.slice(0, end);
}

/** Whether the app may offer to open this: the same schemes that the Rust side allows. */
export function mayOpen(url: string): boolean {
  return /^(https?:\/\/[^\s/]|mailto:[^\s])/i.test(url);
}

/** The host that a person should see before opening a target, or an empty string. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "";
}
