/** The messages of the open conversation: a tree, of which one branch is shown. */
import type { ConversationView } from "../backend/generated";
import { Entry } from "./entry.svelte";

/** The place of a message among its siblings; `index` counts from 0. */
export interface Siblings {
  index: number;
  count: number;
}

export class Thread {
  readonly conversationId: string;
  readonly #entries = new Map<string, Entry>();
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

  /** `known` gives the entries that are live already, by the id of their message. */
  constructor(conversationId: string, view?: ConversationView, known?: Map<string, Entry>) {
    this.conversationId = conversationId;
    if (!view) return;
    for (const message of view.messages) {
      this.#insert(known?.get(message.id) ?? new Entry(message));
    }
    this.head = view.conversation.head ?? view.messages.at(-1)?.id ?? null;
  }

  /** Adds the entry, or gives the one that has its id already. */
  add(entry: Entry): Entry {
    const known = this.#entries.get(entry.id);
    if (known) return known;
    this.#insert(entry);
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

  #insert(entry: Entry): void {
    this.#entries.set(entry.id, entry);
    const siblings = this.#children.get(entry.parentId);
    if (siblings) siblings.push(entry);
    else this.#children.set(entry.parentId, [entry]);
  }
}
