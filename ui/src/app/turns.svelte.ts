/** The turns that run: how they are started, followed, stopped, and what is known at their end. */
import { SvelteMap } from "svelte/reactivity";
import { errorText, type Backend } from "../backend/backend";
import type { Attachment, Conversation } from "../backend/generated";
import { messageStrings } from "../strings/message";
import { TurnStream } from "../stream/turn-stream";
import type { Announcer } from "./announcer.svelte";
import type { Branches } from "./branches";
import { Entry } from "./entry.svelte";
import { sentMessage } from "./sent";
import type { Thread } from "./thread.svelte";
import { Turn } from "./turn.svelte";

/** What the turns need of the rest of the window. */
interface Surroundings {
  /** The conversation on the screen. */
  thread(): Thread | null;
  readonly branches: Branches;
  defaultModel(): string;
  /** A conversation has a new message. */
  put(conversation: Conversation): void;
  report(error: unknown): void;
}

/** What may go with the start of a turn. */
export interface Asked {
  files?: readonly Attachment[];
  /** The message whose files go along. */
  filesOf?: Entry | null;
  /** The id of the answer that it goes on with. */
  continues?: string | null;
  /** Another model than the conversation's. */
  model?: string | undefined;
}

export class Turns {
  /** By conversation: one has one at a time. */
  readonly running = new SvelteMap<string, Turn>();
  /** Requests for the titles of conversations: the turns that they follow, which stop them. */
  readonly namings = new SvelteMap<string, string>();
  readonly #announcer: Announcer;
  readonly #backend: Backend;
  readonly #around: Surroundings;

  constructor(backend: Backend, announcer: Announcer, around: Surroundings) {
    this.#backend = backend;
    this.#announcer = announcer;
    this.#around = around;
  }

  /** Asks for an answer below `parentId`, to `text` where one is sent; false when it did not start, and
   * the person was told. */
  async start(
    thread: Thread,
    parentId: string | null,
    text: string | null,
    { files = [], filesOf = null, continues = null, model: asked }: Asked = {},
  ): Promise<boolean> {
    const { settings, head } = thread;
    const model = asked ?? settings?.model ?? this.#around.defaultModel();
    const { conversationId } = thread;
    const before = this.running.get(conversationId);
    const turn = new Turn(crypto.randomUUID(), conversationId);
    this.running.set(conversationId, turn);
    thread.pending = text;
    try {
      const turnId = turn.id;
      const attachments = [...files];
      const ids = { turnId, conversationId, parentId, filesOf: filesOf?.id ?? null };
      const request = { ...ids, text, attachments, continues, model, settings };
      // Calls may overtake each other: a start before the stop would replace the turn instead.
      if (before?.stopping) await before.told;
      const keeping = this.#around.branches.kept();
      if (keeping) await keeping;
      // Stopped before the core was asked for anything: there is nothing to stop, or to pay.
      if (turn.stopping) {
        this.#unstart(turn, before);
        return false;
      }
      const started = await this.#backend.startTurn(request);
      thread.exists = true;
      this.#around.put(started.conversation);
      if (started.userMessage) {
        const sent = sentMessage(request, filesOf?.files ?? [], started.userMessage);
        thread.add(new Entry(sent));
      }
      const entry = thread.add(new Entry(started.answer));
      this.#around.branches.follow(thread, entry.id, head);
      turn.started(this.#backend, entry, this.#around.report);
      this.follow(turn);
      this.#announcer.started();
      return true;
    } catch (error) {
      this.#unstart(turn, before);
      this.#around.report(error);
      return false;
    } finally {
      thread.pending = null;
    }
  }

  /** Puts the turn before it, where that still runs, in the place of one that did not start. */
  #unstart(turn: Turn, before: Turn | undefined): void {
    if (this.running.get(turn.conversationId) !== turn) return;
    if (before?.entry?.state === "streaming") this.running.set(turn.conversationId, before);
    else this.running.delete(turn.conversationId);
  }

