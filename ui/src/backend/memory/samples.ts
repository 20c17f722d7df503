/** What the twin knows at its first start. */
import type {
  ConversationSettings,
  FoundServer,
  ModelOption,
  PresetView,
  ProviderView,
  HostedTool,
  SettingsView,
} from "../generated";

const common = {
  baseUrl: null,
  address: null,
  apiKeyEnv: null,
  headers: [] as string[],
  hasProxy: false,
  onStop: "close",
  caCertificate: null,
  background: false,
  hostedTools: [] as HostedTool[],
  countOnStop: false,
  local: false,
  allowUnencrypted: false,
  keyOrigin: null,
  key: "none",
  problem: null,
} as const;

const embedded: ProviderView = {
  ...common,
  id: "embedded",
  name: "On this computer",
  api: "embedded",
  models: ["SmolLM2-360M"],
  stopEffect: "local",
};

const example: ProviderView = {
  ...common,
  id: "example",
  name: "Example",
  api: "openai-chat",
  baseUrl: "https://models.example/v1",
  address: "https://models.example/v1",
  models: ["large", "small"],
  apiKeyEnv: "EXAMPLE_API_KEY",
  key: "environment",
  stopEffect: "goes-on",
};

function option({ id, name, stopEffect }: ProviderView, model: string): ModelOption {
  return {
    model: `${id}/${model}`,
    name: model,
    providerName: name,
    stopEffect,
    contextTokens: null,
    abilities: null,
    efforts: [],
    takesTemperature: true,
    favourite: false,
  };
}

/** The embedded model and one server. */
export function firstSettings(): SettingsView {
  return {
    defaultModel: "embedded/SmolLM2-360M",
    providers: [embedded, example],
    models: [
      { ...option(embedded, "SmolLM2-360M"), name: "SmolLM2 360M" },
      {
        ...option(example, "large"),
        contextTokens: 131_072,
        abilities: ["images", "tools", "reasoning"],
        efforts: ["off", "low", "medium", "high"],
      },
      option(example, "small"),
    ],
    conversation: {
      instructions: "",
      temperature: null,
      max_output_tokens: null,
      effort: null,
      efforts: {},
      tools: null,
    },
    assistants: [],
    defaultAssistant: null,
    prompts: [],
    titles: "model",
    firstWordTimeoutSeconds: null,
    theme: "system",
    keyPlace: "keychain",
    dataDir: "/home/ada/.local/share/tacet",
    problem: null,
  };
}

/** Those of a conversation that leaves all to its model. */
export const noSettings: ConversationSettings = {
  assistant: null,
  model: null,
  instructions: "",
  temperature: null,
  maxOutputTokens: null,
  effort: null,
  tools: null,
};

/** A server that runs on this computer. */
export const foundOllama: FoundServer = {
  name: "Ollama",
  api: "ollama",
  baseUrl: "http://127.0.0.1:11434",
  models: [
    { id: "qwen3:8b", name: "qwen3:8b", contextTokens: 40_960, abilities: ["tools", "reasoning"] },
    { id: "gemma3:4b", name: "gemma3:4b", contextTokens: null, abilities: null },
  ],
};

export const presets: PresetView[] = [
  {
    name: "OpenAI",
    api: "openai-responses",
    baseUrl: "https://api.openai.com/v1",
    apiKeyEnv: "OPENAI_API_KEY",
    keysPage: "https://platform.openai.com/api-keys",
    stopEffect: "stops",
    local: false,
    background: false,
  },
  {
    name: "Gemini",
    api: "gemini",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    apiKeyEnv: "GEMINI_API_KEY",
    keysPage: "https://aistudio.google.com/apikey",
    stopEffect: "goes-on",
    local: false,
    background: false,
  },
  {
    name: "Gemini Interactions",
    api: "gemini-interactions",
    baseUrl: "https://generativelanguage.googleapis.com/v1beta",
    apiKeyEnv: "GEMINI_API_KEY",
    keysPage: "https://aistudio.google.com/apikey",
    stopEffect: "cancels",
    local: false,
    background: true,
  },
  {
    name: "Ollama",
    api: "ollama",
    baseUrl: "http://127.0.0.1:11434",
    apiKeyEnv: null,
    keysPage: null,
    stopEffect: "local",
    local: true,
    background: false,
  },
];
