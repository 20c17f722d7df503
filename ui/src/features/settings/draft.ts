/** A provider while it is typed. */
import type {
  Api,
  FoundServer,
  HostedTool,
  OnStop,
  PresetView,
  ProviderDraft,
  ProviderView,
} from "../../backend/generated";
import { savedValues, valuesOf, type ValueField } from "./values";

/** What the form's fields hold. */
export interface Fields {
  id: string;
  name: string;
  api: Api;
  baseUrl: string;
  models: string;
  apiKeyEnv: string;
  headers: ValueField[];
  proxy: string;
  /** Whether a proxy is saved that an empty field leaves as it is. */
  proxySaved: boolean;
  /** Whether a stopped answer is read on. */
  drain: boolean;
  /** How far; kept while it is not, so that nothing typed is lost. */
  drainTokens: number;
  drainSeconds: number;
  caCertificate: string;
  background: boolean;
  /** Whether its models may search the web, and make images, with the provider's own tools. */
  webSearch: boolean;
  imageGeneration: boolean;
  /** Whether the provider's token counter is asked after a stop. */
  countOnStop: boolean;
  /** Whether the model runs on this computer. */
  local: boolean;
  /** Whether it may be asked over http on another machine. */
  allowUnencrypted: boolean;
}

export function fieldsOf(provider: ProviderView | null): Fields {
  const onStop = provider?.onStop ?? "close";
  return {
    id: provider?.id ?? "",
    name: provider?.name ?? "",
    api: provider?.api ?? "openai-chat",
    baseUrl: provider?.baseUrl ?? "",
    models: provider?.models.join("\n") ?? "",
    apiKeyEnv: provider?.apiKeyEnv ?? "",
    headers: savedValues(provider?.headers ?? []),
    proxy: "",
    proxySaved: provider?.hasProxy ?? false,
    drain: onStop !== "close",
    drainTokens: onStop === "close" ? 500 : onStop.drain.tokens,
    drainSeconds: onStop === "close" ? 30 : onStop.drain.seconds,
    caCertificate: provider?.caCertificate ?? "",
    background: provider?.background ?? false,
    webSearch: provider?.hostedTools.includes("web-search") ?? false,
    imageGeneration: provider?.hostedTools.includes("image-generation") ?? false,
    countOnStop: provider?.countOnStop ?? false,
    local: provider?.local ?? false,
    allowUnencrypted: provider?.allowUnencrypted ?? false,
  };
}

/** The fields with what a preset knows; all else stays as it was typed. */
export function withPreset(fields: Fields, preset: PresetView): Fields {
  return {
    ...fields,
    name: preset.name,
    api: preset.api,
    baseUrl: preset.baseUrl,
    apiKeyEnv: preset.apiKeyEnv ?? "",
    local: preset.local,
    background: preset.background,
  };
}

/** The preset that a provider was made from, as its API and address tell; null where none fits. */
export function presetOf(
  provider: ProviderView | null,
  presets: readonly PresetView[],
): PresetView | null {
  if (provider === null) return null;
  const ofApi = presets.filter(({ api }) => api === provider.api);
  return ofApi.find(({ baseUrl }) => baseUrl === provider.address) ?? null;
}

/** Whether the address is the person's own: a server of theirs, or a part of it in capitals. */
export function hasOwnAddress({ local, baseUrl }: PresetView): boolean {
  return local || /[A-Z]/.test(baseUrl);
}

/** What crosses to the core; an id that was left empty is made from the name. */
export function draftOf(fields: Fields, taken: readonly string[]): ProviderDraft {
  const { drainTokens: tokens, drainSeconds: seconds } = fields;
  const onStop: OnStop = fields.drain ? { drain: { tokens, seconds } } : "close";
  return {
    id: fields.id.trim() || freeId(fields.name, taken),
    name: fields.name.trim(),
    api: fields.api,
    baseUrl: fields.baseUrl.trim() || null,
    models: fields.models
      .split("\n")
      .map((model) => model.trim())
      .filter((model) => model !== ""),
    apiKeyEnv: fields.apiKeyEnv.trim() || null,
    headers: valuesOf(fields.headers),
    proxy: fields.proxySaved && fields.proxy.trim() === "" ? null : fields.proxy.trim(),
    onStop,
    caCertificate: fields.caCertificate.trim() || null,
    background: fields.background && hasBackground(fields.api),
    hostedTools: hostedToolsOf(fields),
    countOnStop: fields.countOnStop && countsTokens(fields.api),
    local: fields.local,
    allowUnencrypted: fields.allowUnencrypted,
  };
}

/** The tools that providers of an API have themselves. */
export function hostedTools(api: Api): readonly HostedTool[] {
  switch (api) {
    case "openai-responses":
      return ["web-search", "image-generation"];
    case "openai-chat":
    case "anthropic":
    case "gemini":
    case "gemini-interactions":
      return ["web-search"];
    case "ollama":
    case "embedded":
      return [];
  }
}

/** Whether providers of an API count tokens for nothing. */
export function countsTokens(api: Api): boolean {
  return api === "anthropic" || isGemini(api) || api === "openai-responses";
}

/** Whether an answer of an API can go on in the background, where Stop cancels it. */
export function hasBackground(api: Api): boolean {
  return api === "openai-responses" || api === "gemini-interactions";
}

function isGemini(api: Api): boolean {
  return api === "gemini" || api === "gemini-interactions";
}

function hostedToolsOf({ api, webSearch, imageGeneration }: Fields): HostedTool[] {
  const wanted = { "web-search": webSearch, "image-generation": imageGeneration };
  return hostedTools(api).filter((tool) => wanted[tool]);
}

/** A server that was found on this computer, as a provider that offers whatever it lists. */
export function draftOfServer(server: FoundServer, id: string): ProviderDraft {
  const { name, api, baseUrl } = server;
  return draftOf({ ...fieldsOf(null), id, name, api, baseUrl }, []);
}

/** Letters, digits, `-`, `_` and `.`: what an id may consist of. */
export function idFrom(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9_.]+/g, "-")
    .replace(/^-+|-+$/g, "");
}

/** An id from the name that no other provider has: theirs would be replaced. */
export function freeId(name: string, taken: readonly string[]): string {
  const id = idFrom(name);
  let free = id;
  for (let next = 2; taken.includes(free); next += 1) free = `${id}-${next}`;
  return free;
}
