/** The conversations there are, and those that were just deleted. */
import { isCommandError, type Backend } from "../backend/backend";
import type { Conversation } from "../backend/generated";

/** How long undo is offered, in ms: a minute less than the core keeps what was deleted. */
const UNDO_OFFER = 9 * 60_000;

export class ConversationList {
  /** The one with the newest message first. */
  all = $state.raw<Conversation[]>([]);
  /** Those that were deleted, the last one first, as long as that can be undone. */
  deleted = $state.raw<Conversation[]>([]);
  readonly #backend: Backend;
  readonly #report: (error: unknown) => void;

  /** `report` hears of what failed. */
  constructor(backend: Backend, first: Conversation[], report: (error: unknown) => void) {
    this.#backend = backend;
    this.#report = report;
    this.all = first;
  }

  find(id: string | null): Conversation | undefined {
    return this.all.find((conversation) => conversation.id === id);
  }

  /** Takes a conversation, new or changed, to its place. */
  put(conversation: Conversation): void {
    this.all = [conversation, ...this.all.filter(({ id }) => id !== conversation.id)].sort(
      (a, b) => b.updatedAt - a.updatedAt,
    );
  }

  /** Gives a conversation the title that a model made; its place stays. */
  retitle(conversationId: string, title: string): void {
    this.all = this.all.map((one) => (one.id === conversationId ? { ...one, title } : one));
  }

  /** Reads the list again. */
  async refresh(): Promise<void> {
    this.all = await this.#backend.listConversations();
  }

  /** The one that is `step` places further down, and none beyond an end; from nowhere, the first. */
  beside(id: string | null, step: number): Conversation | undefined {
    const at = this.all.findIndex((conversation) => conversation.id === id);
    return this.all[at < 0 ? (step > 0 ? 0 : -1) : at + step];
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
      this.all = this.all.filter(({ id }) => id !== conversation.id);
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
