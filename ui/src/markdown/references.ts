/**
 * The targets that `[label]: target` defines, and the texts that wait for one.
 *
 * A definition may come after its use. Until then the use is text; when the
 * definition arrives, the texts that asked for it are read again. They are not
 * read more often than once for so many characters that have come since, so
 * that a document of nothing but uses and definitions stays linear.
 */
import { LABEL_LIMIT, type Target } from "./target";

/** A text that used a label without a definition. */
export interface Waiting {
  readonly length: number;
  /** Reads the text again. */
  settle(): void;
}

const PATIENCE = 16;

/** The targets of one document, which all of its sections share. */
export class Targets {
  private readonly targets = new Map<string, Target>();
  private readonly readers = new Set<References>();

  find(key: string): Target | undefined {
    return this.targets.get(key);
  }

  /** Keeps the first definition of a label. */
  define(key: string, target: Target): void {
    if (this.targets.has(key)) return;
    this.targets.set(key, target);
    for (const reader of this.readers) reader.defined(key);
  }

  join(reader: References): void {
    this.readers.add(reader);
  }

  leave(reader: References): void {
    this.readers.delete(reader);
  }
}

export class References {
  private readonly waiting = new Map<string, Set<Waiting>>();
  private readonly due = new Set<Waiting>();
  private size = 0;
  private resolvedAt = 0;

  /** `characters` says how many have been read so far. */
  constructor(
    private readonly characters: () => number,
    private readonly targets: Targets,
  ) {
    targets.join(this);
  }

  find(label: string): Target | undefined {
    return this.targets.find(keyOf(label));
  }

  define(label: string, target: Target): void {
    const key = keyOf(label);
    if (key !== "") this.targets.define(key, target);
  }

  /** A definition has come, here or in another section. */
  defined(key: string): void {
    if (!this.waiting.has(key)) return;
    for (const text of this.waiting.get(key) ?? []) {
      if (!this.due.has(text)) this.size += text.length;
      this.due.add(text);
    }
    this.waiting.delete(key);
    if (this.size <= PATIENCE * (this.characters() - this.resolvedAt)) this.resolve();
  }

  wait(text: Waiting, labels: Iterable<string>): void {
    for (const label of labels) {
      const key = keyOf(label);
      if (key === "" || this.targets.find(key)) continue;
      const texts = this.waiting.get(key) ?? new Set();
      this.waiting.set(key, texts.add(text));
    }
  }

  /** Reads the texts again whose definitions have come. */
  resolve(): void {
    this.size = 0;
    const due = [...this.due];
    this.due.clear();
    for (const text of due) text.settle();
    // After them, as what they read themselves has not come since.
    this.resolvedAt = this.characters();
  }

  /** No definition follows any more. */
  end(): void {
    this.resolve();
    this.leave();
  }

  /** Waits for nothing any more, as what waited has left the page. */
  leave(): void {
    this.waiting.clear();
    this.due.clear();
    this.targets.leave(this);
  }
}

/** Labels match whatever their case and white space (CommonMark 0.31, 4.7). */
function keyOf(label: string): string {
  if (label.length > LABEL_LIMIT) return "";
  return label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase();
}
