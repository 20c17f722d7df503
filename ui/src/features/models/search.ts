/** Finds models by the words that a person types. */
import type { ModelOption } from "../../backend/generated";

export interface ProviderModels {
  provider: string;
  models: ModelOption[];
}

/** The models that contain every word of `search`, under their providers, in the given order. */
export function byProvider(options: readonly ModelOption[], search: string): ProviderModels[] {
  const words = search.toLowerCase().split(/\s+/);
  const groups = new Map<string, ModelOption[]>();
  for (const option of options) {
    const text = `${option.name} ${option.model} ${option.providerName}`.toLowerCase();
    if (!words.every((word) => text.includes(word))) continue;
    const group = groups.get(option.providerName);
    if (group) group.push(option);
    else groups.set(option.providerName, [option]);
  }
  return [...groups].map(([provider, models]) => ({ provider, models }));
}
