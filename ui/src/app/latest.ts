/** Work of which only the newest request counts: reading what may have changed, or what is typed. */
export class Latest {
  #running: Promise<void> | null = null;
  /** What is done after that, for all who asked meanwhile. */
  #next: Promise<void> | null = null;

  /** `work` is never done twice at once. It reads what it is to work on when it begins. */
  constructor(private readonly work: () => Promise<void>) {}

  /** Whether it is being done. */
  get running(): boolean {
    return this.#running !== null;
  }

  /** Resolves when the work was done that began with this call or after it; rejects as that does. */
  run(): Promise<void> {
    if (this.#next) return this.#next;
    if (!this.#running) return this.#begin();
    const next = (): Promise<void> => {
      this.#next = null;
      return this.#begin();
    };
    // It begins whatever became of the one before.
    this.#next = this.#running.then(next, next);
    return this.#next;
  }

  #begin(): Promise<void> {
    const running = this.work().finally(() => (this.#running = null));
    this.#running = running;
    return running;
  }
}
