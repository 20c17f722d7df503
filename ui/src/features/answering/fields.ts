/** What the person types of a conversation's settings, until it is kept. */
import type { ConversationSettings } from "../../backend/generated";

export interface Fields {
  instructions: string;
  /** As typed; empty for the provider's default. */
  temperature: string;
  /** As typed; empty for no limit. */
  limit: string;
}

/** The part of the settings that the fields say. */
export type Said = Pick<ConversationSettings, "instructions" | "temperature" | "maxOutputTokens">;

export function fieldsOf(settings: ConversationSettings): Fields {
  return {
    instructions: settings.instructions,
    temperature: settings.temperature === null ? "" : String(settings.temperature),
    limit: settings.maxOutputTokens === null ? "" : String(settings.maxOutputTokens),
  };
}

/** The number that was typed, null for none, undefined where it is not right. */
function number(text: string, isRight: (value: number) => boolean): number | null | undefined {
  const typed = text.trim().replace(",", ".");
  if (typed === "") return null;
  const value = Number(typed);
  return isRight(value) ? value : undefined;
}

export function temperatureOf({ temperature }: Fields): number | null | undefined {
  return number(temperature, (value) => value >= 0 && value <= 2);
}

export function limitOf({ limit }: Fields): number | null | undefined {
  return number(limit, (value) => Number.isInteger(value) && value >= 1 && value < 2 ** 32);
}

/** What the fields say; null where one of them is not right. */
export function said(fields: Fields): Said | null {
  const [temperature, maxOutputTokens] = [temperatureOf(fields), limitOf(fields)];
  if (temperature === undefined || maxOutputTokens === undefined) return null;
  return { instructions: fields.instructions, temperature, maxOutputTokens };
}

/** What of it is right. */
export function right(fields: Fields): Partial<Said> {
  const [temperature, maxOutputTokens] = [temperatureOf(fields), limitOf(fields)];
  return {
    instructions: fields.instructions,
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
  };
}
