/** The blocks that take text: each grows its own nodes and never those of another. */
import type { ContinuedBlock } from "./continuation";
import { FORMULA_LIMIT } from "./formula";
import { InlineStream } from "./inline";
import type { OpenLeaf } from "./line";
import { element, type Context } from "./options";
import { appendText } from "./text";

export interface Leaf {
  /** What the next line has to know of this block. */
  readonly view: OpenLeaf;
  /** Takes text of the current line and returns what does not belong to this block any more. */
  text(text: string): string;
  lineEnd(): void;
  /** Before its end: what the next section goes on with, which may be this block. */
  cutOff?(block: ContinuedBlock | undefined): void;
  /** Finishes the block; nothing reaches it afterwards. */
  end(): void;
}

export class Heading implements Leaf {
  readonly view: OpenLeaf = { kind: "none" };
  private readonly inline: InlineStream;
  /** Space and number signs at the end, which are no text if the line ends after them. */
  private tail = "";
  private worded: boolean;

  /** `goesOn`: it has begun in the section above. */
  constructor(parent: HTMLElement, level: number, context: Context, goesOn = false) {
    const made = document.createElement(`h${level}`);
    if (goesOn) made.className = "md-continued";
    parent.append(made);
    this.inline = new InlineStream(made, context);
    this.worded = goesOn;
  }

  text(text: string): string {
    const all = this.tail + text;
    let keep = all.length;
    while (keep > 0 && /[ \t#]/.test(all.charAt(keep - 1))) keep -= 1;
    // A tail that grows without end is text after all.
    if (all.length - keep > 64) keep = all.length;
    this.tail = all.slice(keep);
    if (keep > 0) {
      this.worded = true;
      this.inline.append(all.slice(0, keep));
    }
    return "";
  }

  lineEnd(): void {
    // A sign that is joined to a word belongs to it.
    const close = this.worded ? /[ \t]+(?:#+[ \t]*)?$/ : /^#*[ \t]*$|[ \t]+(?:#+[ \t]*)?$/;
    this.inline.append(this.tail.replace(close, ""));
    this.tail = "";
  }

  cutOff(block: ContinuedBlock | undefined): void {
    if (block?.kind !== "heading") return;
    // It does not end here, so these are text.
    this.inline.append(this.tail);
    this.tail = "";
  }

  end(): void {
    this.lineEnd();
    this.inline.end();
  }
}

export class Formula implements Leaf {
  readonly view: OpenLeaf = { kind: "formula" };
  private readonly block: HTMLElement;
  private readonly body: HTMLElement;
  private source = "";
  /** The last character, which may be the first of the closing mark. */
  private held = "";
  private closed = false;
  /** Whether it is too long to be set, which is said above it. */
  private long: boolean;

  /** `goesOn`: it has begun in the section above. */
  constructor(
    parent: HTMLElement,
    private readonly close: string,
    private readonly context: Context,
    goesOn = false,
  ) {
    this.block = element("div", goesOn ? "md-formula-block md-continued" : "md-formula-block");
    this.body = element("code", "md-formula");
    this.block.append(this.body);
    parent.append(this.block);
    this.long = goesOn;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  text(text: string): string {
    this.context.meter.characters += text.length;
    const all = this.held + text;
    const end = all.indexOf(this.close);
    this.closed = end >= 0;
    const holds = !this.closed && all.endsWith(this.close.charAt(0));
    const body = this.closed ? all.slice(0, end) : holds ? all.slice(0, -1) : all;
    this.held = holds ? all.slice(-1) : "";
    this.grow(body);
    return this.closed ? all.slice(end + this.close.length) : "";
  }

  lineEnd(): void {
    this.grow(`${this.held}\n`);
    this.held = "";
  }

  /** The formula has no end, and so is none. */
  withdraw(): void {
    this.block.remove();
  }

  cutOff(block: ContinuedBlock | undefined): void {
    if (block?.kind !== "formula") return;
    this.block.classList.add("md-cut");
    this.stand();
  }

  end(): void {
    this.grow(this.held);
    if (!this.closed || this.long) return;
    const tex = this.source.replace(/\n\s*\n/g, "\n").trim();
    this.context.options.formula?.(this.body, tex, true);
  }

  private grow(text: string): void {
    this.source += text;
    appendText(this.body, text);
    if (
      this.source.length > FORMULA_LIMIT &&
      !this.long &&
      this.source.trim().length > FORMULA_LIMIT
    ) {
      this.stand();
    }
  }

  /** It stands as its source, and says why. */
  private stand(): void {
    if (this.long) return;
    this.long = true;
    this.body.before(element("p", "md-formula-note", this.context.labels.longFormula));
  }
}

const SUMMARY_END = "</summary>";

/** The line of a fold that stays on show. */
export class Summary implements Leaf {
  readonly view: OpenLeaf = { kind: "summary" };
  private readonly inline: InlineStream;
  private held = "";
  private closed = false;

  constructor(parent: HTMLElement, context: Context) {
    const made = element("summary");
    parent.append(made);
    this.inline = new InlineStream(made, context);
  }

  get isClosed(): boolean {
    return this.closed;
  }

  text(text: string): string {
    const all = this.held + text;
    const lower = all.toLowerCase();
    const end = lower.indexOf(SUMMARY_END);
    this.closed = end >= 0;
    let keep = this.closed ? end : all.length;
    if (!this.closed) {
      const angle = lower.lastIndexOf("<");
      if (angle >= 0 && SUMMARY_END.startsWith(lower.slice(angle))) keep = angle;
    }
    this.held = this.closed ? "" : all.slice(keep);
    this.inline.append(all.slice(0, keep));
    return this.closed ? all.slice(end + SUMMARY_END.length) : "";
  }

  lineEnd(): void {
    if (!this.closed) this.inline.append(`${this.held}\n`);
    this.held = "";
  }

  end(): void {
    this.inline.append(this.held);
    this.inline.end();
  }
}
