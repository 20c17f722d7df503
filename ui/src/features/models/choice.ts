/** What the picker offers: models that match the words that a person types, in groups. */
import type { Ability, FoundServer, ModelOption } from "../../backend/generated";
import { modelStrings } from "../../strings/models";
import { freeId } from "../settings/draft";

/** One model to choose. */
export interface Choice {
  /** `PROVIDER/MODEL`; of a server that was found, the one that it will be. */
  model: string;
  name: string;
  contextTokens: number | null;
  abilities: readonly Ability[];
  /** Null where the settings do not know the model yet. */
  favourite: boolean | null;
  /** Its provider, where the group does not say it. */
  provider: string | null;
  /** The server that choosing it adds. */
  server: FoundServer | null;
}

export interface Group {
  title: string;
  choices: Choice[];
}

export interface Offer {
  models: readonly ModelOption[];
  found: readonly FoundServer[];
  /** The models that stand first: fixed while the picker is open, so that nothing moves. */
  first: ReadonlySet<string>;
  /** The ids of the settings' providers. */
  taken: readonly string[];
}

/** The models that have every word of `search`: favourites, each provider's, found servers'. */
export function groups(offer: Offer, search: string): Group[] {
  const words = search.toLowerCase().split(/\s+/);
  const fits = (text: string): boolean => {
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  };
  const all = new Map<string, Choice[]>();
  const put = (title: string, choice: Choice): void => {
    const group = all.get(title);
    if (group) group.push(choice);
    else all.set(title, [choice]);
  };
  const known = offer.models.filter((option) =>
    fits(`${option.name} ${option.model} ${option.providerName}`),
  );
  for (const option of known.filter(({ model }) => offer.first.has(model))) {
    put(modelStrings.favourites, { ...chosen(option), provider: option.providerName });
  }
  for (const option of known.filter(({ model }) => !offer.first.has(model))) {
    put(option.providerName, chosen(option));
  }
  for (const server of offer.found) {
    const id = freeId(server.name, offer.taken);
    for (const model of server.models) {
      if (!fits(`${model.name} ${model.id} ${server.name}`)) continue;
      put(modelStrings.foundServer(server.name), {
        model: `${id}/${model.id}`,
        name: model.name,
        contextTokens: model.contextTokens,
        abilities: model.abilities ?? [],
        favourite: null,
        provider: null,
        server,
      });
    }
  }
  return [...all].map(([title, choices]) => ({ title, choices }));
}

function chosen(option: ModelOption): Choice {
  return {
    model: option.model,
    name: option.name,
    contextTokens: option.contextTokens,
    abilities: option.abilities ?? [],
    favourite: option.favourite,
    provider: null,
    server: null,
  };
}

/** A number of tokens as model cards write it: 8K, 128K, 200K, 1M. */
export function contextLength(tokens: number): string {
  if (tokens >= 1_000_000) {
    const millions = tokens % 1_048_576 === 0 ? tokens / 1_048_576 : tokens / 1_000_000;
    return `${Number(millions.toFixed(1))}M`;
  }
  if (tokens < 1000) return String(tokens);
  return `${Math.round(tokens % 1024 === 0 ? tokens / 1024 : tokens / 1000)}K`;
}
