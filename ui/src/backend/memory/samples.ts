/** What the twin knows at its first start. */
import type { SettingsView } from "../generated";

/** The embedded model and one server. */
export function firstSettings(): SettingsView {
  return {
    defaultModel: "embedded/SmolLM2-360M",
    providers: [
      {
        id: "embedded",
        name: "On this computer",
        api: "embedded",
        baseUrl: null,
        models: ["SmolLM2-360M"],
        apiKeyEnv: null,
        key: "none",
        stopEffect: "local",
        problem: null,
      },
      {
        id: "example",
        name: "Example",
        api: "openai-chat",
        baseUrl: "https://models.example/v1",
        models: ["large", "small"],
        apiKeyEnv: "EXAMPLE_API_KEY",
        key: "environment",
        stopEffect: "goes-on",
        problem: null,
      },
    ],
    models: [
      {
        model: "embedded/SmolLM2-360M",
        name: "SmolLM2 360M",
        providerName: "On this computer",
        stopEffect: "local",
      },
      {
        model: "example/large",
        name: "large",
        providerName: "Example",
        stopEffect: "goes-on",
      },
      {
        model: "example/small",
        name: "small",
        providerName: "Example",
        stopEffect: "goes-on",
      },
    ],
    theme: "system",
    keyPlace: "keychain",
    dataDir: "/home/ada/.local/share/tacet",
    problem: null,
  };
}
