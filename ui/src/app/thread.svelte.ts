/**
 * The open conversation: a tree of messages, of which one branch is shown. Only what was read of it
 * is here: the end of the branch first, and what stands above that as the reader gets there.
 */
import type { BranchView, ConversationSettings, ModelOption } from "../backend/generated";
import type { BranchRoot } from "./deleted-branches.svelte";
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
  /** The ids of the children that are known, in the order of their creation. Not all are read. */
  readonly #children = new Map<string | null, string[]>();
  /** How far down each message of the path stands, counted from wherever the reading began. */
  #places: ReadonlyMap<string, number> = new Map();
  #version = $state(0);
  head = $state<string | null>(null);
  /** What was just sent and is not confirmed yet. */
  pending = $state<string | null>(null);
  /** From the first message that was read to the head. */
  readonly path: Entry[] = $derived.by(() => {
    void this.#version;
    const path: Entry[] = [];
    let entry = this.head === null ? undefined : this.#entries.get(this.head);
    while (entry) {
      path.push(entry);
      entry = entry.parentId === null ? undefined : this.#entries.get(entry.parentId);
    }
    path.reverse();
    // What was in the path before keeps its place there, whatever is read above it.
    const joint = path.findIndex(({ id }) => this.#places.has(id));
    const first = (this.#places.get(path[joint]?.id ?? "") ?? 0) - Math.max(0, joint);
    this.#places = new Map(path.map(({ id }, index) => [id, first + index]));
    return path;
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

  /** The message before whose place the branch was not read; null where all of it is here. */
  get unread(): string | null {
    const first = this.path[0];
    return first && first.parentId !== null ? first.id : null;
  }

  /** Takes what is stored; `live` is the entry of a turn that runs, and knows more than that. */
  load(
    { messages, siblings, unsaved, damagedMessages }: BranchView,
    live: Entry | undefined,
  ): void {
    const entries = messages.map((message) => {
      const known = live?.id === message.id ? live : this.#entries.get(message.id);
      // What has ended does not change any more.
      const keeps = known === live || known?.state !== "streaming";
      if (known && keeps) return known;
      const entry = new Entry(message);
      entry.unsaved = unsaved.find(({ messageId }) => messageId === message.id)?.reason ?? null;
      entry.damaged = damagedMessages.includes(message.id);
      return entry;
    });
    for (const entry of entries) {
      const stored = siblings[entry.id] ?? [entry.id];
      const all = this.#children.get(entry.parentId) ?? [];
      // One that was added meanwhile comes after those that are stored.
      const added = all.filter((id) => !stored.includes(id));
      this.#children.set(entry.parentId, [...stored, ...added]);
      this.#put(entry);
    }
    this.#version += 1;
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

  /** Whether a message is known, and what it answers. */
  leads(id: string): boolean {
    const entry = this.#entries.get(id);
    return entry !== undefined && (entry.parentId === null || this.#entries.has(entry.parentId));
  }

  /** The place of the first message of the path: any number, which what is read above counts down from. */
  get place(): number {
    return this.#places.get(this.path[0]?.id ?? "") ?? 0;
  }

  siblings(entry: Entry): Siblings {
    void this.#version;
    const all = this.#children.get(entry.parentId) ?? [];
    return { index: all.indexOf(entry.id), count: all.length };
  }

  /** The id of the sibling that is `step` away. */
  sibling(entry: Entry, step: number): string | undefined {
    const all = this.#children.get(entry.parentId) ?? [];
    return all[all.indexOf(entry.id) + step];
  }

  /** The newest leaf below a message; undefined where that was not read. */
  leafBelow(id: string): string | undefined {
    let at: string | undefined = id;
    while (at !== undefined && this.#entries.has(at)) {
      const below: string | undefined = this.#children.get(at)?.at(-1);
      if (below === undefined) return at;
      at = below;
    }
    return undefined;
  }

  /** Forgets all but the last `count` messages of the path; they are read again when needed. */
  forgetAbove(count: number): void {
    const kept = new Set(this.path.slice(-count));
    for (const [id, entry] of this.#entries) {
      if (kept.has(entry) || entry.state === "streaming") continue;
      this.#entries.delete(id);
    }
    this.#version += 1;
  }

  /** Forgets a branch that was deleted: the message that it begins with, and all that were in it. */
  forget(root: BranchRoot, messages: readonly string[]): void {
    for (const id of messages) {
      this.#entries.delete(id);
      this.#children.delete(id);
    }
    const siblings = this.#children.get(root.parentId) ?? [];
    this.#children.set(
      root.parentId,
      siblings.filter((id) => id !== root.id),
    );
    // Where the branch beside it could not be read, what both follow is shown.
    if (this.head !== null && messages.includes(this.head)) this.head = root.parentId;
    this.#version += 1;
  }

  #put(entry: Entry): void {
    const { id, parentId } = entry;
    this.#entries.set(id, entry);
    const siblings = this.#children.get(parentId) ?? [];
    if (!siblings.includes(id)) this.#children.set(parentId, [...siblings, id]);
  }
}
