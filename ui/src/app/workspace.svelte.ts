/** What the window shows and what it can do: the one state that all features share. */
import { tick } from "svelte";
import { errorText, type Backend } from "../backend/backend";
import type {
  Attachment,
  Bootstrap,
  Conversation,
  Hit,
  ModelOption,
  PresetView,
  RefusedFile,
  SettingsView,
} from "../backend/generated";
import { chatStrings } from "../strings/chat";
import { Announcer } from "./announcer.svelte";
import { Answering } from "./answering.svelte";
import { Branches } from "./branches";
import { ConversationList } from "./conversation-list.svelte";
import { DeletedBranches, type BranchDeletion } from "./deleted-branches.svelte";
import { Dragging } from "./dragging.svelte";
import { Drafts } from "./drafts.svelte";
import { Edit } from "./edit.svelte";
import type { Entry } from "./entry.svelte";
import { textFile } from "./files";
import { Find } from "./find.svelte";
import { Finder } from "./finder.svelte";
import { Hearing } from "./hearing";
import { Layers } from "./layers.svelte";
import { Notices } from "./notices.svelte";
import { Saving } from "./saving";
import { Thread } from "./thread.svelte";
import { ToolCalls } from "./tool-calls.svelte";
import { Turn } from "./turn.svelte";
import { Turns } from "./turns.svelte";

/** The place of a window that shows a conversation that does not exist yet. */
const NEW = "new";

export class Workspace {
  readonly backend: Backend;
  readonly version: string;
  readonly presets: readonly PresetView[];
  /** Why nothing can be sent or saved; null where everything can. */
  readonly readOnly: string | null;
  readonly announcer = new Announcer();
  readonly layers = new Layers();
  /** How the conversation on the screen is answered. */
  readonly answering: Answering = new Answering(this);
  /** Running turns by conversation: a conversation has one at a time. */
  readonly turns: ReadonlyMap<string, Turn>;
  /** Requests for the titles of conversations: the turns that they follow, which stop them. */
  readonly namings: ReadonlyMap<string, string>;
  /** Questions that are being edited, by the message's id; they stay when their conversation is left. */
  readonly edits: Map<string, Edit>;
  readonly list: ConversationList;
  readonly deletedBranches: DeletedBranches;
  readonly dragging = new Dragging();
  /** The search over all conversations. */
  readonly finder: Finder;
  /** The search in the one on the screen. */
  readonly find: Find;
  readonly notices: Notices;
  readonly saving: Saving;
  readonly toolCalls: ToolCalls;
  /** Tells the person what failed. */
  readonly report: (error: unknown) => void;
  settings = $state.raw<SettingsView>() as SettingsView;
  #thread = $state.raw<Thread | null>(null);
  /** Counts up when the composer shall have the focus. */
  focusRequests = $state(0);
  readonly #drafts: Drafts;
  readonly #branches: Branches;
  readonly #running: Turns;
  /** The answers that were saved after their end. */
  readonly #saved = new Set<string>();
  /** Whether a conversation was shown since the start, be it one that does not exist yet. */
  #chosen = $state(false);

