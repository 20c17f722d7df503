/** A paragraph, with the definitions of link targets that may stand at its start. */
import { DefinitionReader, type Defined } from "./definition";
import { InlineStream } from "./inline";
import type { Leaf } from "./leaf";
import type { OpenLeaf } from "./line";
import { element, type Context } from "./options";
import { countCells } from "./table-row";

export class Paragraph implements Leaf {
  private made: HTMLElement;
  private inline: InlineStream;
  private ended = false;
  /** The text of the last line. */
  private line = "";
  /** What may be a definition; undefined once the paragraph has words of its own. */
  private definition: DefinitionReader | undefined;
  /** Whether the paragraph has words that are no definition. */
  private worded = false;
  /** Whether the last line began in the section above. */
  private partial = false;

  constructor(
    private readonly parent: HTMLElement,
    private readonly context: Context,
    /** Whether it goes on one in the section above: with its next line, or with the next word of a line. */
    private readonly goesOn?: "line" | "word",
  ) {
    this.made = element("p");
    this.inline = this.begin();
    this.worded = goesOn !== undefined;
    this.partial = goesOn === "word";
  }

  get view(): OpenLeaf {
    // Read only where a line looks like an underline or a row of dashes.
    const { inline, goesOn } = this;
    const words = (): boolean =>
      inline.isWhole && (this.worded || this.definition?.isDefined === false);
    const cells = (): number =>
      words() && this.worded && !this.partial ? countCells(this.line) : 0;
    return {
      kind: "paragraph",
      get heading() {
        return words() && !goesOn;
      },
      get cells() {
        return cells();
      },
    };
  }

  text(text: string): string {
    if (text === "") return "";
    // The break is written with the line after it, so that none is left at the end.
    if (this.ended) {
      this.line = "";
      this.partial = false;
    }
    this.line += text;
    this.take(this.ended ? `\n${text}` : text);
    this.ended = false;
    return "";
  }

  lineEnd(): void {
    this.ended = true;
  }

  end(): void {
    this.decide();
    if (this.worded) this.inline.end();
    else this.made.remove();
  }

  /** Ends the paragraph as the heading that the line below it makes of it. */
  underline(level: number): void {
    this.decide();
    const heading = document.createElement(`h${level}`);
    this.made.before(heading);
    this.inline.moveTo(heading);
    this.made.remove();
    this.inline.end();
  }

  /** Ends the paragraph without its last line, and returns that. */
  withdrawLine(): string {
    const { line } = this;
    if (!this.inline.endWithout(line.length + 1)) this.made.remove();
    return line;
  }

  private begin(): InlineStream {
    this.made.replaceChildren();
    this.parent.append(this.made);
    return new InlineStream(this.made, this.context, () => {
      const next = element("p", "md-continued");
      this.made.after(next);
      return (this.made = next);
    });
  }

  private take(text: string): void {
    for (let at = 0; at < text.length && !this.worded; at += 1) {
      const c = text.charAt(at);
      if (!this.definition) {
        if (c === "\n") continue;
        if (c !== "[") {
          this.word(text.slice(at));
          return;
        }
        if (!this.made.parentElement) this.inline = this.begin();
        this.definition = new DefinitionReader();
      }
      const wasLabel = this.definition.isLabel;
      const found = this.definition.read(c);
      this.context.meter.characters += 1;
      if (wasLabel && found === undefined) {
        // Until its colon comes, it is shown as the text that it probably is.
        if (this.definition.isLabel) this.inline.append(c);
        else this.made.remove();
      }
      if (found) {
        this.found(found, wasLabel ? this.definition.source.slice(-1) : undefined);
        return this.take(text.slice(at + 1));
      }
    }
    if (this.worded) this.inline.append(text);
  }

  /** `shown` is the part of a text that is none that is not on show yet; undefined if all of it. */
  private found(found: Defined | "none", shown?: string): void {
    const source = this.definition?.source ?? "";
    this.definition = undefined;
    if (found === "none") {
      this.word(shown ?? source, shown !== undefined);
      return;
    }
    this.context.references.define(found.label, found.target);
    this.take(source.slice(found.length));
  }

  private word(text: string, goesOn = false): void {
    this.worded = true;
    if (!goesOn) this.inline = this.begin();
    this.inline.append(text);
  }

  /** The paragraph ends: what may still be a definition is one or is none. */
  private decide(): void {
    while (this.definition && !this.worded) {
      const isShown = this.definition.isLabel;
      this.found(this.definition.end(), isShown ? "" : undefined);
    }
  }
}
