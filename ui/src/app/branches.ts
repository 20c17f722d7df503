/** Reads what is stored of a conversation into its thread, as much as is shown, and keeps what is chosen. */
import { errorText, isCommandError, type Backend } from "../backend/backend";
import type { BranchEnd, BranchView } from "../backend/generated";
import { chatStrings } from "../strings/chat";
import { Entry } from "./entry.svelte";
import type { Thread } from "./thread.svelte";

/** What the readings need to know of the rest of the window. */
interface Surroundings {
  /** The answer that is being written in a conversation, if there is one. */
  live(conversationId: string): Entry | null | undefined;
  /** Whether the end of an answer was saved meanwhile: news may overtake what is read. */
  saved(messageId: string): boolean;
  /** The thread shows another branch than the one that ended with `left`, where that is not null, or
   * more of the one that it shows was read. */
  shown(thread: Thread, left: string | null): void;
  /** The conversation is not there any more. */
  gone(): void;
  report(error: unknown): void;
  warn(words: string): void;
}

export class Branches {
  readonly #backend: Backend;
  readonly #around: Surroundings;
  /** The readings of earlier messages that are under way. */
  readonly #reading = new Map<Thread, Promise<(() => void) | null>>();
  /** Resolves when the branches that were chosen are kept; null when they are. */
  #keeping: Promise<void> | null = null;

  constructor(backend: Backend, around: Surroundings) {
    this.#backend = backend;
    this.#around = around;
  }

  /** Resolves when the choices so far are kept. */
  kept(): Promise<void> | null {
    return this.#keeping;
  }

