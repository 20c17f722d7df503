/** What instructions may leave open until their conversation starts. */

/** Fills in the date and the model's name; both stay as they are from then on (rule C27). */
export function fill(instructions: string, model: string, now: Date): string {
  const date = now.toLocaleDateString(undefined, { dateStyle: "full" });
  return instructions.replaceAll("{date}", () => date).replaceAll("{model}", () => model);
}
