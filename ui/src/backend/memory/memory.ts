/** The in-memory twin of the app: for tests of the page, and for its development in a browser. */
import { sectionsOf } from "../../app/filing";
import type { Backend } from "../backend";
import type {
  ApprovalAnswer,
  Bootstrap,
  BranchEnd,
  BranchView,
  Conversation,
  ConversationSettings,
  ConversationView,
  CopyView,
  DeletedBranch,
  ElicitationOutcome,
  ElicitationReply,
  Filing,
  Found,
  FoundAbove,
  Grouping,
  Message,
  MoveProgress,
  News,
  Notice,
  PriceListView,
  Progress,
  Repair,
  Report,
  RestoredBranch,
  Search,
  StartTurn,
  StopOutcome,
  Stretch,
  TurnEvent,
  TurnSnapshot,
  TurnStarted,
  Unsent,
  UsageTotals,
} from "../generated";
import { DeletedBranches } from "./deleted-branches";
import { failure } from "./failure";
import { noSettings, presets } from "./samples";
import { findAbove, search } from "./search";
import { MemoryToolSettings } from "./tool-settings";
import { branchOf, mapOf, shown, type Tree } from "./tree";
import { MemoryTurn } from "./turn";
import { usageTotals } from "./usage";

/** How files begin, in base64: the core knows more of them. */
const MAGIC: Record<string, string> = {
  iVBOR: "image/png",
  "/9j/": "image/jpeg",
  JVBERi: "application/pdf",
};

/** How many conversations are listed at once. */
const LIST_PAGE = 500;

export class MemoryBackend extends MemoryToolSettings implements Backend {
  readonly conversations = new Map<string, Tree>();
  readonly deleted = new Map<string, Tree>();
  readonly #branches = new DeletedBranches();
  /** Conversations whose settings cannot be read any more. */
  readonly damaged = new Set<string>();
  /** Messages of which something is damaged. */
  readonly damagedMessages = new Set<string>();
  readonly turns = new Map<string, MemoryTurn>();
  readonly openedLinks: string[] = [];
  /** The list of prices that was read last, and where one is. */
  prices: { list: PriceListView | null; source: string | null } = { list: null, source: null };
  notices: Notice[] = [];
  /** Why nothing can be sent or saved; null where everything can. */
  readOnly: string | null = null;
  /** What the last run kept of what was typed. */
  unsent: Unsent = { drafts: [], edits: [], lost: [] };
  copies: CopyView[] = [];
  /** How many conversations a start gives at once. */
  firstListed = 200;
  /** How often the app was started anew. */
  starts = 0;
  /** Called for every new turn; a browser's typist answers here. */
  onTurn: (turn: MemoryTurn) => void = () => undefined;
  /** Whether Stop confirms at once; else the test ends the turn itself. */
  confirmsStop = true;
  /** Tells the page that watches; a test calls it as the core would. */
  news: (news: News) => void = () => undefined;

  async bootstrap(): Promise<Bootstrap> {
    const running = [...this.turns.values()].filter((turn) => !turn.end);
    return {
      version: "0.1.0",
      conversations: this.#listed().slice(0, this.firstListed),
      more: this.conversations.size > this.firstListed,
      running: running.map(({ turnId, message }) => ({
        turnId,
        conversationId: message.conversationId,
        messageId: message.id,
      })),
      settings: this.settings,
      presets,
      readOnly: this.readOnly,
      unsent: this.unsent,
      notices: this.notices,
    };
  }

  async listConversations(after: string | null): Promise<Conversation[]> {
    const all = this.#listed().sort((a, b) => (a.id < b.id ? -1 : 1));
    return all.filter(({ id }) => after === null || id > after).slice(0, LIST_PAGE);
  }

