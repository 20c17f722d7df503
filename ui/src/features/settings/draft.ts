/** A provider while it is typed. */
import type { ProviderDraft, ProviderView } from "../../backend/generated";

/** What the form's fields hold. */
export interface Fields {
  id: string;
  name: string;
  baseUrl: string;
  models: string;
  apiKeyEnv: string;
}

export function fieldsOf(provider: ProviderView | null): Fields {
  return {
    id: provider?.id ?? "",
    name: provider?.name ?? "",
    baseUrl: provider?.baseUrl ?? "",
    models: provider?.models.join("\n") ?? "",
    apiKeyEnv: provider?.apiKeyEnv ?? "",
  };
}

/** What crosses to the core; an id that was left empty is made from the name. */
export function draftOf(fields: Fields): ProviderDraft {
  return {
    id: fields.id.trim() || idFrom(fields.name),
    name: fields.name.trim(),
    api: "openai-chat",
    baseUrl: fields.baseUrl.trim(),
    models: fields.models
      .split("\n")
      .map((model) => model.trim())
      .filter((model) => model !== ""),
    apiKeyEnv: fields.apiKeyEnv.trim() || null,
  };
}

/** Letters, digits, `-`, `_` and `.`: what an id may consist of. */
export function idFrom(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_.]+/g, "-")
    .replace(/^-+|-+$/g, "");
}
