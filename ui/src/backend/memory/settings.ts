/** The settings as the twin keeps them. The core checks more of what is set. */
import type { Backend } from "../backend";
import type {
  AddressView,
  Api,
  Assistant,
  ConversationDefaults,
  Effort,
  FoundServer,
  PromptTemplate,
  ProviderTest,
  SettingsView,
  TrayView,
} from "../generated";
import { failure } from "./failure";
import { firstSettings } from "./samples";
import { MemoryWindows } from "./windows";

export class MemorySettings extends MemoryWindows {
  settings: SettingsView = firstSettings();
  trayView: TrayView = { keep: false, problem: null };
  /** The model servers that run on this computer beside those of the settings. */
  found: FoundServer[] = [];

  async readSettings(): Promise<SettingsView> {
    return this.settings;
  }

  async setDefaultModel(model: string): Promise<SettingsView> {
    return (this.settings = { ...this.settings, defaultModel: model });
  }

  async setConversationDefaults(defaults: ConversationDefaults): Promise<SettingsView> {
    return (this.settings = { ...this.settings, conversation: structuredClone(defaults) });
  }

  async setModelEffort(model: string, effort: Effort | null): Promise<SettingsView> {
    const { [model]: _, ...others } = this.settings.conversation.efforts;
    const efforts = effort === null ? others : { ...others, [model]: effort };
    return (this.settings = {
      ...this.settings,
      conversation: { ...this.settings.conversation, efforts },
    });
  }

  async saveAssistant(assistant: Assistant): Promise<SettingsView> {
    const { assistants } = this.settings;
    const at = assistants.findIndex(({ id }) => id === assistant.id);
    const icon = assistant.icon === "" ? assistant.name.slice(0, 1).toUpperCase() : assistant.icon;
    const saved = { ...structuredClone(assistant), icon };
    const all = at < 0 ? [...assistants, saved] : assistants.with(at, saved);
    return (this.settings = { ...this.settings, assistants: all });
  }

  async removeAssistant(id: string): Promise<SettingsView> {
    const assistants = this.settings.assistants.filter((known) => known.id !== id);
    const { defaultAssistant: chosen } = this.settings;
    const defaultAssistant = chosen === id ? null : chosen;
    return (this.settings = { ...this.settings, assistants, defaultAssistant });
  }

  async orderAssistants(ids: string[]): Promise<SettingsView> {
    const place = ({ id }: Assistant): number => (ids.includes(id) ? ids.indexOf(id) : ids.length);
    const assistants = this.settings.assistants.toSorted((a, b) => place(a) - place(b));
    return (this.settings = { ...this.settings, assistants });
  }

  async setDefaultAssistant(defaultAssistant: string | null): Promise<SettingsView> {
    return (this.settings = { ...this.settings, defaultAssistant });
  }

  async exportAssistants(): Promise<string> {
    return "/home/ada/Downloads/tacet-assistants.json";
  }

  async importAssistants(json: string): Promise<SettingsView> {
    try {
      const { assistants } = JSON.parse(json) as { assistants: Assistant[] };
      for (const assistant of assistants) await this.saveAssistant(assistant);
    } catch {
      throw failure("invalid", "This is no file of assistants. Nothing was imported.");
    }
    return this.settings;
  }

  async setTitles(titles: string): Promise<SettingsView> {
    return (this.settings = { ...this.settings, titles });
  }

  async setFirstWordTimeout(seconds: number | null): Promise<SettingsView> {
    if (seconds !== null && (seconds < 1 || seconds > 86_400)) {
      throw failure("invalid", "Enter 1 to 86400 seconds, or nothing for no limit.");
    }
    return (this.settings = { ...this.settings, firstWordTimeoutSeconds: seconds });
  }

  async setPrompts(prompts: PromptTemplate[]): Promise<SettingsView> {
    const names = prompts.map(({ name }) => name.trim().toLowerCase());
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw failure("invalid", `A second prompt has the name "${twice}".`);
    return (this.settings = { ...this.settings, prompts });
  }

  async setTheme(theme: SettingsView["theme"]): Promise<SettingsView> {
    return (this.settings = { ...this.settings, theme });
  }

  async tray(): Promise<TrayView> {
    return this.trayView;
  }

  async keepInTray(keep: boolean): Promise<TrayView> {
    return (this.trayView = { ...this.trayView, keep });
  }

  async saveProvider(
    { headers, proxy, ...provider }: Parameters<Backend["saveProvider"]>[0],
    apiKey: string | null,
  ): Promise<SettingsView> {
    if (provider.id === "") throw failure("invalid", "The provider needs an id.");
    const providers = this.settings.providers.filter(({ id }) => id !== provider.id);
    const before = this.settings.providers.find(({ id }) => id === provider.id);
    const kept = before?.key ?? "none";
    providers.push({
      ...provider,
      address: provider.baseUrl,
      headers: Object.keys(headers),
      hasProxy: proxy === null ? (before?.hasProxy ?? false) : proxy !== "",
      keyOrigin: null,
      key: apiKey === null ? kept : apiKey === "" ? "none" : "stored",
      stopEffect: "unknown",
      problem: null,
    });
    const models = this.settings.models.filter(({ model }) => !model.startsWith(`${provider.id}/`));
    for (const name of provider.models) {
      const model = `${provider.id}/${name}`;
      models.push({
        model,
        name,
        providerName: provider.name,
        stopEffect: "unknown",
        contextTokens: null,
        abilities: null,
        efforts: [],
        takesTemperature: true,
        favourite: false,
      });
    }
    return (this.settings = { ...this.settings, providers, models });
  }

  async removeProvider(providerId: string): Promise<SettingsView> {
    const providers = this.settings.providers.filter(({ id }) => id !== providerId);
    const models = this.settings.models.filter(({ model }) => !model.startsWith(`${providerId}/`));
    return (this.settings = { ...this.settings, providers, models });
  }

  async lookAtAddress(_api: Api, baseUrl: string): Promise<AddressView> {
    if (!URL.canParse(baseUrl)) {
      const none = { asked: null, origin: null, key: null, withoutKey: null };
      return { ...none, isHere: false, isInClear: false };
    }
    const { href, origin, hostname, protocol } = new URL(baseUrl);
    const isHere = hostname === "127.0.0.1" || hostname === "localhost";
    const asked = `${href}/chat/completions`;
    // The core knows more forms than this one.
    const [withoutKey, key] = baseUrl.split("?key=") as [string, string?];
    const found = key === undefined ? { key: null, withoutKey: null } : { key, withoutKey };
    return { asked, origin, ...found, isHere, isInClear: protocol === "http:" && !isHere };
  }

  async testProvider(
    provider: Parameters<Backend["testProvider"]>[0],
    apiKey: string | null,
  ): Promise<ProviderTest> {
    return apiKey === "wrong"
      ? {
          ok: false,
          message: "The server refused the key (401). Check the key.",
          models: [],
          suggestion: null,
        }
      : { ok: true, message: "The server answered.", models: provider.models, suggestion: null };
  }

  async refreshModels(): Promise<SettingsView> {
    return this.settings;
  }

  async toggleFavourite(model: string): Promise<SettingsView> {
    const models = this.settings.models.map((option) =>
      option.model === model ? { ...option, favourite: !option.favourite } : option,
    );
    return (this.settings = { ...this.settings, models });
  }

  async discoverServers(): Promise<FoundServer[]> {
    return this.found;
  }
}
