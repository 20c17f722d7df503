/** What the window shows and what it can do: the one state that all features share. */
import { SvelteMap } from "svelte/reactivity";
import { errorText, isCommandError, type Backend } from "../backend/backend";
import type {
  Attachment,
  Bootstrap,
  Conversation,
  ModelOption,
  News,
  Notice,
  PresetView,
  SettingsView,
} from "../backend/generated";
import { attachment } from "./files";
import { strings } from "../strings";
import { TurnStream } from "../stream/turn-stream";
import { Announcer } from "./announcer.svelte";
import { Entry } from "./entry.svelte";
import { Layers } from "./layers.svelte";
import { Thread } from "./thread.svelte";
import { Turn } from "./turn.svelte";

/** The key of the draft that belongs to no conversation yet. */
const NEW = "";

export class Workspace {
  readonly backend: Backend;
  readonly version: string;
  readonly presets: readonly PresetView[];
  readonly announcer = new Announcer();
  readonly layers = new Layers();
  /** Running turns by conversation: a conversation has one at a time. */
  readonly turns = new SvelteMap<string, Turn>();
  conversations = $state.raw<Conversation[]>([]);
  settings = $state.raw<SettingsView>() as SettingsView;
  notices = $state.raw<Notice[]>([]);
  thread = $state.raw<Thread | null>(null);
  opening = $state<string | null>(null);
  /** The conversation that was deleted last, as long as that can be undone. */
  deleted = $state.raw<Conversation | null>(null);
  /** Counts up when the composer shall have the focus. */
  focusRequests = $state(0);
  readonly #drafts = new SvelteMap<string, string>();
  readonly #files = new SvelteMap<string, Attachment[]>();

