/** What the twin knows of conversations: the list of them, and the tree of messages in each. */
import { sectionsOf } from "../../app/filing";
import type {
  BranchEnd,
  BranchView,
  Conversation,
  ConversationSettings,
  ConversationView,
  DeletedBranch,
  Filing,
  Found,
  FoundAbove,
  Message,
  Repair,
  RestoredBranch,
  Search,
  Stretch,
} from "../generated";
import { DeletedBranches } from "./deleted-branches";
import { failure } from "./failure";
import { findAbove, search } from "./search";
import { MemoryToolSettings } from "./tool-settings";
import { branchOf, mapOf, shown, type Tree } from "./tree";
import type { MemoryTurn } from "./turn";

/** How many conversations are listed at once. */
const LIST_PAGE = 500;

export class MemoryConversations extends MemoryToolSettings {
  readonly conversations = new Map<string, Tree>();
  readonly deleted = new Map<string, Tree>();
  readonly #branches = new DeletedBranches();
  /** Conversations whose settings cannot be read any more. */
  readonly damaged = new Set<string>();
  /** Messages of which something is damaged. */
  readonly damagedMessages = new Set<string>();
  readonly turns = new Map<string, MemoryTurn>();

  async listConversations(after: string | null): Promise<Conversation[]> {
    const all = this.listed().sort((a, b) => (a.id < b.id ? -1 : 1));
    return all.filter(({ id }) => after === null || id > after).slice(0, LIST_PAGE);
  }

  /** In the order in which they are listed. */
  protected listed(): Conversation[] {
    const all = [...this.conversations.values()].map(({ conversation }) => ({ ...conversation }));
    all.sort((a, b) => b.updatedAt - a.updatedAt);
    return sectionsOf(all).flatMap(({ conversations }) => conversations);
  }

  async openConversation(conversationId: string): Promise<ConversationView> {
    const tree = this.view(conversationId);
    const page = branchOf(tree) ?? { messages: [], siblings: {}, unsaved: [], damagedMessages: [] };
    page.damagedMessages = page.messages
      .map(({ id }) => id)
      .filter((id) => this.damagedMessages.has(id));
    const { conversation, settings, modelOption } = tree;
    const damaged = this.damaged.has(conversationId);
    return structuredClone({ conversation, settings, damaged, modelOption, ...shown(page) });
  }

  async openBranch(conversationId: string, end: BranchEnd): Promise<BranchView> {
    const page = branchOf(this.view(conversationId), end);
    if (!page) throw failure("not-found", "There is no such message.");
    return structuredClone(shown(page));
  }

  async conversationMap(conversationId: string): Promise<Stretch[]> {
    return structuredClone(mapOf(this.view(conversationId).messages));
  }

  async openMessage(messageId: string): Promise<Message | null> {
    const views = [...this.conversations.values()];
    const message = views.flatMap(({ messages }) => messages).find(({ id }) => id === messageId);
    return structuredClone(message ?? null);
  }

  async openFile(messageId: string, part: number): Promise<string> {
    const file = (await this.openMessage(messageId))?.parts[part];
    if (file?.kind !== "attachment") throw failure("not-found", "There is no such file.");
    return file.text;
  }

  async search({ words, limit }: Search): Promise<Found> {
    return search(this.conversations.values(), words, limit);
  }

  async findAbove(conversationId: string, before: string, words: string): Promise<FoundAbove[]> {
    return findAbove(this.view(conversationId), before, words);
  }

  async renameConversation(conversationId: string, title: string): Promise<Conversation> {
    const { conversation } = this.view(conversationId);
    conversation.title = title;
    return { ...conversation };
  }

  async fileConversation(conversationId: string, filing: Filing): Promise<Conversation> {
    const tree = this.view(conversationId);
    const { id, title, createdAt, updatedAt, head } = tree.conversation;
    if (filing.folder === "") throw failure("invalid", "A name needs at least one letter.");
    tree.conversation = { id, title, createdAt, updatedAt, head, ...structuredClone(filing) };
    return { ...tree.conversation };
  }

  async renameFolder(name: string, to: string | null): Promise<string | null> {
    for (const { conversation } of this.conversations.values()) {
      if (conversation.folder !== name) continue;
      if (to === null) delete conversation.folder;
      else conversation.folder = to;
    }
    return to;
  }

  async setConversationSettings(
    conversationId: string,
    settings: ConversationSettings,
  ): Promise<void> {
    const view = this.view(conversationId);
    // The core has more rules than this one.
    if (settings.temperature !== null && (settings.temperature < 0 || settings.temperature > 2)) {
      const problem = `A temperature of ${settings.temperature} is out of range: write a number`;
      throw failure("invalid", `${problem} from 0 to 2, or leave it empty. Nothing was changed.`);
    }
    view.settings = structuredClone(settings);
  }

  async deleteConversation(conversationId: string): Promise<void> {
    this.deleted.set(conversationId, this.view(conversationId));
    this.conversations.delete(conversationId);
    for (const turn of this.turns.values()) {
      if (turn.message.conversationId === conversationId && !turn.end) {
        turn.interrupt("user", turn.receipt("user", null));
      }
    }
  }

  async restoreConversation(conversationId: string): Promise<Conversation> {
    const view = this.deleted.get(conversationId);
    if (!view) throw failure("not-found", "There is no such conversation.");
    this.deleted.delete(conversationId);
    this.conversations.set(conversationId, view);
    return { ...view.conversation };
  }

  async deleteBranch(messageId: string): Promise<DeletedBranch> {
    const trees = [...this.conversations.values()];
    const tree = trees.find(({ messages }) => messages.some(({ id }) => id === messageId));
    if (!tree) throw failure("not-found", "There is no such message.");
    const deleted = this.#branches.delete(tree, messageId);
    for (const turn of this.turns.values()) {
      if (deleted.messages.includes(turn.message.id) && !turn.end) {
        turn.interrupt("user", turn.receipt("user", null));
      }
    }
    return deleted;
  }

  async restoreBranch(branchId: string): Promise<RestoredBranch> {
    return this.#branches.restore(branchId);
  }

  async leaveOutFile(messageId: string, part: number): Promise<void> {
    const views = [...this.conversations.values()];
    const message = views.flatMap(({ messages }) => messages).find(({ id }) => id === messageId);
    const file = message?.parts[part];
    if (file?.kind !== "attachment") throw failure("not-found", "There is no such file.");
    file.leftOut = true;
  }

  async setHead(conversationId: string, head: string): Promise<void> {
    const { conversation, messages } = this.view(conversationId);
    if (!messages.some(({ id }) => id === head)) {
      throw failure("not-found", "There is no such message.");
    }
    conversation.head = head;
  }

  async previewRepair(leaf: string): Promise<Repair[]> {
    const views = [...this.conversations.values()];
    const message = views.flatMap(({ messages }) => messages).find(({ id }) => id === leaf);
    if (message?.state !== "interrupted" || message.cause === null) return [];
    const text = `[Your previous answer ended early: ${message.cause}.]`;
    return [{ messageId: leaf, change: { kind: "note-added", text } }];
  }

  protected view(conversationId: string): Tree {
    const view = this.conversations.get(conversationId);
    if (!view) throw failure("not-found", "There is no such conversation.");
    return view;
  }
}