  /** Reads the end of the branch that the conversation shows; what is shown there stays. */
  async open(thread: Thread): Promise<void> {
    thread.problem = null;
    try {
      const take = await this.#read(thread, async (id) => {
        const view = await this.#backend.openConversation(id);
        const { conversation, settings, damaged, modelOption, ...page } = view;
        if (damaged && thread.settings === null) this.#around.warn(chatStrings.damagedSettings);
        // What was changed here since is on its way to the app.
        thread.settings ??= settings;
        thread.modelOption ??= modelOption;
        return [page, conversation.head ?? page.messages.at(-1)?.id ?? null];
      });
      take();
    } catch (error) {
      if (thread.loaded) this.#around.report(error);
      else thread.problem = errorText(error);
      if (isCommandError(error) && error.code === "not-found") this.#around.gone();
    }
  }

  /** Reads a message of the thread anew, where it still seems to run; gives what it is now. */
  async again(thread: Thread, messageId: string): Promise<Entry | undefined> {
    if (thread.get(messageId)?.state === "streaming") await this.renew(thread, messageId);
    return thread.get(messageId);
  }

  /** Reads a message of the thread anew. */
  async renew(thread: Thread, messageId: string): Promise<void> {
    try {
      const message = await this.#backend.openMessage(messageId);
      if (message) thread.adopt(new Entry(message));
    } catch (error) {
      this.#around.report(error);
    }
  }

  /**
   * Reads the messages before those of the path. Gives how to take them in, for a caller that
   * keeps its view in place; null where there are none, or the person was told that it failed.
   */
  earlier(thread: Thread): Promise<(() => void) | null> {
    const { unread } = thread;
    if (unread === null) return Promise.resolve(null);
    const known = this.#reading.get(thread);
    if (known) return known;
    const reading = this.#above(thread, { before: unread }).finally(() =>
      this.#reading.delete(thread),
    );
    this.#reading.set(thread, reading);
    return reading;
  }

  /** Reads the messages before those of the path as far up as one of them, at once. */
  async upTo(thread: Thread, messageId: string): Promise<void> {
    const { unread } = thread;
    if (unread === null) return;
    (await this.#above(thread, { between: { before: unread, through: messageId } }))?.();
  }

  /** Reads from above the path; null where the person was told that it failed. */
  #above(thread: Thread, end: BranchEnd): Promise<(() => void) | null> {
    return this.#readTo(thread, end).catch((error: unknown) => {
      this.#around.report(error);
      return null;
    });
  }

  /** Shows the sibling that is `step` away from `entry`, down to the newest leaf below it. */
  async choose(thread: Thread, entry: Entry, step: number): Promise<void> {
    const sibling = thread.sibling(entry, step);
    if (sibling !== undefined) await this.#lead(thread, sibling);
  }

  /** Shows the branch of a message, wherever in the conversation it stands. */
  async show(thread: Thread, messageId: string): Promise<void> {
    const isShown = (): boolean => thread.path.some(({ id }) => id === messageId);
    // It may stand above what was read of the branch that is shown, which stays then.
    if (!isShown()) await this.upTo(thread, messageId);
    if (!isShown()) await this.#lead(thread, messageId);
  }

  /** Has the thread end with the newest leaf below a message, where that can be read. */
  async #lead(thread: Thread, through: string): Promise<void> {
    let leaf = thread.leafBelow(through);
    if (leaf === undefined) {
      try {
        (await this.#readTo(thread, { through }))();
      } catch (error) {
        this.#around.report(error);
        return;
      }
      leaf = thread.leafBelow(through);
    }
    this.#turnTo(thread, leaf ?? through);
    this.#keep(thread);
  }

  /** Shows an answer that was begun when the thread ended with `below`. */
  follow(thread: Thread, answer: string, below: string | null): void {
    // Whoever chose another branch meanwhile has typed for that one since.
    if (thread.head === below) thread.head = answer;
    else this.#turnTo(thread, answer);
  }

  /** Shows an answer that another window has begun below what both show. */
  async followElsewhere(thread: Thread, answer: string): Promise<void> {
    const below = thread.head;
    if (await this.#has(thread, answer)) this.follow(thread, answer, below);
  }

  /** Shows the branch that was chosen in another window, which keeps it. */
  async chosenElsewhere(thread: Thread, head: string): Promise<void> {
    if (thread.head !== head && (await this.#has(thread, head))) this.#turnTo(thread, head);
  }

  /** Reads a message with its branch where it is not known; false where that failed. */
  async #has(thread: Thread, messageId: string): Promise<boolean> {
    try {
      if (!thread.leads(messageId)) (await this.#readTo(thread, { through: messageId }))();
      return true;
    } catch (error) {
      this.#around.report(error);
      return false;
    }
  }

  /** Has the thread end with another message than it does. */
  #turnTo(thread: Thread, head: string): void {
    const left = thread.head;
    thread.head = head;
    this.#around.shown(thread, left);
  }

  #readTo(thread: Thread, end: BranchEnd): Promise<() => void> {
    return this.#read(thread, async (id) => [await this.#backend.openBranch(id, end), null]);
  }

  /** `read` gives what was read, and what is the head where the thread has none. */
  async #read(
    thread: Thread,
    read: (id: string) => Promise<[BranchView, string | null]>,
  ): Promise<() => void> {
    const { conversationId } = thread;
    // A turn may end while it is read: its entry knows more than what was read.
    const before = this.#around.live(conversationId);
    const [page, head] = await read(conversationId);
    return () => {
      const live = this.#around.live(conversationId) ?? before;
      const unsaved = page.unsaved.filter(({ messageId }) => !this.#around.saved(messageId));
      thread.load({ ...page, unsaved }, live ?? undefined);
      thread.head ??= head;
      this.#around.shown(thread, null);
    };
  }

  /** Has the conversation show this branch whenever it opens. */
  #keep({ conversationId, head }: Thread): void {
    // An answer that is being started becomes the head when it is there.
    if (head === null || this.#around.live(conversationId) === null) return;
    // One after the other, and before the next start: calls may overtake each other.
    const keeping = Promise.resolve(this.#keeping)
      .then(() => this.#backend.setHead(conversationId, head))
      .catch(this.#around.report)
      .finally(() => {
        if (this.#keeping === keeping) this.#keeping = null;
      });
    this.#keeping = keeping;
  }
}