  /** In the order in which they are listed. */
  #listed(): Conversation[] {
    const all = [...this.conversations.values()].map(({ conversation }) => ({ ...conversation }));
    all.sort((a, b) => b.updatedAt - a.updatedAt);
    return sectionsOf(all).flatMap(({ conversations }) => conversations);
  }

  async openConversation(conversationId: string): Promise<ConversationView> {
    const tree = this.#view(conversationId);
    const page = branchOf(tree) ?? { messages: [], siblings: {}, unsaved: [], damagedMessages: [] };
    page.damagedMessages = page.messages
      .map(({ id }) => id)
      .filter((id) => this.damagedMessages.has(id));
    const { conversation, settings, modelOption } = tree;
    const damaged = this.damaged.has(conversationId);
    return structuredClone({ conversation, settings, damaged, modelOption, ...shown(page) });
  }

  async openBranch(conversationId: string, end: BranchEnd): Promise<BranchView> {
    const page = branchOf(this.#view(conversationId), end);
    if (!page) throw failure("not-found", "There is no such message.");
    return structuredClone(shown(page));
  }

  async conversationMap(conversationId: string): Promise<Stretch[]> {
    return structuredClone(mapOf(this.#view(conversationId).messages));
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
    return findAbove(this.#view(conversationId), before, words);
  }

  async importFile(path: string, onProgress: (progress: Progress) => void): Promise<Report> {
    onProgress({ bytes: 1, total: 1, conversations: 0 });
    throw failure("storage", `${path} can't be read in a browser.`);
  }

  async stopImport(): Promise<void> {}

  async pickImport(): Promise<string | null> {
    return null;
  }

  async exportMarkdown(conversationId: string): Promise<string> {
    return `/home/ada/Downloads/${this.#view(conversationId).conversation.title}.md`;
  }

  async saveMadeFile(): Promise<string | null> {
    return "/home/ada/Downloads/image-1.png";
  }

  async backUp(): Promise<CopyView[]> {
    const name = `tacet.db.backup-${String(this.copies.length)}`;
    const conversations = this.conversations.size;
    this.copies = [{ name, conversations, modified: Date.now() }, ...this.copies];
    return this.copies;
  }

  async backups(): Promise<CopyView[]> {
    return this.copies;
  }

  async moveDataFolder(
    folder: string,
    onProgress: (progress: MoveProgress) => void,
  ): Promise<void> {
    if (!folder.startsWith("/")) throw failure("invalid", "Enter the folder's whole path.");
    if (this.turns.size > 0) throw failure("invalid", "Something is still being written.");
    onProgress({ bytes: 5_000_000, total: 20_000_000 });
    this.starts += 1;
  }

  async pickFolder(): Promise<string | null> {
    return null;
  }

  async restoreBackup(): Promise<void> {
    this.starts += 1;
  }

  async renameConversation(conversationId: string, title: string): Promise<Conversation> {
    const { conversation } = this.#view(conversationId);
    conversation.title = title;
    return { ...conversation };
  }

  async fileConversation(conversationId: string, filing: Filing): Promise<Conversation> {
    const tree = this.#view(conversationId);
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
    const view = this.#view(conversationId);
    // The core has more rules than this one.
    if (settings.temperature !== null && (settings.temperature < 0 || settings.temperature > 2)) {
      const problem = `A temperature of ${settings.temperature} is out of range: write a number`;
      throw failure("invalid", `${problem} from 0 to 2, or leave it empty. Nothing was changed.`);
    }
    view.settings = structuredClone(settings);
  }

  async deleteConversation(conversationId: string): Promise<void> {
    this.deleted.set(conversationId, this.#view(conversationId));
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

  async sendableType(head: string): Promise<string | null> {
    const found = Object.entries(MAGIC).find(([start]) => head.startsWith(start));
    return found?.[1] ?? null;
  }

  async keepDrafts(unsent: Unsent): Promise<void> {
    this.unsent = unsent;
  }

  async leaveOutFile(messageId: string, part: number): Promise<void> {
    const views = [...this.conversations.values()];
    const message = views.flatMap(({ messages }) => messages).find(({ id }) => id === messageId);
    const file = message?.parts[part];
    if (file?.kind !== "attachment") throw failure("not-found", "There is no such file.");
    file.leftOut = true;
  }

  async setHead(conversationId: string, head: string): Promise<void> {
    const { conversation, messages } = this.#view(conversationId);
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

  async startTurn(request: StartTurn): Promise<TurnStarted> {
    if (this.readOnly !== null) throw failure("storage", this.readOnly);
    const now = Date.now();
    let view = this.conversations.get(request.conversationId);
    if (!view) {
      const title = (request.text ?? "New conversation").slice(0, 60);
      const id = request.conversationId;
      const conversation = { id, title, createdAt: now, updatedAt: now, head: null };
      const settings = { ...noSettings, model: request.model };
      view = { conversation, settings, modelOption: null, messages: [], unsaved: [] };
      this.conversations.set(id, view);
    }
    const known = this.turns.get(request.turnId);
    if (known) {
      const { conversation } = view;
      return structuredClone({
        conversation,
        userMessage: null,
        answer: known.message,
        already: true,
      });
    }
    let userMessage: Message | null = null;
    if (request.text !== null) {
      userMessage = blank(request, "user", request.parentId, now);
      userMessage.state = "complete";
      userMessage.endedAt = now;
      const earlier = view.messages.find(({ id }) => id === request.filesOf)?.parts ?? [];
      userMessage.parts = [
        ...earlier.filter(({ kind }) => kind === "attachment"),
        ...request.attachments.map((file) => ({ kind: "attachment" as const, ...file })),
      ];
      if (request.text !== "") userMessage.parts.push({ kind: "text", text: request.text });
      view.messages.push(userMessage);
    }
    if (request.settings) view.settings = structuredClone(request.settings);
    const answer = blank(request, "assistant", userMessage?.id ?? request.parentId, now);
    const begun = view.messages.find(({ id }) => id === request.continues);
    if (begun) answer.parts = structuredClone(begun.parts);
    view.messages.push(answer);
    view.conversation.head = answer.id;
    view.conversation.updatedAt = now;
    const turn = new MemoryTurn(request.turnId, answer);
    this.turns.set(request.turnId, turn);
    const started = structuredClone({
      conversation: view.conversation,
      userMessage: userMessage && { id: userMessage.id, createdAt: userMessage.createdAt },
      answer,
      already: false,
    });
    this.onTurn(turn);
    return started;
  }

  async attachTurn(
    turnId: string,
    viewerId: string,
    onEvent: (event: TurnEvent) => void,
  ): Promise<TurnSnapshot | null> {
    const turn = this.turns.get(turnId);
    if (!turn || turn.end) return null;
    turn.attach(viewerId, onEvent);
    return turn.snapshot();
  }

  async watchNews(onNews: (news: News) => void): Promise<void> {
    this.news = onNews;
  }

  async acknowledgeTurn(turnId: string, viewerId: string, shown: number): Promise<void> {
    this.turns.get(turnId)?.acknowledgements.push({ viewerId, shown });
  }

  async detachTurn(turnId: string, viewerId: string): Promise<void> {
    this.turns.get(turnId)?.detach(viewerId);
  }

  async stopTurn(turnId: string, clickedAt: number | null): Promise<StopOutcome> {
    const turn = this.turns.get(turnId);
    if (!turn) return { outcome: "unknown" };
    if (turn.stopping) return { outcome: "already-stopped", receipt: turn.message.receipt };
    if (turn.end) return { outcome: "already-ended" };
    turn.stopping = true;
    turn.send({ type: "stopping" });
    const receipt = turn.receipt("user", clickedAt);
    if (!this.confirmsStop) return { outcome: "stopped", receipt: null };
    turn.interrupt("user", receipt);
    return { outcome: "stopped", receipt };
  }

  async answerApproval(turnId: string, part: number, answer: ApprovalAnswer): Promise<boolean> {
    const turn = this.turns.get(turnId);
    if (!turn?.approvals.some((asked) => asked.part === part)) return false;
    turn.answers.push({ part, answer });
    turn.toolState(part, answer === "deny" ? "denied" : "running");
    return true;
  }

  async answerElicitation(
    turnId: string,
    question: number,
    reply: ElicitationReply,
  ): Promise<ElicitationOutcome> {
    return this.turns.get(turnId)?.reply(question, reply) ?? { outcome: "closed" };
  }

  async stopTool(turnId: string, part: number): Promise<boolean> {
    const call = this.turns.get(turnId)?.message.parts[part];
    if (call?.kind !== "tool-call" || call.state !== "running") return false;
    this.turns.get(turnId)?.toolState(part, "interrupted-while-running");
    return true;
  }

  async stopAfterStep(turnId: string): Promise<boolean> {
    const turn = this.turns.get(turnId);
    if (!turn || turn.end) return false;
    turn.send({ type: "ends-after-step" });
    return true;
  }

  async continueSteps(turnId: string): Promise<boolean> {
    const turn = this.turns.get(turnId);
    if (!turn || turn.end) return false;
    turn.phase("connecting");
    return true;
  }

  async stopAll(clickedAt: number | null): Promise<number> {
    const running = [...this.turns.values()].filter((turn) => !turn.end);
    await Promise.all(running.map((turn) => this.stopTurn(turn.turnId, clickedAt)));
    return running.length;
  }

  async usageTotals(grouping: Grouping): Promise<UsageTotals> {
    const { list, source } = this.prices;
    const totals = usageTotals(grouping, [...this.conversations.values()]);
    return { ...totals, priceList: list, priceListSource: source };
  }

  async refreshPrices(source: string): Promise<PriceListView | null> {
    if (!source.startsWith("https://")) throw failure("invalid", "This is no list of prices.");
    this.prices = { source, list: { date: "2026-11-01", models: 1200 } };
    return this.prices.list;
  }

  async saveCopy(): Promise<string> {
    return "/home/me/Downloads/Tacet conversations.json";
  }

  async tryAgain(): Promise<void> {
    this.starts += 1;
  }

  async openLink(url: string): Promise<void> {
    if (!/^(https?|mailto):/.test(url)) throw failure("invalid", "Only web and mail links open.");
    this.openedLinks.push(url);
  }

  #view(conversationId: string): Tree {
    const view = this.conversations.get(conversationId);
    if (!view) throw failure("not-found", "There is no such conversation.");
    return view;
  }
}

function blank(
  request: StartTurn,
  role: Message["role"],
  parentId: string | null,
  createdAt: number,
): Message {
  return {
    id: crypto.randomUUID(),
    conversationId: request.conversationId,
    parentId,
    turnId: request.turnId,
    role,
    state: "streaming",
    cause: null,
    model: request.model,
    parts: [],
    finishReason: null,
    usage: null,
    receipt: null,
    error: null,
    createdAt,
    endedAt: null,
  };
}
