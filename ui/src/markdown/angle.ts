/** What `<` and `&` can begin: a few elements without attributes, addresses, and entities. */
import { decodeHTMLStrict } from "entities";
import type { Atom, Undecided } from "./atom";
import type { Tag } from "./tree";

const undecided: Undecided = { kind: "undecided", searched: 0 };
/** The longest name of an entity in HTML has 31 letters. */
const ENTITY_LIMIT = 34;
const ADDRESS_LIMIT = 2048;
const TAGS = ["<sub>", "</sub>", "<sup>", "</sup>", "<kbd>", "</kbd>", "<br>", "<br/>", "<br />"];
const SCHEME = /^[a-z][a-z0-9+.-]{1,31}:/i;
const EMAIL =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;

/** Reads what begins with the `<` at `at`; anything that is not known stays text. */
export function readAngle(source: string, at: number, final: boolean): Atom | Undecided {
  const head = source.slice(at, at + 6).toLowerCase();
  for (const tag of TAGS) {
    if (head.startsWith(tag)) {
      if (tag.startsWith("<br")) return { kind: "break", length: tag.length };
      const name = tag.replace(/[</>]/g, "") as Tag;
      return { kind: "tag", tag: name, close: tag[1] === "/", length: tag.length };
    }
    if (!final && tag.startsWith(head) && at + head.length === source.length) return undecided;
  }
  const body = /^[^\s<>]*/.exec(source.slice(at + 1, at + ADDRESS_LIMIT))?.[0] ?? "";
  const stop = source.charAt(at + 1 + body.length);
  const isUrl = SCHEME.test(body);
  if (stop === "" && !final && body.length < ADDRESS_LIMIT - 1) {
    if (isUrl) return { ...undecided, show: { kind: "address", text: body } };
    // Without a colon or an @ soon, this is no address.
    if (body.length < 80 || body.includes("@")) return undecided;
  }
  const length = body.length + 2;
  if (stop === ">" && isUrl) return { kind: "address", length, url: body, text: body };
  if (stop === ">" && EMAIL.test(body)) {
    return { kind: "address", length, url: `mailto:${body}`, text: body };
  }
  return { kind: "text", length: 1, text: "<" };
}

/** Reads the entity that the `&` at `at` may begin. */
export function readEntity(source: string, at: number, final: boolean): Atom | Undecided {
  const body = /^&#?[a-z0-9]*/i.exec(source.slice(at, at + ENTITY_LIMIT))?.[0] ?? "&";
  const stop = source.charAt(at + body.length);
  if (stop === "" && !final && body.length < ENTITY_LIMIT) return undecided;
  const text = stop === ";" ? decodeEntity(`${body};`) : undefined;
  return text === undefined
    ? { kind: "text", length: 1, text: "&" }
    : { kind: "text", length: body.length + 1, text };
}

/** The characters that an entity stands for, if it is one. */
function decodeEntity(entity: string): string | undefined {
  const number = /^&#(?:x([0-9a-f]{1,6})|([0-9]{1,7}));$/i.exec(entity);
  if (!number && entity[1] === "#") return undefined;
  const code = number ? parseInt(number[1] ?? number[2] ?? "", number[1] ? 16 : 10) : -1;
  if (code === 0) return "\ufffd";
  const text = decodeHTMLStrict(entity);
  return text === entity ? undefined : text;
}

/** Escapes and entities of a target, a title or the name of a language. */
export function unescapeText(text: string): string {
  return text.replace(
    /\\([!-/:-@[-`{-~])|&(?:#x[0-9a-f]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,31});/gi,
    (found, escaped?: string) => escaped ?? decodeEntity(found) ?? found,
  );
}
