/** Addresses in running text that nothing marks as such (GFM 0.29, 6.9). */
import { decodeHTMLStrict } from "entities";
import type { Atom, Undecided } from "./atom";

const ADDRESS_LIMIT = 2048;
/** The local part of a mail address is looked for so far back. */
export const LOCAL_LIMIT = 64;

/** Where an address may begin. */
export const ADDRESS = /^(?:https?:\/\/|ftp:\/\/|www\.)/i;
const STARTS = ["https://", "http://", "ftp://", "www."];

/** Characters that end an address, full-width punctuation included. */
const END = /[\s<>`|\\"\u3000-\u3002\u300c-\u300f\uff00-\uff0f\uff1a-\uff1f]|\*\*|~~/g;

/** How much of the end of a text may still become the beginning of an address. */
export function heldStart(text: string, before: string): number {
  const word = /(?:^|[^a-z0-9])([a-z]+(?::\/?)?)$/i.exec(text)?.[1];
  if (!word || (word.length === text.length && /[a-z0-9]/i.test(before))) return 0;
  return STARTS.some((start) => start.startsWith(word.toLowerCase())) ? word.length : 0;
}

/** Reads the address at `at`, where `ADDRESS` has matched. */
export function readBareAddress(source: string, at: number, final: boolean): Atom | Undecided {
  const text = source.slice(at, at + ADDRESS_LIMIT);
  END.lastIndex = 0;
  const found = END.exec(text);
  const whole = found ? text.slice(0, found.index) : text;
  const bracket = unbalanced(whole);
  const isOpen = !found && bracket < 0;
  // The last star may be the first of two.
  if (isOpen && !final && text.length < ADDRESS_LIMIT) {
    return {
      kind: "undecided",
      searched: 0,
      show: { kind: "address", text: trimSentence(whole) },
    };
  }
  const shown = trimSentence(bracket < 0 ? whole : whole.slice(0, bracket));
  if ((isOpen && text.length >= ADDRESS_LIMIT) || !hasHost(shown)) {
    const scheme = ADDRESS.exec(text)?.[0] ?? text.charAt(0);
    return { kind: "text", length: scheme.length, text: scheme };
  }
  const address = decodeHTMLStrict(shown);
  const url = /^www/i.test(address) ? `http://${address}` : address;
  return { kind: "address", length: shown.length, url, text: address };
}

/** A bracket that closes none of the address ends it: it is that of the link around. */
function unbalanced(address: string): number {
  let depth = 0;
  for (let at = 0; at < address.length; at += 1) {
    if (address[at] === "[") depth += 1;
    if (address[at] === "]" && --depth < 0) return at;
  }
  return -1;
}

function hasHost(address: string): boolean {
  const isShort = !/^www\./i.test(address);
  const host = address.replace(/^[a-z]+:\/\//i, "").split(/[/?#:]/)[0] ?? "";
  if (/^\[[0-9a-f:.]+\]?$/i.test(host) || address.includes("@")) return true;
  const labels = host.split(".");
  if (labels.slice(-2).some((label) => label.includes("_"))) return false;
  return (
    (isShort || labels.length > 1) && labels.every((label) => /^[\p{L}\p{N}_-]+$/u.test(label))
  );
}

/** Cuts closing punctuation, unbalanced brackets and an entity off the end of an address. */
function trimSentence(address: string): string {
  let end = address.length;
  let surplus = address.split(")").length - address.split("(").length;
  while (end > 0) {
    const last = address.charAt(end - 1);
    const entity = last === ";" && /&[a-z0-9]+;$/i.exec(address.slice(Math.max(0, end - 34), end));
    if (entity) end -= entity[0].length;
    else if (/[.,:;!?'*_~]/.test(last)) end -= 1;
    else if (last === ")" && surplus > 0) {
      surplus -= 1;
      end -= 1;
    } else break;
  }
  return address.slice(0, end);
}

/**
 * Reads a mail address at its `@`. Its local part has been read as text
 * already: it stands at the end of `tail`, and `back` says how much of it.
 */
export function readEmail(
  source: string,
  at: number,
  tail: string,
  final: boolean,
): Atom | Undecided {
  const literal: Atom = { kind: "text", length: 1, text: "@" };
  const local = /(?:mailto:)?[a-z0-9.+_-]+$/i.exec(tail.slice(-LOCAL_LIMIT))?.[0];
  if (!local) return literal;
  const body = /^[a-z0-9._-]*/i.exec(source.slice(at + 1, at + 256))?.[0] ?? "";
  if (at + 1 + body.length >= source.length && !final && body.length < 255) {
    return { kind: "undecided", searched: 0, show: { kind: "text", text: `@${body}` } };
  }
  const host = body.replace(/\.+$/, "");
  if (!/^[a-z0-9_-]+(?:\.[a-z0-9_-]+)+$/i.test(host) || /[-_]$/.test(host)) return literal;
  const text = `${local}@${host}`;
  const url = /^mailto:/i.test(text) ? text : `mailto:${text}`;
  return { kind: "address", length: host.length + 1, back: local.length, url, text };
}
