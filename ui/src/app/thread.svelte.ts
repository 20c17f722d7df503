/** The messages of the open conversation: a tree, of which one branch is shown. */
import type { ConversationSettings, ConversationView, ModelOption } from "../backend/generated";
import { Entry } from "./entry.svelte";

/** The place of a message among its siblings; `index` counts from 0. */
export interface Siblings {
  index: number;
  count: number;
}

export class Thread {
  readonly conversationId: string;
  readonly #entries = new Map<string, Entry>();
  /** How it is answered; null while that is not known. */
  settings = $state.raw<ConversationSettings | null>(null);
  /** The model that its settings named when it was opened, which the picker may not list. */
  modelOption = $state.raw<ModelOption | null>(null);
  /** Whether the app has it: a new one has not until its first message is saved. */
  exists = $state(true);
  readonly #children = new Map<string | null, Entry[]>();
  #version = $state(0);
  head = $state<string | null>(null);
  /** What was just sent and is not confirmed yet. */
  pending = $state<string | null>(null);
  /** From the first message to the head. */
  readonly path: Entry[] = $derived.by(() => {
    void this.#version;
    const path: Entry[] = [];
    let entry = this.head === null ? undefined : this.#entries.get(this.head);
    while (entry) {
      path.push(entry);
      entry = entry.parentId === null ? undefined : this.#entries.get(entry.parentId);
    }
    return path.reverse();
  });

  /** Whether its messages are known. Until then nothing can be sent to it. */
  loaded = $state(true);
  /** Why its messages could not be read, in words for the person. */
  problem = $state<string | null>(null);

  constructor(conversationId: string, loaded: boolean) {
    this.conversationId = conversationId;
    this.loaded = loaded;
    this.exists = !loaded;
  }

  /** Takes what is stored; `live` is the entry of a turn that runs, and knows more than that. */
  load(view: ConversationView, live: Entry | undefined): void {
    const { conversation, messages, unsaved } = view;
    // What was changed here since is on its way to the app.
    this.settings ??= view.settings;
    this.modelOption ??= view.modelOption;
    for (const message of messages) {
      const known = live?.id === message.id ? live : this.#entries.get(message.id);
      // What has ended does not change any more.
      const keeps = known === live || known?.state !== "streaming";
      if (known && keeps) {
        this.#put(known);
        continue;
      }
      const entry = new Entry(message);
      entry.unsaved = unsaved.find(({ messageId }) => messageId === message.id)?.reason ?? null;
      this.#put(entry);
    }
    this.#version += 1;
    this.head ??= conversation.head ?? messages.at(-1)?.id ?? null;
    this.problem = null;
    this.loaded = true;
  }

  /** Puts a live entry in the place of the stored message that it is; false where there is none. */
  adopt(entry: Entry): boolean {
    if (!this.#entries.has(entry.id)) return false;
    this.#put(entry);
    this.#version += 1;
    return true;
  }

  /** Adds the entry, or gives the one that has its id already. */
  add(entry: Entry): Entry {
    const known = this.#entries.get(entry.id);
    if (known) return known;
    this.#put(entry);
    this.#version += 1;
    return entry;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  siblings(entry: Entry): Siblings {
    void this.#version;
    const all = this.#children.get(entry.parentId) ?? [];
    return { index: all.indexOf(entry), count: all.length };
  }

  /** Shows the sibling that is `step` away, down to the newest leaf below it. */
  walk(entry: Entry, step: number): void {
    const all = this.#children.get(entry.parentId) ?? [];
    let at = all[all.indexOf(entry) + step];
    while (at) {
      this.head = at.id;
      at = this.#children.get(at.id)?.at(-1);
    }
  }

  #put(entry: Entry): void {
    const known = this.#entries.get(entry.id);
    this.#entries.set(entry.id, entry);
    const siblings = this.#children.get(entry.parentId) ?? [];
    if (known) siblings.splice(siblings.indexOf(known), 1, entry);
    else siblings.push(entry);
    this.#children.set(entry.parentId, siblings);
  }
}
