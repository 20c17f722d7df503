/** Branches that were just deleted, and the way back from that. */
import { isCommandError, type Backend } from "../backend/backend";
import type { Branches } from "./branches";
import { UNDO_OFFER } from "./conversation-list.svelte";
import type { Entry } from "./entry.svelte";
import type { Thread } from "./thread.svelte";

export interface BranchDeletion {
  /** By what it is undone. */
  readonly branchId: string;
  readonly conversationId: string;
}

/** What it needs of the rest of the window. */
interface Surroundings {
  readonly branches: Branches;
  /** The messages that are being edited: what is deleted is edited no more. */
  readonly edits: Map<string, unknown>;
  report(error: unknown): void;
}

export class DeletedBranches {
  /** The last one first, as long as that can be undone. */
  all = $state.raw<BranchDeletion[]>([]);
  readonly #backend: Backend;
  readonly #around: Surroundings;

  constructor(backend: Backend, around: Surroundings) {
    this.#backend = backend;
    this.#around = around;
  }

  /**
   * Deletes the branch that begins with `entry`, and shows the one beside it; that can be undone. False
   * when it failed, and the person is told.
   */
  async delete(thread: Thread, entry: Entry): Promise<boolean> {
    const { branches, edits, report } = this.#around;
    const { conversationId } = thread;
    try {
      // What was chosen before may be in it.
      await branches.kept();
      const deleted = await this.#backend.deleteBranch(entry.id);
      const { branchId, head, messages } = deleted;
      await branches.show(thread, head);
      thread.forget(entry, messages);
      for (const id of messages) edits.delete(id);
      const deletion = { branchId, conversationId };
      this.all = [deletion, ...this.all];
      setTimeout(() => this.forget(deletion), UNDO_OFFER);
      return true;
    } catch (error) {
      report(error);
      return false;
    }
  }

  /** Undoes a deletion; gives the message that its conversation shows last then, null where that is
   * deleted itself, or the person was told that it failed. */
  async restore(deletion: BranchDeletion): Promise<string | null> {
    try {
      const { head } = await this.#backend.restoreBranch(deletion.branchId);
      this.forget(deletion);
      return head;
    } catch (error) {
      this.#around.report(error);
      // What is gone for good cannot be undone a second time either.
      if (isCommandError(error) && error.code === "not-found") this.forget(deletion);
      return null;
    }
  }

  /** Gives up the way back from a deletion. */
  forget(deletion: BranchDeletion): void {
    this.all = this.all.filter((other) => other !== deletion);
  }
}
