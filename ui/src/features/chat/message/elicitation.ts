/** The forms of servers before anybody typed. */
import type { FieldValues } from "../../../app/tool-calls.svelte";
import type { FormField } from "../../../backend/generated";

/** What stands in the fields: their defaults. */
export function initialValues(fields: readonly FormField[]): FieldValues {
  const values: FieldValues = {};
  for (const { name, input } of fields) {
    switch (input.kind) {
      case "text":
      case "number":
      case "flag":
        values[name] = input.default;
        break;
      case "choice":
        values[name] = input.default ?? "";
        break;
      case "choices":
        values[name] = [...input.default];
        break;
    }
  }
  return values;
}
