/** A running turn as the page knows it: from the Enter key to its last event. */
import type { StopOutcome } from "../backend/generated";
import type { Backend } from "../backend/backend";
import type { Entry } from "./entry.svelte";

export class Turn {
  /** The answer that it writes; null until the start is confirmed. */
  entry = $state.raw<Entry | null>(null);
  /** Stop was pressed, or noticed by the core. */
  stopping = $state(false);
  #missed: { clickedAt: number | null } | null = null;

  constructor(
    readonly id: string,
    readonly conversationId: string,
  ) {}

  /** Stops the turn. The call to the core comes first: everything before it would be delay. */
  stop(backend: Backend, clickedAt: number | null): Promise<StopOutcome> {
    const called = backend.stopTurn(this.id, clickedAt);
    const early = this.entry === null;
    this.stopping = true;
    return called.then((outcome) => {
      if (outcome.outcome !== "unknown" || !early) return outcome;
      // Stop overtook the start: it is repeated as soon as the core knows the turn.
      if (this.entry) return this.stop(backend, clickedAt);
      this.#missed = { clickedAt };
      return outcome;
    });
  }

  /** The core knows the turn now. */
  started(backend: Backend, entry: Entry): void {
    this.entry = entry;
    if (!this.#missed) return;
    const { clickedAt } = this.#missed;
    this.#missed = null;
    void this.stop(backend, clickedAt);
  }
}
