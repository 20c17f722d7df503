/** Reads `[label]: target "title"` at the start of a paragraph, a character at a time (CommonMark 0.31, 4.7). */
import { unescapeText } from "./angle";
import { LABEL_LIMIT, TARGET_LIMIT, type Target } from "./target";

type State =
  | "label"
  | "colon"
  | "before-target"
  | "angle"
  | "plain"
  | "after-target"
  | "before-title"
  | "title"
  | "after-title";

/** A definition that ends `length` characters into what was read. */
export interface Defined {
  label: string;
  target: Target;
  length: number;
}

const CLOSE: Record<string, string> = { '"': '"', "'": "'", "(": ")" };

export class DefinitionReader {
  /** All that was read. */
  source = "";
  private state: State = "label";
  private escaped = false;
  private depth = 0;
  private spaced = false;
  private breaks = 0;
  private label = "";
  private url = "";
  private title = "";
  private close = "";
  /** The definition if what follows is no title. */
  private untitled: Defined | undefined;

  /** Whether only a label has been read so far, as in any text in brackets. */
  get isLabel(): boolean {
    return this.state === "label" || this.state === "colon";
  }

  /** Whether what was read is a definition if the paragraph ends here. */
  get isDefined(): boolean {
    return /^(?:after-target|before-title|after-title)$/.test(this.state) || this.isPlainEnd;
  }

  /** Takes the next character; undefined if it decides nothing. */
  read(c: string): Defined | "none" | undefined {
    this.source += c;
    if (this.escaped) {
      this.escaped = false;
      this.keep(c);
      return c === "\n" && this.state === "plain" ? this.step(c) : undefined;
    }
    if (c === "\\" && /^(?:label|angle|plain|title)$/.test(this.state)) {
      this.escaped = true;
      this.keep(c);
      return undefined;
    }
    if (c === "\\" && this.state === "before-target") {
      this.state = "plain";
      this.escaped = true;
      this.keep(c);
      return undefined;
    }
    return this.step(c);
  }

  /** The paragraph ends here. */
  end(): Defined | "none" {
    if (this.state === "before-title") return this.untitled ?? "none";
    return this.isDefined ? this.defined(this.source.length) : (this.untitled ?? "none");
  }

  private get isPlainEnd(): boolean {
    return this.state === "plain" && this.depth === 0 && this.url !== "";
  }

  private keep(c: string): void {
    if (this.state === "label") this.label += c;
    else if (this.state === "title") this.title += c;
    else this.url += c;
  }

  private step(c: string): Defined | "none" | undefined {
    const isSpace = c === " " || c === "\t";
    switch (this.state) {
      case "label":
        if (c === "[" && this.source.length > 1) return "none";
        if (c === "]") {
          if (this.label.trim() === "" || this.label.length > LABEL_LIMIT) return "none";
          this.state = "colon";
        } else if (this.source.length > 1) this.keep(c);
        return this.source.length > LABEL_LIMIT + 2 ? "none" : undefined;
      case "colon":
        this.state = "before-target";
        return c === ":" ? undefined : "none";
      case "before-target":
        if (c === "\n" && ++this.breaks > 1) return "none";
        if (isSpace || c === "\n") return undefined;
        this.state = c === "<" ? "angle" : "plain";
        return c === "<" ? undefined : this.step(c);
      case "angle":
        if (c === "\n" || c === "<") return "none";
        if (c === ">") this.state = "after-target";
        else this.keep(c);
        return this.bounded();
      case "plain":
        if (isSpace || c === "\n") {
          if (!this.isPlainEnd) return "none";
          this.state = "after-target";
          return this.step(c);
        }
        if (c < " " || c === "\u007f") return "none";
        if (c === "(") this.depth += 1;
        if (c === ")" && --this.depth < 0) return "none";
        this.keep(c);
        return this.bounded();
      case "after-target":
        if (isSpace) this.spaced = true;
        else if (c === "\n") {
          this.untitled = this.defined(this.source.length - 1);
          this.state = "before-title";
        } else return this.spaced ? this.beginTitle(c) : "none";
        return undefined;
      case "before-title":
        return isSpace ? undefined : this.beginTitle(c);
      case "title":
        if (c === this.close) this.state = "after-title";
        else if (c === "(" && this.close === ")") return this.untitled ?? "none";
        else this.keep(c);
        return this.bounded();
      case "after-title":
        if (isSpace) return undefined;
        return c === "\n" ? this.defined(this.source.length - 1) : (this.untitled ?? "none");
    }
  }

  private beginTitle(c: string): Defined | "none" | undefined {
    const close = CLOSE[c];
    if (!close) return this.untitled ?? "none";
    this.close = close;
    this.state = "title";
    return undefined;
  }

  /** A definition without end is none. */
  private bounded(): Defined | "none" | undefined {
    const isLong = this.source.length > LABEL_LIMIT + TARGET_LIMIT;
    return isLong ? (this.untitled ?? "none") : undefined;
  }

  private defined(length: number): Defined {
    const [url, title] = [unescapeText(this.url), unescapeText(this.title)];
    return { label: this.label, target: { url, title }, length };
  }
}
