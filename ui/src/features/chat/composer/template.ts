/** Prompt templates in the composer: which are meant by what is typed, and the fields to fill in. */
import type { PromptTemplate } from "../../../backend/generated";

/** A piece of a text. */
export interface Range {
  from: number;
  to: number;
}

const FIELD = /\{[^{}\n]{1,60}\}/gu;

/** What is typed after a slash that begins the text; null where the text is none of that. */
export function asked(text: string): string | null {
  const found = /^\/(?<words>[^\n]{0,60})$/u.exec(text);
  return found?.groups?.words ?? null;
}

/** The templates that are meant by these words: names that begin so first, then those that have all. */
export function matching(prompts: readonly PromptTemplate[], words: string): PromptTemplate[] {
  const wanted = words.trim().toLowerCase();
  const pieces = wanted.split(/\s+/u);
  const named = prompts.map((prompt) => ({ prompt, name: prompt.name.toLowerCase() }));
  const begins = named.filter(({ name }) => name.startsWith(wanted));
  const has = named.filter(
    ({ name }) => !name.startsWith(wanted) && pieces.every((piece) => name.includes(piece)),
  );
  return [...begins, ...has].map(({ prompt }) => prompt);
}

/** The fields of a text, in their order. */
function fields(text: string): Range[] {
  return [...text.matchAll(FIELD)].map(({ index, 0: field }) => ({
    from: index,
    to: index + field.length,
  }));
}

/** The field after a place, or before it; null where there is none. */
export function nextField(text: string, place: number, step: 1 | -1): Range | null {
  const all = fields(text);
  const found =
    step > 0 ? all.find(({ from }) => from >= place) : all.findLast(({ to }) => to <= place);
  return found ?? null;
}