  constructor(backend: Backend, bootstrap: Bootstrap) {
    this.backend = backend;
    this.version = bootstrap.version;
    this.presets = bootstrap.presets;
    this.conversations = bootstrap.conversations;
    this.settings = bootstrap.settings;
    this.notices = bootstrap.notices;
    for (const { turnId, conversationId } of bootstrap.running) {
      this.#follow(new Turn(turnId, conversationId));
    }
    backend.watchNews((news) => this.#hear(news)).catch(this.report);
    // After a reload the window shows what it showed before, else what is being written.
    const place = location.hash.slice(1);
    const known = bootstrap.conversations.some(({ id }) => id === place);
    const first = known ? place : bootstrap.running[0]?.conversationId;
    if (first !== undefined) void this.open(first);
  }

  get currentId(): string | null {
    return this.opening ?? this.thread?.conversationId ?? null;
  }

  get currentTurn(): Turn | undefined {
    return this.currentId === null ? undefined : this.turns.get(this.currentId);
  }

  get model(): ModelOption | undefined {
    return this.settings.models.find(({ model }) => model === this.settings.defaultModel);
  }

  get draft(): string {
    return this.#drafts.get(this.currentId ?? NEW) ?? "";
  }

  set draft(text: string) {
    this.#drafts.set(this.currentId ?? NEW, text);
  }

  /** The files that go with the draft. */
  get files(): Attachment[] {
    return this.#files.get(this.currentId ?? NEW) ?? [];
  }

  /** Adds files to the draft; those that cannot be sent are named. */
  async attach(files: Iterable<File>): Promise<void> {
    const key = this.currentId ?? NEW;
    for (const file of files) {
      try {
        const read = await attachment(file);
        this.#files.set(key, [...(this.#files.get(key) ?? []), read]);
      } catch (error) {
        this.report(error);
      }
    }
  }

  detach(file: Attachment): void {
    const kept = this.files.filter((other) => other !== file);
    this.#files.set(this.currentId ?? NEW, kept);
  }

  /** Whether Send would be taken: not while the answer before it is still being written. */
  get maySend(): boolean {
    const turn = this.currentTurn;
    return this.model !== undefined && (!turn || turn.stopping) && !this.thread?.pending;
  }

  /** Whether retry and edit would be taken. */
  get mayBranch(): boolean {
    return this.model !== undefined && !this.currentTurn;
  }

  focusComposer(): void {
    this.focusRequests += 1;
  }

  newConversation(): void {
    this.opening = null;
    this.thread = null;
    this.focusComposer();
  }

  async open(conversationId: string): Promise<void> {
    if (this.opening === conversationId) return;
    this.opening = conversationId;
    // A turn may end while the conversation is read: its entry knows more than what was read.
    const before = this.turns.get(conversationId)?.entry;
    try {
      const view = await this.backend.openConversation(conversationId);
      if (this.opening !== conversationId) return;
      const live = this.turns.get(conversationId)?.entry ?? before;
      const known = live ? new Map([[live.id, live]]) : undefined;
      this.thread = new Thread(conversationId, view, known);
      this.focusComposer();
    } catch (error) {
      this.report(error);
      if (isCommandError(error) && error.code === "not-found") await this.#list();
    } finally {
      if (this.opening === conversationId) this.opening = null;
    }
  }

  async send(): Promise<void> {
    const text = this.draft;
    const files = this.files;
    if (!this.maySend || (text.trim() === "" && files.length === 0)) return;
    const key = this.currentId ?? NEW;
    this.#drafts.delete(key);
    this.#files.delete(key);
    const started = await this.#start(this.thread?.head ?? null, text, { files });
    if (started) return;
    // What was typed meanwhile stays; what could not be sent comes back.
    if (!this.#drafts.get(key)) this.#drafts.set(key, text);
    this.#files.set(key, [...files, ...(this.#files.get(key) ?? [])]);
  }

  /** Answers the person's message `parentId` once more, as a sibling. */
  async retry(parentId: string): Promise<void> {
    if (this.mayBranch) await this.#start(parentId, null);
  }

  /** Goes on with an answer that ended early, in a sibling that begins with what it had. */
  async continue(entry: Entry): Promise<void> {
    if (this.mayBranch && entry.continuable) {
      await this.#start(entry.parentId, null, { continues: entry.id });
    }
  }

  /** Sends `text` as a sibling of the person's message `entry`; false when it was not taken. */
  async edit(entry: Entry, text: string): Promise<boolean> {
    if (!this.mayBranch || text.trim() === "") return false;
    return this.#start(entry.parentId, text, { files: entry.files });
  }

  /** Stops the turn that is on screen. */
  stop(clickedAt: number): void {
    this.currentTurn?.stop(this.backend, clickedAt).catch(this.report);
  }

  stopConversation(conversationId: string, clickedAt: number): void {
    this.turns.get(conversationId)?.stop(this.backend, clickedAt).catch(this.report);
  }

  stopAll(clickedAt: number): void {
    const called = this.backend.stopAll(clickedAt);
    const told = [...this.turns.values()];
    for (const turn of told) turn.stopping = true;
    called.catch((error: unknown) => {
      for (const turn of told) turn.stopping = false;
      this.report(error);
    });
  }

  async rename(conversationId: string, title: string): Promise<void> {
    try {
      const renamed = await this.backend.renameConversation(conversationId, title);
      this.#put(renamed);
    } catch (error) {
      this.report(error);
    }
  }

  async delete(conversation: Conversation): Promise<void> {
    try {
      await this.backend.deleteConversation(conversation.id);
      this.conversations = this.conversations.filter(({ id }) => id !== conversation.id);
      this.deleted = conversation;
      if (this.currentId === conversation.id) this.newConversation();
    } catch (error) {
      this.report(error);
    }
  }

  async undoDelete(): Promise<void> {
    const conversation = this.deleted;
    if (!conversation) return;
    this.deleted = null;
    try {
      this.#put(await this.backend.restoreConversation(conversation.id));
      await this.open(conversation.id);
    } catch (error) {
      this.report(error);
    }
  }

  /** Opens the conversation that is `step` places further down the list. */
  walk(step: number): void {
    const at = this.conversations.findIndex(({ id }) => id === this.currentId);
    const next = this.conversations[at < 0 ? (step > 0 ? 0 : -1) : at + step];
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

  dismiss(notice: Notice): void {
    this.notices = this.notices.filter((other) => other !== notice);
  }

  /** Tells the person what failed. */
  readonly report = (error: unknown): void => {
    this.notices = [...this.notices, { level: "warning", text: errorText(error) }];
  };

  async #start(
    parentId: string | null,
    text: string | null,
    { files = [], continues = null }: { files?: Attachment[]; continues?: string | null } = {},
  ): Promise<boolean> {
    const model = this.settings.defaultModel;
    const conversationId = this.thread?.conversationId ?? crypto.randomUUID();
    this.thread ??= new Thread(conversationId);
    const thread = this.thread;
    const before = this.turns.get(conversationId);
    const turn = new Turn(crypto.randomUUID(), conversationId);
    this.turns.set(conversationId, turn);
    thread.pending = text;
    try {
      const turnId = turn.id;
      const attachments = files;
      const request = { turnId, conversationId, parentId, text, attachments, continues, model };
      // Calls may overtake each other: a start before the stop would replace the turn instead.
      if (before?.stopping) await before.told;
      const started = await this.backend.startTurn(request);
      this.#put(started.conversation);
      if (started.userMessage) thread.add(new Entry(started.userMessage));
      const entry = thread.add(new Entry(started.answer));
      thread.head = entry.id;
      turn.started(this.backend, entry, this.report);
      this.#follow(turn);
      this.announcer.started();
      return true;
    } catch (error) {
      if (this.turns.get(conversationId) === turn) {
        if (before?.entry?.state === "streaming") this.turns.set(conversationId, before);
        else this.turns.delete(conversationId);
      }
      if (this.thread === thread && thread.path.length === 0) this.thread = null;
      this.report(error);
      return false;
    } finally {
      thread.pending = null;
    }
  }

  #follow(turn: Turn): void {
    this.turns.set(turn.conversationId, turn);
    const stream = new TurnStream(this.backend, turn.id, {
      replace: (snapshot) => {
        if (turn.entry) turn.entry.replace(snapshot);
        else this.#adopt(turn, new Entry(snapshot.message), snapshot.phase);
        turn.stopping ||= snapshot.stopping;
      },
      change: (change) => {
        if (change.type === "stopping") turn.stopping = true;
        const fits = turn.entry?.change(change) ?? false;
        if (fits && change.type === "ended") this.#ended(turn);
        return fits;
      },
      gone: () => void this.#missed(turn),
      failed: (error) => {
        this.report(`${strings.lostTurn} ${errorText(error)}`);
        void this.#missed(turn);
      },
    });
    turn.resync = () => void stream.attach();
    void stream.attach();
  }

  /** A turn of the time before a reload: its entry takes the place of the stored message. */
  #adopt(turn: Turn, entry: Entry, phase: Entry["phase"]): void {
    entry.phase = phase;
    turn.entry = entry;
    if (this.thread?.conversationId === turn.conversationId) {
      void this.open(turn.conversationId);
    }
  }

  #ended(turn: Turn): void {
    this.#forget(turn);
    const state = turn.entry?.state;
    if (state && state !== "streaming" && this.currentId === turn.conversationId) {
      this.announcer.ended(state);
    }
  }

  /** The turn ended unheard: what is stored is read. */
  async #missed(turn: Turn): Promise<void> {
    this.#forget(turn);
    if (this.thread?.conversationId === turn.conversationId) await this.open(turn.conversationId);
  }

  /** What is not on screen is read when it is opened. */
  #hear(news: News): void {
    switch (news.type) {
      case "usage-settled":
        if (this.thread?.conversationId === news.conversationId) {
          this.thread.get(news.messageId)?.settle(news.usage);
        }
    }
  }

  #forget(turn: Turn): void {
    if (this.turns.get(turn.conversationId) === turn) this.turns.delete(turn.conversationId);
    if (this.turns.size === 0) this.announcer.quiet();
  }

  #put(conversation: Conversation): void {
    this.conversations = [
      conversation,
      ...this.conversations.filter(({ id }) => id !== conversation.id),
    ].sort((a, b) => b.updatedAt - a.updatedAt);
  }

  async #list(): Promise<void> {
    this.conversations = await this.backend.listConversations();
  }
}