  constructor(backend: Backend, bootstrap: Bootstrap) {
    this.backend = backend;
    this.notices = new Notices(bootstrap.notices);
    this.report = this.notices.report;
    this.saving = new Saving(backend, this.notices);
    this.toolCalls = new ToolCalls(backend, this.notices);
    this.list = new ConversationList(backend, bootstrap.conversations, bootstrap.more, this.report);
    this.finder = new Finder(backend);
    this.#drafts = new Drafts(backend, bootstrap.unsent, (error) => {
      // Where nothing can be saved, the window says so above all.
      if (this.readOnly !== null) return;
      this.notices.add("warning", chatStrings.draftsNotKept(errorText(error)));
    });
    this.edits = this.#drafts.edits;
    this.#branches = new Branches(backend, {
      live: (id) => this.turns.get(id)?.entry,
      saved: (id) => this.#saved.has(id),
      shown: (thread, left) => {
        const { conversationId, path } = thread;
        // What an earlier visit of the conversation reads does not move what is typed in this one.
        if (this.currentId === conversationId && this.thread !== thread) return;
        this.#drafts.show(conversationId, left, path);
      },
      gone: () => void this.list.refresh().catch(this.report),
      report: this.report,
      warn: (words) => this.notices.add("warning", words),
    });
    this.deletedBranches = new DeletedBranches(backend, {
      branches: this.#branches,
      drafts: this.#drafts,
      report: this.report,
    });
    this.#running = new Turns(backend, this.announcer, {
      thread: () => this.thread,
      branches: this.#branches,
      defaultModel: () => this.settings.defaultModel,
      put: (conversation) => this.list.put(conversation),
      report: this.report,
    });
    this.turns = this.#running.running;
    this.namings = this.#running.namings;
    this.find = new Find({
      thread: () => this.thread,
      findAbove: async ({ conversationId, unread }, words) =>
        unread === null ? [] : backend.findAbove(conversationId, unread, words),
      readThrough: async (thread, messageId) => {
        await this.#branches.upTo(thread, messageId);
        return this.thread === thread && thread.path.some(({ id }) => id === messageId);
      },
      report: this.report,
    });
    this.version = bootstrap.version;
    this.presets = bootstrap.presets;
    this.readOnly = bootstrap.readOnly;
    this.settings = bootstrap.settings;
    const lost = this.#drafts.takeUp();
    if (lost.length > 0) this.notices.add("warning", chatStrings.filesNotKept(lost));
    for (const { turnId, conversationId } of bootstrap.running) {
      this.#running.follow(new Turn(turnId, conversationId));
    }
    const hearing = new Hearing(this, {
      running: this.#running,
      branches: this.#branches,
      drafts: this.#drafts,
      saved: (messageId) => this.#saved.add(messageId),
    });
    backend
      .watchNews((news) => hearing.hear(news))
      .then(() => this.toolCalls.readTasks())
      .catch(this.report);
    // After a reload the window shows what it showed before, else what is being written. One that was
    // opened beside others shows what it was opened for.
    const place = location.hash.slice(1);
    this.#chosen = place === NEW;
    const running = bootstrap.running[0]?.conversationId;
    const begin = (): void => {
      const first = this.list.find(place)?.id ?? running;
      // Whoever chose something meanwhile, also a new conversation, keeps it.
      if (first !== undefined && !this.#chosen) void this.open(first);
    };
    const listed = this.list.complete || this.list.find(place) !== undefined;
    if (listed) begin();
    if (!this.list.complete) {
      const rest = this.list.refresh().catch(this.report);
      if (!listed) void rest.then(begin);
    }
  }

  /** The conversation on the screen; null for one that does not exist yet. */
  get thread(): Thread | null {
    return this.#thread;
  }

  set thread(thread: Thread | null) {
    this.#chosen = true;
    this.#thread = thread;
  }

  /** What the window shows, for the page after this one: see the constructor. */
  get place(): string {
    return this.currentId ?? (this.#chosen ? NEW : "");
  }

  /** Its id: that of the one that is sent to, and stopped. */
  get currentId(): string | null {
    return this.thread?.conversationId ?? null;
  }

  get currentTurn(): Turn | undefined {
    return this.currentId === null ? undefined : this.turns.get(this.currentId);
  }

  get model(): ModelOption | undefined {
    return this.answering.model;
  }

  /**
   * Has the conversation on the screen ask that model; one that does not exist yet, and all new ones
   * after it as well. False when that failed, and the person is told.
   */
  async chooseModel(model: string): Promise<boolean> {
    if (this.thread !== null) return this.answering.change({ model });
    if (!(await this.change(this.backend.setDefaultModel(model)))) return false;
    this.answering.chooseModel(model);
    return true;
  }

  get draft(): string {
    return this.#drafts.get(this.currentId)?.text ?? "";
  }

  set draft(text: string) {
    this.#drafts.write(this.currentId, text);
  }

  /** The files that go with the draft. */
  get files(): readonly Attachment[] {
    return this.#drafts.get(this.currentId)?.files ?? [];
  }

  /** Adds files to the draft on the screen, also when another is shown before they are read. */
  attach(files: Iterable<File>): Promise<void> {
    return this.#drafts.attach(this.currentId, files, this.report);
  }

  /** Adds what `read` gives to the draft on the screen, also when another is shown by then. */
  addRead(read: () => Promise<{ files: readonly Attachment[]; text?: string }>): Promise<void> {
    return this.#drafts.reading(this.currentId, async (draft) => {
      const { files, text } = await read();
      draft().add(files, text);
    });
  }

  /** Adds a text to the draft as a file. */
  attachText(name: string, text: string): void {
    try {
      this.#drafts.add(this.currentId, textFile(name, text));
    } catch (error) {
      this.report(error);
    }
  }

  detach(file: Attachment): void {
    this.#drafts.detach(this.currentId, file);
  }

  /** Whether Send would be taken: not while the answer before it is still being written. */
  get maySend(): boolean {
    const { currentTurn: turn, thread } = this;
    return (
      this.model !== undefined &&
      (!turn || turn.stopping) &&
      (!thread || (thread.loaded && thread.pending === null)) &&
      (this.#drafts.get(this.currentId)?.reading ?? 0) === 0
    );
  }

  /** Whether retry and edit would be taken. */
  get mayBranch(): boolean {
    return this.model !== undefined && !this.currentTurn;
  }

  /** Whether a branch can be deleted: what is just being started may come to stand in it. */
  get mayDeleteBranch(): boolean {
    return this.currentTurn === undefined || this.currentTurn.entry !== null;
  }

  /** Keeps what was typed and not sent for the page after this one. */
  keepDrafts(): void {
    const { list } = this;
    this.#drafts.keepFor((id) => list.find(id) !== undefined || !list.complete);
  }

  /** Has the app keep what was typed at once: another window may be used next. */
  handOverDrafts(): void {
    this.#drafts.flush();
  }

  /** Opens one more window, which shows that conversation; with null it begins a new one. */
  openWindow(conversationId: string | null): void {
    this.handOverDrafts();
    this.backend.openWindow(conversationId).catch(this.report);
  }

  focusComposer(): void {
    this.focusRequests += 1;
  }

  /** Shows a conversation that does not exist yet; with that assistant, where one is named. */
  newConversation(assistant?: string): void {
    this.find.close();
    this.thread = null;
    if (assistant !== undefined) this.answering.start(assistant);
    this.focusComposer();
  }

  /** Shows a conversation at once, with its draft and its Stop; its messages follow. */
  async open(conversationId: string): Promise<void> {
    this.focusComposer();
    await this.#show(conversationId);
  }

  /** Shows what was found, on its branch, scrolled to and marked. The focus stays where it is. */
  async openHit({ conversationId, messageId, part, snippet }: Hit): Promise<void> {
    this.find.close();
    const thread = await this.#show(conversationId);
    if (messageId === null || !thread.loaded) return;
    await this.#branches.show(thread, messageId);
    const entry = thread.get(messageId);
    const words = snippet.find(({ isHit }) => isHit)?.text ?? "";
    if (entry && this.thread === thread) this.find.seek(entry, part ?? 0, words);
  }

  /** Shows the branch of a message, from that message on. */
  async showMessage(thread: Thread, messageId: string): Promise<void> {
    this.find.close();
    await this.#branches.show(thread, messageId);
    const entry = thread.get(messageId);
    if (entry && this.thread === thread) this.find.seekMessage(entry);
  }

  /** Opens the search in the conversation on the screen. */
  beginFind(): void {
    if (this.thread?.loaded) this.find.show();
  }

  /** Reads again what other programs may have changed: the list, and what is on the screen. */
  async refresh(): Promise<void> {
    try {
      await this.list.refresh();
      if (this.thread?.loaded) await this.#branches.open(this.thread);
    } catch (error) {
      this.report(error);
    }
  }

  /** Reads the conversation on the screen anew, from its end. */
  async readAnew(): Promise<void> {
    if (this.currentId !== null) await this.#read(this.currentId);
  }

  async #show(conversationId: string): Promise<Thread> {
    const { thread: shown } = this;
    if (shown?.conversationId === conversationId && shown.problem === null) return shown;
    return this.#read(conversationId);
  }

  async #read(conversationId: string): Promise<Thread> {
    this.find.close();
    const thread = new Thread(conversationId, false);
    this.thread = thread;
    await this.#branches.open(thread);
    return thread;
  }

  async send(): Promise<void> {
    const { draft: text, files, currentId } = this;
    if (!this.maySend || (text.trim() === "" && files.length === 0)) return;
    const draft = this.#drafts.take(currentId);
    const thread = this.thread ?? new Thread(crypto.randomUUID(), true);
    const { conversationId, head } = thread;
    if (currentId === null) this.answering.begin(thread);
    this.thread = thread;
    if (await this.#running.start(thread, head, text, { files })) return;
    if (currentId !== null && head !== null) {
      // Another branch may be shown by now, or another conversation.
      this.#drafts.wait(currentId, head, draft);
      const { path } = this.currentId === currentId && this.thread ? this.thread : thread;
      this.#drafts.show(currentId, null, path);
      return;
    }
    // A conversation that did not come to be leaves its drafts to the next new one.
    if (currentId === null) this.#drafts.giveBack(null, this.#drafts.take(conversationId));
    this.#drafts.giveBack(currentId, draft);
    if (currentId === null) this.answering.giveBack();
    if (currentId === null && this.thread === thread) this.thread = null;
  }

  /**
   * Answers the person's message `parentId` once more, as a sibling; by `model`, where one is named,
   * which leaves the conversation's own as it is.
   */
  async retry(parentId: string, model?: string): Promise<void> {
    if (this.mayBranch && this.thread)
      await this.#branchOff(this.thread, parentId, null, { model });
  }

  /** Answers `parentId` once more without a file that the provider did not take. */
  async leaveOut(file: RefusedFile, parentId: string): Promise<void> {
    if (!this.mayBranch) return;
    try {
      await this.backend.leaveOutFile(file.messageId, file.part);
      const part = this.thread?.get(file.messageId)?.parts[file.part];
      if (part) part.leftOut = true;
      await this.retry(parentId);
    } catch (error) {
      this.report(error);
    }
  }

  /** Goes on with an answer that ended early, in a sibling that begins with what it had. */
  async continue(entry: Entry): Promise<void> {
    if (this.mayBranch && this.thread && entry.continuable) {
      await this.#branchOff(this.thread, entry.parentId, null, { continues: entry.id });
    }
  }

  /** Opens the person's message `entry` for an edit. */
  beginEdit(entry: Entry): void {
    if (!this.edits.has(entry.id)) this.edits.set(entry.id, new Edit(entry.markdown()));
  }

  /** Sends `text` as a sibling of the person's message `entry`; false when it was not taken. */
  async edit(entry: Entry, text: string): Promise<boolean> {
    if (!this.mayBranch || !this.thread || text.trim() === "") return false;
    return this.#branchOff(this.thread, entry.parentId, text, { filesOf: entry });
  }

  /** Starts a turn beside a message, which makes way with what had the focus in it: as after Send, that
   * is in the composer then. */
  async #branchOff(...turn: Parameters<Turns["start"]>): Promise<boolean> {
    const started = await this.#running.start(...turn);
    await tick();
    if (document.activeElement === document.body) this.focusComposer();
    return started;
  }

  /** Shows the sibling that is `step` away from `entry`, now and whenever the conversation opens. */
  chooseBranch(thread: Thread, entry: Entry, step: number): Promise<void> {
    return this.#branches.choose(thread, entry, step);
  }

  /** Undoes the deletion of a branch, and shows it. */
  async undoDeleteBranch(deletion: BranchDeletion): Promise<void> {
    const head = await this.deletedBranches.restore(deletion);
    if (head === null) return;
    const thread = await this.#show(deletion.conversationId);
    if (thread.loaded) await this.#branches.show(thread, head);
    this.focusComposer();
  }

  /** See {@link Branches.earlier}. */
  readEarlier(thread: Thread): Promise<(() => void) | null> {
    return this.#branches.earlier(thread);
  }

  /** Ends the turn that is shown after the step that it is at. */
  async stopAfterStep(clickedAt: number): Promise<void> {
    const turn = this.currentTurn;
    if (turn) await this.backend.stopAfterStep(turn.id, clickedAt).catch(this.report);
  }

  /** Stops the turn that is on screen, or else the request for its conversation's title. */
  stop(clickedAt: number): void {
    if (this.currentId !== null) this.stopConversation(this.currentId, clickedAt);
  }

  stopConversation(conversationId: string, clickedAt: number): void {
    this.#running.stop(conversationId, clickedAt);
  }

  stopAll(clickedAt: number): void {
    this.#running.stopAll(clickedAt);
  }

  /** Deletes a conversation, which can be undone; false when it failed, and the person is told. */
  async delete(conversation: Conversation): Promise<boolean> {
    const deleted = await this.list.delete(conversation);
    if (deleted) this.#drafts.deleted(conversation.id);
    if (deleted && this.currentId === conversation.id) this.thread = null;
    return deleted;
  }

  async undoDelete(conversation: Conversation): Promise<void> {
    if (await this.list.restore(conversation)) await this.open(conversation.id);
  }

  /** Opens the conversation that is `step` places further down the list. */
  walk(step: number): void {
    const next = this.list.beside(this.currentId, step);
    if (next) void this.open(next.id);
  }

  /** Takes settings that a command gave back; false when it failed, and the person is told. */
  async change(settings: Promise<SettingsView>): Promise<boolean> {
    try {
      this.settings = await settings;
      return true;
    } catch (error) {
      this.report(error);
      return false;
    }
  }

  openLink(url: string): void {
    this.backend.openLink(url).catch(this.report);
  }

  /** Starts the app anew, where it may be able to write by now. */
  tryAgain(): void {
    this.backend.tryAgain().catch(this.report);
  }
}
