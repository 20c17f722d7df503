/** Follows one running turn: joins snapshot and events without a gap or a double. */
import type { Backend } from "../backend/backend";
import type { TurnEvent, TurnEventKind, TurnSnapshot } from "../backend/generated";
import { onceWritten } from "./frame";

/** An event that changes what is shown. */
export type TurnChange = Exclude<TurnEventKind, { type: "are-you-there" } | { type: "resync" }>;

/** What a followed turn tells. */
export interface TurnObserver {
  /** The whole state; replaces everything told before. */
  replace(snapshot: TurnSnapshot): void;
  /** The next change. False when it does not fit what is known: a new snapshot is asked for. */
  change(change: TurnChange): boolean;
  /** The turn does not run any more, and its end was not heard: the result is in the store. */
  gone(): void;
  /** The turn could not be followed. */
  failed(error: unknown): void;
}

export class TurnStream {
  readonly turnId: string;
  readonly #backend: Backend;
  readonly #observer: TurnObserver;
  #viewerId = "";
  /** The last event that was applied; null until the snapshot is there. */
  #seq: number | null = null;
  /** The last event that is known to be on the page. */
  #shown = 0;
  #early: TurnEvent[] = [];
  #closed = false;

  constructor(backend: Backend, turnId: string, observer: TurnObserver) {
    this.#backend = backend;
    this.turnId = turnId;
    this.#observer = observer;
  }

  /** Starts to follow, or starts again with a new snapshot. */
  async attach(): Promise<void> {
    const previous = this.#viewerId;
    const viewerId = crypto.randomUUID();
    this.#viewerId = viewerId;
    this.#seq = null;
    this.#shown = 0;
    this.#early = [];
    try {
      const snapshot = await this.#backend.attachTurn(this.turnId, viewerId, (event) =>
        this.#receive(viewerId, event),
      );
      // Not before: a turn without any viewer would count the time until it is given up.
      if (previous !== "") this.#detach(previous);
      if (!this.#current(viewerId)) return;
      if (snapshot) this.#start(viewerId, snapshot);
      else this.#leave(() => this.#observer.gone());
    } catch (error) {
      if (this.#current(viewerId)) this.#leave(() => this.#observer.failed(error));
    }
  }

  /** Ends the following; the turn goes on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detach(this.#viewerId);
  }

  #detach(viewerId: string): void {
    // A turn that has ended meanwhile knows no viewers: nothing to tell.
    this.#backend.detachTurn(this.turnId, viewerId).catch(() => undefined);
  }

  #current(viewerId: string): boolean {
    return !this.#closed && viewerId === this.#viewerId;
  }

  #leave(tell: () => void): void {
    this.#closed = true;
    tell();
  }

  #start(viewerId: string, snapshot: TurnSnapshot): void {
    this.#observer.replace(snapshot);
    this.#seq = snapshot.seq;
    this.#shown = snapshot.seq;
    const early = this.#early;
    this.#early = [];
    for (const event of early) {
      // An event may have asked for another snapshot, which holds what follows here.
      if (this.#current(viewerId)) this.#apply(event);
    }
  }

  #receive(viewerId: string, event: TurnEvent): void {
    if (!this.#current(viewerId)) return;
    if (event.event.type === "are-you-there") {
      // At once and without a timer: a hidden window's timers are slowed down.
      this.#acknowledge(viewerId);
    }
    if (this.#seq === null) this.#early.push(event);
    else this.#apply(event);
  }

  #acknowledge(viewerId: string): void {
    // One that is lost is made good by the next.
    this.#backend.acknowledgeTurn(this.turnId, viewerId, this.#shown).catch(() => undefined);
  }

  /** Says when an event is on the page: what follows waits for it, and does not pile up here. */
  #acknowledgeOnceWritten(seq: number): void {
    const viewerId = this.#viewerId;
    onceWritten(() => {
      if (!this.#current(viewerId)) return;
      this.#shown = Math.max(this.#shown, seq);
      this.#acknowledge(viewerId);
    });
  }

  #apply({ seq, event, acknowledge }: TurnEvent): void {
    if (this.#seq === null || seq <= this.#seq) return;
    if (seq !== this.#seq + 1 || event.type === "resync") {
      void this.attach();
      return;
    }
    this.#seq = seq;
    if (acknowledge) this.#acknowledgeOnceWritten(seq);
    if (event.type === "are-you-there") return;
    if (!this.#observer.change(event)) {
      void this.attach();
      return;
    }
    if (event.type === "ended") this.#closed = true;
  }
}
