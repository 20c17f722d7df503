/**
 * Markdown of any length: cut into sections that are read each by itself, of which only those near
 * the view are on the page. The same text gives the same sections however it was cut into pieces.
 */
import { estimateHeight, Section, type Content } from "../stream/section";
import type { TextSink } from "../stream/live-text";
import { Viewport, type Sectioned } from "../stream/viewport";
import { classesOf, type ContinuedBlock, type Continuation } from "./continuation";
import { Footnotes } from "./footnotes";
import { element, type MarkdownOptions, type Shared } from "./options";
import { Seams, type Cut } from "./seams";
import { MarkdownStream, sharedBy } from "./stream";

/** What may define a target or a footnote: its section is read even if it is far from the view. */
const DEFINITION = /^[ >]*(?:(?:[-*+]|\d+[.)])[ \t]+)*\[(?!\^)[^\]\n]+\]:/m;
const FOOTNOTE = /^[ >]*(?:(?:[-*+]|\d+[.)])[ \t]+)*\[\^([^\]\[\s]{1,64})\]:/gm;

/** A section's text, and what reads it. */
class Part implements Content {
  source = "";
  stream: MarkdownStream | undefined;
  /** Whether no more of it comes. */
  private whole = false;
  /** What of it the next section goes on with. */
  private goesOn: ContinuedBlock | undefined;

  constructor(
    private readonly shared: Shared,
    private readonly continues: Continuation | undefined,
  ) {}

  append(text: string): void {
    this.source += text;
    this.stream?.append(text);
  }

  begin(host: HTMLElement): void {
    this.stream = this.streamTo(host, this.shared);
  }

  close(goesOn: ContinuedBlock | undefined): void {
    this.whole = true;
    this.goesOn = goesOn;
    this.stream?.close(goesOn);
  }

  fill(host: HTMLElement): void {
    this.begin(host);
    this.stream?.append(this.source);
    if (this.whole) this.stream?.close(this.goesOn);
  }

  /** Reads it for the targets that it defines alone. */
  define(): void {
    const options = { onLink: () => undefined };
    const stream = this.streamTo(element("div"), { ...this.shared, options });
    stream.append(this.source);
    stream.close();
    stream.leave();
  }

  left(): void {
    this.stream?.leave();
    this.stream = undefined;
  }

  private streamTo(host: HTMLElement, shared: Shared): MarkdownStream {
    const stream = new MarkdownStream(host, shared);
    if (this.continues) stream.goOn(this.continues);
    return stream;
  }
}

export class SectionedMarkdown implements TextSink, Sectioned {
  /** Those that are whole. */
  readonly sections: Section[] = [];
  private readonly parts: Part[] = [];
  private open: { part: Part; section: Section } | undefined;
  private readonly shared: Shared;
  private readonly viewport: Viewport | undefined;
  /** The sections with footnotes, by label. */
  private readonly notes = new Map<string, Section>();

  constructor(
    private readonly host: HTMLElement,
    options: MarkdownOptions,
    private readonly seams = new Seams(),
  ) {
    host.classList.add("markdown");
    this.shared = sharedBy(options, new Footnotes((label) => this.notes.get(label)?.fill()));
    this.viewport = Viewport.around(host);
    this.viewport?.add(this, host);
  }

  append(piece: string): void {
    this.take(this.seams.next(piece.replaceAll("\r", "").replaceAll("\0", "\ufffd")));
  }

  /** No more text follows. */
  end(): void {
    this.take(this.seams.end());
    this.close();
    for (const { stream } of this.parts) stream?.finish();
  }

  /** Takes everything off the page. */
  remove(): void {
    this.viewport?.remove(this);
    this.host.replaceChildren();
  }

  private take({ text, seams }: Cut): void {
    if (text === "") return;
    if (this.parts.length === 0) seams.unshift({ at: 0, continues: undefined });
    this.open?.part.append(text.slice(0, seams[0]?.at));
    seams.forEach(({ at, continues }, index) => {
      const next = seams[index + 1]?.at;
      this.begin(text.slice(at, next), continues, next === undefined);
    });
    if (seams.length > 0) this.viewport?.changed();
  }

  /** Begins a section; all but the last of a piece are on the page only if they come near the view. */
  private begin(text: string, continues: Continuation | undefined, isLast: boolean): void {
    this.close(continues?.block);
    const made = element("div", classesOf(continues));
    const part = new Part(this.shared, continues);
    const away = !isLast && this.viewport !== undefined;
    this.host.append(made);
    if (!away) part.begin(made);
    part.append(text);
    this.open = { part, section: new Section(made, part, away ? estimateHeight(text) : null) };
    this.parts.push(part);
  }

  /** The last section is whole; `goesOn` is what of it the next one goes on with. */
  private close(goesOn?: ContinuedBlock): void {
    if (!this.open) return;
    const { part, section } = this.open;
    this.open = undefined;
    part.close(goesOn);
    this.sections.push(section);
    if (section.filled) this.viewport?.watch(this, section);
    if (!part.source.includes("]:")) return;
    for (const [, label = ""] of part.source.matchAll(FOOTNOTE)) {
      if (!this.notes.has(label)) this.notes.set(label, section);
    }
    if (!section.filled && DEFINITION.test(part.source)) part.define();
  }
}
