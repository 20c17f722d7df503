/** Branches that were just deleted, and the way back from that. */
import { isCommandError, type Backend } from "../backend/backend";
import type { Branches } from "./branches";
import { UNDO_OFFER } from "./conversation-list.svelte";
import type { Drafts, TypedThere } from "./drafts.svelte";
import type { Thread } from "./thread.svelte";

/** The message that a branch begins with, which need not be read. */
export interface BranchRoot {
  readonly id: string;
  readonly parentId: string | null;
}

export interface BranchDeletion {
  /** By what it is undone. */
  readonly branchId: string;
  readonly conversationId: string;
  /** The message that the branch follows. */
  readonly parentId: string | null;
  /** All that are in it. */
  readonly messages: string[];
  /** What was typed there, which comes back with it. */
  readonly typed: TypedThere[];
}

/** What it needs of the rest of the window. */
interface Surroundings {
  readonly branches: Branches;
  readonly drafts: Drafts;
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
   * Deletes the branch that begins with `root`, and shows the one beside it; that can be undone. False
   * when it failed, and the person is told.
   */
  async delete(thread: Thread, root: BranchRoot): Promise<boolean> {
    const { branches, drafts, report } = this.#around;
    const { conversationId } = thread;
    const { parentId } = root;
    try {
      // What was chosen before may be in it.
      await branches.kept();
      const { branchId, head, messages } = await this.#backend.deleteBranch(root.id);
      await branches.show(thread, head);
      thread.forget(root, messages);
      const typed = [drafts.takeFrom(messages)];
      const deletion = { branchId, conversationId, parentId, messages, typed };
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
      const { parentId, messages, typed } = deletion;
      const around = this.all.find((other) => other.messages.includes(parentId ?? ""));
      if (head === null && around) {
        around.messages.push(...messages);
        around.typed.push(...typed);
      } else {
        for (const there of typed) this.#around.drafts.bringBack(there);
      }
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
