/** The in-memory twin of the app: for tests of the page, and for its development in a browser. */
import type { Backend } from "../backend";
import type {
  ApprovalAnswer,
  Bootstrap,
  CopyView,
  ElicitationOutcome,
  ElicitationReply,
  Grouping,
  Message,
  MoveProgress,
  News,
  Notice,
  PriceListView,
  Progress,
  Report,
  StartTurn,
  StopOutcome,
  TakenUpTask,
  ToolConfirmation,
  TurnEvent,
  TurnSnapshot,
  TurnStarted,
  UsageTotals,
} from "../generated";
import { MemoryConversations } from "./conversations";
import { failure } from "./failure";
import { noSettings, presets } from "./samples";
import { MemoryTurn } from "./turn";
import { usageTotals } from "./usage";

/** How files begin, in base64: the core knows more of them. */
const MAGIC: Record<string, string> = {
  iVBOR: "image/png",
  "/9j/": "image/jpeg",
  JVBERi: "application/pdf",
};

export class MemoryBackend extends MemoryConversations implements Backend {
  readonly openedLinks: string[] = [];
  /** The list of prices that was read last, and where one is. */
  prices: { list: PriceListView | null; source: string | null } = { list: null, source: null };
  notices: Notice[] = [];
  /** Why nothing can be sent or saved; null where everything can. */
  readOnly: string | null = null;
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
  /** What servers still work on for an earlier run. */
  tasks: TakenUpTask[] = [];
  news: (news: News) => void = () => undefined;

  async bootstrap(): Promise<Bootstrap> {
    const running = [...this.turns.values()].filter((turn) => !turn.end);
    return {
      version: "0.1.0",
      conversations: this.listed().slice(0, this.firstListed),
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

  async importFile(path: string, onProgress: (progress: Progress) => void): Promise<Report> {
    onProgress({ bytes: 1, total: 1, conversations: 0 });
    throw failure("storage", `${path} can't be read in a browser.`);
  }

  async stopImport(): Promise<void> {}

  async pickImport(): Promise<string | null> {
    return null;
  }

  async exportMarkdown(conversationId: string): Promise<string> {
    return `/home/ada/Downloads/${this.view(conversationId).conversation.title}.md`;
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

  async sendableType(head: string): Promise<string | null> {
    const found = Object.entries(MAGIC).find(([start]) => head.startsWith(start));
    return found?.[1] ?? null;
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

  async takenUpTasks(): Promise<TakenUpTask[]> {
    return this.tasks;
  }

  async stopTask(messageId: string, part: number): Promise<ToolConfirmation | null> {
    const isIt = (task: TakenUpTask) => task.messageId === messageId && task.part === part;
    this.tasks = this.tasks.filter((task) => !isIt(task));
    this.news({ type: "tasks-changed" });
    return { kind: "told-and-silent", ms: 500 };
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
