/** Branches that were deleted, as the twin keeps them until they are brought back. */
import type { DeletedBranch, Message, RestoredBranch } from "../generated";
import { failure } from "./failure";
import { branchOf, type Messages } from "./tree";

interface Hidden {
  readonly tree: Messages;
  readonly root: string;
  readonly messages: Message[];
  /** What the conversation showed of it. */
  readonly shownLast: string | null;
}

export class DeletedBranches {
  readonly #hidden = new Map<string, Hidden>();
  /** All messages that were there at a deletion, in the order of their making. */
  readonly #places = new Map<string, number>();

  /** Takes the branch that begins with a message out of its conversation. */
  delete(tree: Messages, root: string): DeletedBranch {
    const parentOf = (id: string): string | null | undefined =>
      tree.messages.find((message) => message.id === id)?.parentId;
    this.#number(tree);
    const siblings = tree.messages.filter(({ parentId }) => parentId === parentOf(root));
    const at = siblings.findIndex(({ id }) => id === root);
    const neighbour = siblings[at - 1] ?? siblings[at + 1];
    if (!neighbour) throw failure("invalid", "There is no other branch beside this one.");
    const gone = new Set([root]);
    // A parent comes before its children.
    for (const { id, parentId } of tree.messages) if (gone.has(parentId ?? "")) gone.add(id);
    const messages = tree.messages.filter(({ id }) => gone.has(id));
    const { head } = tree.conversation;
    const shownLast = gone.has(head ?? "") ? head : null;
    tree.messages = tree.messages.filter(({ id }) => !gone.has(id));
    if (shownLast !== null) tree.conversation.head = leafBelow(tree, neighbour.id);
    const branchId = crypto.randomUUID();
    this.#hidden.set(branchId, { tree, root, messages, shownLast });
    return { branchId, head: tree.conversation.head ?? neighbour.id, messages: [...gone] };
  }

  restore(branchId: string): RestoredBranch {
    const hidden = this.#hidden.get(branchId);
    if (!hidden) throw failure("not-found", "This branch is gone for good.");
    this.#hidden.delete(branchId);
    const { tree, root, messages, shownLast } = hidden;
    const parent = messages[0]?.parentId;
    const within = [...this.#hidden.values()].find((other) =>
      other.messages.some(({ id }) => id === parent),
    );
    if (within) {
      within.messages.push(...messages);
      return { head: null };
    }
    this.#number(tree);
    const place = ({ id }: Message): number => this.#places.get(id) ?? 0;
    tree.messages = [...tree.messages, ...messages].sort((a, b) => place(a) - place(b));
    tree.conversation.head = shownLast ?? leafBelow(tree, root);
    return { head: tree.conversation.head };
  }

  #number({ messages }: Messages): void {
    for (const { id } of messages) {
      if (!this.#places.has(id)) this.#places.set(id, this.#places.size);
    }
  }
}

function leafBelow(tree: Messages, through: string): string {
  return branchOf(tree, { through })?.messages.at(-1)?.id ?? through;
}