  /** Stops what a conversation runs: its turn, or else the request for its title. */
  stop(conversationId: string, clickedAt: number): void {
    const turn = this.running.get(conversationId);
    if (turn) {
      turn.stop(this.#backend, clickedAt).catch(this.#around.report);
      return;
    }
    const named = this.namings.get(conversationId);
    if (named === undefined) return;
    this.#backend.stopTurn(named, clickedAt).catch(this.#around.report);
  }

  stopAll(clickedAt: number): void {
    const called = this.#backend.stopAll(clickedAt);
    const told = [...this.running.values()].filter(({ stopping }) => !stopping);
    for (const turn of told) {
      // The core may hear of this before it hears of a start: that turn is told by its own id.
      if (turn.entry === null) turn.stop(this.#backend, clickedAt).catch(this.#around.report);
      else turn.stopping = true;
    }
    called.catch((error: unknown) => {
      for (const turn of told) turn.stopping = false;
      this.#around.report(error);
    });
  }

  /** Follows a turn that another window has begun, and goes along to its answer. */
  join(turnId: string, conversationId: string, answerId: string): void {
    if (this.running.get(conversationId)?.id === turnId) return;
    this.follow(new Turn(turnId, conversationId, answerId));
  }

  /** Shows what a turn writes, until it ends. */
  follow(turn: Turn): void {
    this.running.set(turn.conversationId, turn);
    const stream = new TurnStream(this.#backend, turn.id, {
      replace: (snapshot) => {
        const entry = turn.entry ?? new Entry(snapshot.message);
        entry.replace(snapshot);
        if (!turn.entry) this.#adopt(turn, entry);
        turn.stopping ||= snapshot.stopping;
      },
      change: (change) => {
        if (change.type === "stopping") turn.stopping = true;
        const fits = turn.entry?.change(change) ?? false;
        if (fits && change.type === "ended") {
          this.#ended(turn);
          if (change.behind && turn.entry) void this.#catchUp(turn.entry);
        }
        return fits;
      },
      gone: () => void this.#missed(turn),
      failed: (error) => {
        this.#around.report(`${messageStrings.lostTurn} ${errorText(error)}`);
        void this.#missed(turn);
      },
    });
    turn.resync = () => void stream.attach();
    void stream.attach();
  }

  /** A turn of the time before a reload, or of another window: its entry takes the place of the stored
   * message. */
  #adopt(turn: Turn, entry: Entry): void {
    turn.entry = entry;
    const thread = this.#around.thread();
    if (thread?.conversationId !== turn.conversationId) return;
    const isStored = thread.adopt(entry);
    const { branches } = this.#around;
    if (turn.answerId !== null) void branches.followElsewhere(thread, entry.id);
    // One that is still being read finds the entry by itself.
    else if (!isStored && thread.loaded) void branches.open(thread);
  }

  #ended(turn: Turn): void {
    this.#forget(turn);
    const state = turn.entry?.state;
    const isShown = this.#around.thread()?.conversationId === turn.conversationId;
    if (state && state !== "streaming" && isShown) this.#announcer.ended(state);
  }

  /** Reads the rest of an answer that was told to have ended before all of it was shown. */
  async #catchUp(entry: Entry): Promise<void> {
    try {
      const message = await this.#backend.openMessage(entry.id);
      if (message) entry.catchUp(message);
    } catch (error) {
      this.#around.report(error);
    } finally {
      entry.finish();
    }
  }

  /** The turn ended unheard: what is stored is read. */
  async #missed(turn: Turn): Promise<void> {
    this.#forget(turn);
    const thread = this.#around.thread();
    if (thread?.conversationId !== turn.conversationId) return;
    const { branches } = this.#around;
    await branches.open(thread);
    if (turn.answerId !== null) await branches.followElsewhere(thread, turn.answerId);
    const answerId = turn.entry?.id ?? turn.answerId;
    const entry = answerId === null ? null : await branches.again(thread, answerId);
    if (!entry || entry.state === "streaming" || this.#around.thread() !== thread) return;
    entry.endedHere = true;
    this.#announcer.ended(entry.state);
  }

  #forget(turn: Turn): void {
    if (this.running.get(turn.conversationId) === turn) this.running.delete(turn.conversationId);
    if (this.running.size === 0) this.#announcer.quiet();
  }
}
