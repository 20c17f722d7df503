/**
 * Shows text verbatim in blocks of bounded length, so that a browser lays out and paints the end
 * that grows and not all that came before it; and in sections, of which those far from the view are
 * not on the page.
 */
import type { TextSink } from "./live-text";
import { estimateHeight, Section, type Content } from "./section";
import { Viewport, type Sectioned } from "./viewport";

/** From so many characters on, a block ends with its line. */
export const BLOCK_LENGTH = 2048;
/** A line without end is cut at the first space after so many characters, */
export const LINE_LENGTH = 8192;
/** and in the middle of a word after so many. */
export const WORD_LENGTH = 16384;

/** So many blocks come to the page and leave it together. */
export const SECTION_BLOCKS = 4;

/** The text of a section, and the blocks that show it while it is on the page. */
class Blocks implements Content {
  source = "";
  #host: HTMLElement | null = null;
  /**
   * The last block. It has one text node and nothing around that: WebKit lays out the changed lines
   * of a text that stands directly in a block, and all lines of one within an inline element.
   */
  #open: Text | null = null;
  /** The length of the last block. */
  #length = 0;
  #count = 0;

  /** Takes what of `text` belongs to the section; gives where that ends, null where it may go on. */
  append(text: string, from: number): number | null {
    for (let at = from; at < text.length;) {
      const end = endOfBlock(text, at, this.#length);
      const piece = text.slice(at, end ?? text.length);
      this.source += piece;
      this.#length += piece.length;
      if (this.#host && piece !== "") this.#write(this.#host, piece);
      if (end === null) return null;
      this.#open = null;
      this.#length = 0;
      this.#count += 1;
      at = end;
      if (this.#count === SECTION_BLOCKS) return at;
    }
    return null;
  }

  fill(host: HTMLElement): void {
    const { source } = this;
    this.source = "";
    this.#length = 0;
    this.#count = 0;
    this.#host = host;
    this.append(source, 0);
  }

  left(): void {
    this.#host = null;
    this.#open = null;
  }

  #write(host: HTMLElement, text: string): void {
    if (this.#open) {
      this.#open.appendData(text);
      return;
    }
    const block = document.createElement("span");
    block.className = "plain-block";
    this.#open = document.createTextNode(text);
    block.append(this.#open);
    host.append(block);
  }
}

/** Grows `host`, which is or stands in a block that keeps white space. */
export class PlainText implements TextSink, Sectioned {
  readonly #host: HTMLElement;
  readonly #viewport: Viewport | undefined;
  /** Those that are full; the last one stays on the page. */
  readonly sections: Section[] = [];
  #last: { element: HTMLElement; blocks: Blocks; shown: boolean } | null = null;

  constructor(host: HTMLElement) {
    this.#host = host;
    this.#viewport = Viewport.around(host);
    this.#viewport?.add(this, host);
    host.addEventListener("copy", copyVerbatim);
  }

  append(text: string): void {
    for (let at = 0; at < text.length;) {
      const last = (this.#last ??= this.#begin());
      const end = last.blocks.append(text, at);
      // One that begins and ends in the same piece is shown only if it comes near the view.
      const away = !last.shown && end !== null && this.#viewport !== undefined;
      if (!last.shown && !away) {
        last.blocks.fill(last.element);
        last.shown = true;
      }
      if (end === null) return;
      this.#close(away);
      at = end;
    }
  }

  /** What follows the text stands in its last line, and not below it. */
  end(): void {
    // Blocks within something inline stand below each other all the same.
    const element = this.#last?.element;
    if (element) element.className = "";
    if (element?.lastElementChild) element.lastElementChild.className = "";
  }

  /** Takes everything off the page again. */
  remove(): void {
    this.#viewport?.remove(this);
    this.#host.removeEventListener("copy", copyVerbatim);
    this.#host.replaceChildren();
    this.#last = null;
  }

  #begin(): { element: HTMLElement; blocks: Blocks; shown: boolean } {
    const element = document.createElement("span");
    element.className = "plain-block";
    this.#host.append(element);
    return { element, blocks: new Blocks(), shown: false };
  }

  #close(away: boolean): void {
    if (!this.#last) return;
    const { element, blocks } = this.#last;
    const section = new Section(element, blocks, away ? estimateHeight(blocks.source) : null);
    this.sections.push(section);
    if (!away) this.#viewport?.watch(this, section);
    this.#viewport?.changed();
    this.#last = null;
  }
}

/** Where in `text` a block of so many characters ends; null where all of the rest belongs to it. */
function endOfBlock(text: string, from: number, length: number): number | null {
  // Places in `text` at which the block has reached its lengths.
  const reached = (limit: number): number => Math.max(from, from + limit - length);
  const line = text.indexOf("\n", reached(BLOCK_LENGTH));
  const space = text.indexOf(" ", reached(LINE_LENGTH));
  const word = reached(WORD_LENGTH);
  // Both halves of a pair stay together, and the second may be in the next piece.
  let end = /[\udc00-\udfff]/.test(text.charAt(word)) ? word + 1 : word;
  if (end >= text.length) end = Infinity;
  if (space >= 0) end = Math.min(end, space + 1);
  if (line >= 0) end = Math.min(end, line + 1);
  return end <= text.length ? end : null;
}

/** Where a block ends within a line, the browser would copy a line break that is not in the text. */
function copyVerbatim(event: ClipboardEvent): void {
  const selection = document.getSelection();
  const host = event.currentTarget;
  if (!selection || selection.isCollapsed || !(host instanceof HTMLElement)) return;
  const range = selection.getRangeAt(0);
  if (!event.clipboardData || !host.contains(range.commonAncestorContainer)) return;
  event.clipboardData.setData("text/plain", range.toString());
  event.preventDefault();
}
