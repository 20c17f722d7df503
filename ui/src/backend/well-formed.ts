/** Makes text that leaves the page text that others can read. */

/**
 * Half of a surrogate pair alone. A text field takes one, JavaScript writes it into JSON, and no
 * reader of UTF-8 takes it from there: the whole call would be lost without an answer (RFC 8259,
 * section 8.2). Under the flag `u` the halves of a whole pair do not match.
 */
const LONE = /\p{Surrogate}/gu;

/**
 * The same value with U+FFFD for each lone surrogate in its texts, as `String.toWellFormed` has it.
 * Looks into arrays and plain objects; all else stays what it is.
 */
export function wellFormed<T>(value: T): T {
  if (typeof value === "string") return value.replace(LONE, "\ufffd") as T;
  if (Array.isArray(value)) return value.map(wellFormed) as T;
  if (typeof value !== "object" || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const entries = Object.entries(value).map(([name, one]) => [name, wellFormed<unknown>(one)]);
  return Object.fromEntries(entries) as T;
}
