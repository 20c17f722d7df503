/** The conversations there are, and those that were just deleted. */
import { isCommandError, type Backend } from "../backend/backend";
import type { Conversation, Filing } from "../backend/generated";
import { keyOfSection, sectionsOf, type Section } from "./filing";
import { Latest } from "./latest";

/** How long undo is offered, in ms: a minute less than the core keeps what was deleted. */
export const UNDO_OFFER = 9 * 60_000;

export class ConversationList {
  /** The one with the newest message first. */
  all = $state.raw<Conversation[]>([]);
  /** Those that were deleted, the last one first, as long as that can be undone. */
  deleted = $state.raw<Conversation[]>([]);
  /** The sections in which they are listed. */
  readonly sections: readonly Section[] = $derived(sectionsOf(this.all));
  /** Which sections stand otherwise than at the start, where the archive alone is folded. */
  #turned = $state.raw<ReadonlySet<string>>(new Set());
  /** Whether all of them are known. */
  complete: boolean;
  /** The conversations that were changed or deleted here while the list is being read. */
  #touched = new Set<string>();
  readonly #reading = new Latest(() => this.#read());
  readonly #backend: Backend;
  readonly #report: (error: unknown) => void;

  /** `first` are those that are listed first, and all of them unless there is more; `report` hears of
   * what failed. */
  constructor(
    backend: Backend,
    first: readonly Conversation[],
    more: boolean,
    report: (error: unknown) => void,
  ) {
    this.#backend = backend;
    this.#report = report;
    this.all = newestFirst(first);
    this.complete = !more;
  }

  find(id: string | null): Conversation | undefined {
    return this.all.find((conversation) => conversation.id === id);
  }

  /** Takes a conversation, new or changed, to its place. */
  put(conversation: Conversation): void {
    this.#touched.add(conversation.id);
    const others = this.all.filter(({ id }) => id !== conversation.id);
    this.all = newestFirst([conversation, ...others]);
  }

  /** Gives a conversation the title that a model made; its place stays. */
  retitle(conversationId: string, title: string): void {
    this.#touched.add(conversationId);
    this.all = this.all.map((one) => (one.id === conversationId ? { ...one, title } : one));
  }

  /** Reads the list again, page by page, and takes it as a whole. */
  refresh(): Promise<void> {
    return this.#reading.run();
  }

  async #read(): Promise<void> {
    const touched = new Set<string>();
    this.#touched = touched;
    const found: Conversation[] = [];
    let page: Conversation[];
    do {
      page = await this.#backend.listConversations(found.at(-1)?.id ?? null);
      found.push(...page);
    } while (page.length > 0);
    // What was changed meanwhile is newer here than what was read.
    const kept = this.all.filter(({ id }) => touched.has(id));
    this.all = newestFirst([...kept, ...found.filter(({ id }) => !touched.has(id))]);
    this.complete = true;
  }

  /** The one that is `step` places further down, and none beyond an end; from nowhere, the first. */
  beside(id: string | null, step: number): Conversation | undefined {
    const { shown } = this;
    const at = shown.findIndex((conversation) => conversation.id === id);
    return shown[at < 0 ? (step > 0 ? 0 : -1) : at + step];
  }

  /** Those that are not folded away, in the order in which they are listed. */
  get shown(): Conversation[] {
    return this.sections
      .filter((section) => this.isUnfolded(section))
      .flatMap(({ conversations }) => conversations);
  }

  readonly isUnfolded = (section: Section): boolean =>
    this.#turned.has(keyOfSection(section)) === (section.kind === "archive");

  /** Folds a section, or unfolds it. */
  fold(section: Section): void {
    const turned = new Set(this.#turned);
    if (!turned.delete(keyOfSection(section))) turned.add(keyOfSection(section));
    this.#turned = turned;
  }

  /** Keeps how a conversation is filed. Rejects where that cannot be. */
  async keepFiling(conversationId: string, filing: Filing): Promise<void> {
    this.put(await this.#backend.fileConversation(conversationId, filing));
  }

  /** The same; false when it failed, and the person is told. */
  async file(conversation: Conversation, filing: Filing): Promise<boolean> {
    try {
      await this.keepFiling(conversation.id, filing);
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** Gives a folder another name; with null, what is in it is in no folder any more. */
  async renameFolder(name: string, to: string | null): Promise<void> {
    try {
      const folder = await this.#backend.renameFolder(name, to);
      this.all = this.all.map((one) => {
        if (one.folder !== name) return one;
        const { folder: _, ...rest } = one;
        return folder === null ? rest : { ...rest, folder };
      });
      // What is being read may have been read before that.
      if (this.#reading.running) await this.refresh();
    } catch (error) {
      this.#report(error);
    }
  }

  async rename(conversationId: string, title: string): Promise<void> {
    try {
      this.put(await this.#backend.renameConversation(conversationId, title));
    } catch (error) {
      this.#report(error);
    }
  }

  /** Deletes a conversation, which can be undone; false when it failed, and the person is told. */
  async delete(conversation: Conversation): Promise<boolean> {
    try {
      await this.#backend.deleteConversation(conversation.id);
      this.drop(conversation.id);
      this.deleted = [conversation, ...this.deleted];
      setTimeout(() => {
        this.deleted = this.deleted.filter((other) => other !== conversation);
      }, UNDO_OFFER);
      return true;
    } catch (error) {
      this.#report(error);
      return false;
    }
  }

  /** Drops one that was deleted in another window, where that can be undone; gives what it was. */
  drop(id: string): Conversation | undefined {
    const dropped = this.find(id);
    this.#touched.add(id);
    this.all = this.all.filter((conversation) => conversation.id !== id);
    return dropped;
  }

  /** Undoes a deletion; false when it failed, and the person is told. */
  async restore(conversation: Conversation): Promise<boolean> {
    try {
      this.put(await this.#backend.restoreConversation(conversation.id));
      this.forget(conversation);
      return true;
    } catch (error) {
      this.#report(error);
      // What is gone for good cannot be undone a second time either.
      if (isCommandError(error) && error.code === "not-found") this.forget(conversation);
      return false;
    }
  }

  /** Gives up the way back from a deletion. */
  forget(conversation: Conversation): void {
    this.deleted = this.deleted.filter(({ id }) => id !== conversation.id);
  }
}

function newestFirst(conversations: readonly Conversation[]): Conversation[] {
  return [...conversations].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? 1 : -1));
}
