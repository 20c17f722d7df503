/** Names with values that may be secret, as a form holds them. */

/** A variable or a header. */
export interface ValueField {
  name: string;
  value: string;
  /** Whether a value is saved that an empty field leaves as it is. */
  saved: boolean;
}

/** Those of which the values are saved. */
export function savedValues(names: readonly string[]): ValueField[] {
  return names.map((name) => ({ name, value: "", saved: true }));
}

/** The values by their names; null leaves the one that is saved. */
export function valuesOf(fields: readonly ValueField[]): Record<string, string | null> {
  const named = fields.filter(({ name }) => name.trim() !== "");
  return Object.fromEntries(
    named.map(({ name, value, saved }) => [name.trim(), saved && value === "" ? null : value]),
  );
}
