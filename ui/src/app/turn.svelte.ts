/** A running turn as the page knows it: from the Enter key to its last event. */
import type { StopOutcome } from "../backend/generated";
import type { Backend } from "../backend/backend";
import type { Entry } from "./entry.svelte";

export class Turn {
  /** The answer that it writes; null until the start is confirmed. */
  entry = $state.raw<Entry | null>(null);
  /** Stop was pressed, or noticed by the core. */
  stopping = $state(false);
  /** Reads the turn's state again. */
  resync: () => void = () => undefined;
  /** Resolves when the core has answered the last stop, at once where there was none. */
  told: Promise<unknown> = Promise.resolve();
  #missed: { clickedAt: number | null } | null = null;

  constructor(
    readonly id: string,
    readonly conversationId: string,
    /** The answer of a turn that another window has begun. */
    readonly answerId: string | null = null,
  ) {}

  /** Stops the turn. The call to the core comes first: everything before it would be delay. */
  stop(backend: Backend, clickedAt: number | null): Promise<StopOutcome> {
    const called = backend.stopTurn(this.id, clickedAt);
    const early = this.entry === null;
    this.stopping = true;
    const answered = called.then(
      (outcome) => this.#answered(backend, outcome, early, clickedAt),
      (error: unknown) => {
        // Nothing received the stop: the button must work again.
        this.stopping = false;
        throw error;
      },
    );
    this.told = answered.catch(() => undefined);
    return answered;
  }

  /** The core knows the turn now; `failed` hears of a stop that could not be repeated. */
  started(backend: Backend, entry: Entry, failed: (error: unknown) => void): void {
    this.entry = entry;
    if (!this.#missed) return;
    const { clickedAt } = this.#missed;
    this.#missed = null;
    this.stop(backend, clickedAt).catch(failed);
  }

  #answered(
    backend: Backend,
    outcome: StopOutcome,
    early: boolean,
    clickedAt: number | null,
  ): StopOutcome | Promise<StopOutcome> {
    if (outcome.outcome !== "unknown") return outcome;
    if (!early) this.resync();
    // Stop overtook the start: it is repeated as soon as the core knows the turn.
    else if (this.entry) return this.stop(backend, clickedAt);
    else this.#missed = { clickedAt };
    return outcome;
  }
}
