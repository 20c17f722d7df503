/** How the conversation on the screen is answered: its model, instructions and settings. */
import type { ConversationSettings, ModelOption, SettingsView } from "../backend/generated";
import type { Backend } from "../backend/backend";
import { fill } from "./instructions";
import type { Thread } from "./thread.svelte";

/** What is on the screen, and what the app's settings say. */
export interface Place {
  readonly backend: Backend;
  readonly thread: Thread | null;
  readonly settings: SettingsView;
  readonly report: (error: unknown) => void;
}

/** What a new conversation with that model starts with. */
export function defaultsFor(settings: SettingsView, model: string): ConversationSettings {
  const { instructions, temperature, max_output_tokens, effort, efforts, tools } =
    settings.conversation;
  return {
    assistant: null,
    model,
    instructions,
    temperature,
    maxOutputTokens: max_output_tokens,
    effort: efforts[model] ?? effort,
    tools,
  };
}

/** What a new conversation with that assistant starts with. */
export function startOf(settings: SettingsView, id: string | null): ConversationSettings {
  const assistant = settings.assistants.find((known) => known.id === id);
  const defaults = defaultsFor(settings, assistant?.model ?? settings.defaultModel);
  if (!assistant) return defaults;
  return {
    assistant: assistant.id,
    model: defaults.model,
    instructions: assistant.instructions,
    temperature: assistant.temperature ?? defaults.temperature,
    maxOutputTokens: assistant.max_output_tokens ?? defaults.maxOutputTokens,
    effort: assistant.effort ?? defaults.effort,
    tools: assistant.tools ?? defaults.tools,
  };
}

export class Answering {
  readonly #place: Place;
  /** What was chosen for a conversation that does not exist yet; null where nothing was. */
  #chosen = $state.raw<ConversationSettings | null>(null);
  /** Counts the changes of a conversation that the app has kept. */
  kept = $state(0);
  /** What was given to the conversation that began last. */
  #given: ConversationSettings | null = null;

  constructor(place: Place) {
    this.#place = place;
  }

  /** How the conversation on the screen is answered. */
  readonly settings: ConversationSettings = $derived.by(() => this.settingsOf(this.#place.thread));

  /** The model that is asked; the settings may name a provider that is not there any more. */
  readonly model: ModelOption | undefined = $derived.by(() => this.modelOf(this.#place.thread));

  /** How a conversation is answered; null is for one that does not exist yet. */
  settingsOf(thread: Thread | null): ConversationSettings {
    const { settings } = this.#place;
    const known = thread === null ? this.#chosen : thread.settings;
    return known ?? startOf(settings, settings.defaultAssistant);
  }

  modelOf(thread: Thread | null): ModelOption | undefined {
    return this.#option(this.settingsOf(thread).model ?? this.#place.settings.defaultModel, thread);
  }

  /**
   * Changes some of it, for the turns that are started from now on: of the conversation on the
   * screen, or of `thread`, null for one that does not exist yet. False when it was refused.
   */
  async change(
    part: Partial<ConversationSettings>,
    thread: Thread | null = this.#place.thread,
  ): Promise<boolean> {
    const { backend, report } = this.#place;
    // What is not read yet would be overwritten.
    if (thread !== null && thread.settings === null) return false;
    const before = this.settingsOf(thread);
    const changed = { ...before, ...part };
    if (JSON.stringify(changed) === JSON.stringify(before)) return true;
    if (thread === null) {
      this.#chosen = changed;
      return true;
    }
    const after = this.#filled(changed, thread);
    thread.settings = after;
    // One that does not exist yet takes them along with its first message.
    if (!thread.exists) return true;
    try {
      await backend.setConversationSettings(thread.conversationId, after);
      this.kept += 1;
      return true;
    } catch (error) {
      // What is shown is what is kept; a later change stands.
      if (thread.settings === after) thread.settings = before;
      report(error);
      return false;
    }
  }

  /** Takes over what was chosen in another window for the conversation on the screen. */
  async hear(): Promise<void> {
    const { backend, thread, report } = this.#place;
    if (!thread) return;
    try {
      const { settings, modelOption } = await backend.openConversation(thread.conversationId);
      thread.settings = settings;
      thread.modelOption = modelOption;
      this.kept += 1;
    } catch (error) {
      report(error);
    }
  }

  /** Has a conversation that does not exist yet start with that assistant; null for none. */
  start(assistant: string | null): void {
    this.#chosen = startOf(this.#place.settings, assistant);
  }

  /** Has a conversation that does not exist yet ask that model, as much as it reasons by default. */
  chooseModel(model: string): void {
    const { effort } = defaultsFor(this.#place.settings, model);
    if (this.settings.model !== model) this.#chosen = { ...this.settings, model, effort };
  }

  /** Gives what was chosen to a conversation that begins with it. */
  begin(thread: Thread): void {
    this.#given = this.#chosen;
    thread.settings = this.#filled(this.settings, thread);
    this.#chosen = null;
  }

  /** Takes it back from a conversation that did not come to be. */
  giveBack(): void {
    this.#chosen ??= this.#given;
  }

  /** With all that instructions leave open until they are used. */
  #filled(settings: ConversationSettings, thread: Thread): ConversationSettings {
    const model = this.#option(settings.model, thread);
    const name = model?.name ?? settings.model ?? "";
    return { ...settings, instructions: fill(settings.instructions, name, new Date()) };
  }

  #option(named: string | null, thread: Thread | null): ModelOption | undefined {
    const listed = this.#place.settings.models.find(({ model }) => model === named);
    const kept = thread?.modelOption;
    return listed ?? (kept?.model === named ? kept : undefined);
  }
}
