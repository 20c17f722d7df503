/** The text of one part: all that arrived, and the place on screen that shows it. */
import { write, type Pending } from "./frame";

/** A place in the DOM that grows by appending. */
export interface TextSink {
  append(text: string): void;
  /** No more text follows. */
  end(): void;
}

/** Costs of an append do not depend on the length of the text. */
export class LiveText implements Pending {
  readonly #chunks: string[] = [];
  #shown = 0;
  #length = 0;
  #finished: boolean;
  #sink: TextSink | null = null;

  constructor(text = "", finished = false) {
    this.#finished = finished;
    if (text !== "") {
      this.#chunks.push(text);
      this.#length = text.length;
    }
  }

  /** In UTF-16 code units. */
  get length(): number {
    return this.#length;
  }

  get finished(): boolean {
    return this.#finished;
  }

  /** Whether there is nothing but space in it. */
  get blank(): boolean {
    return !this.#chunks.some((chunk) => chunk.trim() !== "");
  }

  /** The whole text; takes time in proportion to its length. */
  toString(): string {
    return this.#chunks.join("");
  }

  append(text: string): void {
    this.#chunks.push(text);
    this.#length += text.length;
    if (this.#sink) write(this);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.flush();
    this.#sink?.end();
  }

  /** Shows all that has arrived in `sink`, and all that follows; gives back how to end this. */
  bind(sink: TextSink): () => void {
    this.#sink = sink;
    this.#shown = 0;
    this.flush();
    if (this.#finished) sink.end();
    return () => {
      if (this.#sink === sink) this.#sink = null;
    };
  }

  flush(): void {
    if (!this.#sink || this.#shown === this.#chunks.length) return;
    const next =
      this.#chunks.length - this.#shown === 1
        ? (this.#chunks[this.#shown] ?? "")
        : this.#chunks.slice(this.#shown).join("");
    this.#shown = this.#chunks.length;
    this.#sink.append(next);
  }
}
