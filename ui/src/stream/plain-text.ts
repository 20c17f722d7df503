/**
 * Shows text verbatim in blocks of bounded length, so that a browser lays out and paints the end
 * that grows and not all that came before it.
 */
import type { TextSink } from "./live-text";

/** From so many characters on, a block ends with its line. */
export const BLOCK_LENGTH = 2048;
/** A line without end is cut at the first space after so many characters, */
export const LINE_LENGTH = 8192;
/** and in the middle of a word after so many. */
export const WORD_LENGTH = 16384;

/** So many blocks are skipped together: a browser looks at each part that it may skip in each frame. */
export const SECTION_BLOCKS = 16;

/** About as much as stands in a line, for the height of a block that was never laid out. */
const COLUMNS = 90;
/** The height of a line in CSS pixels, for the same. */
const LINE_HEIGHT = 20;

/** Grows `host`, which is or stands in a block that keeps white space. */
export class PlainText implements TextSink {
  readonly #host: HTMLElement;
  /**
   * The last block. It has one text node and nothing around that: WebKit lays out the changed lines
   * of a text that stands directly in a block, and all lines of one within an inline element.
   */
  #open: Text | null = null;
  /** The length of the last block. */
  #length = 0;
  /** What the last block stands in. */
  #section: HTMLElement | null = null;
  /** The lines in the last section, as far as they can be known without a layout. */
  #lines = 0;

  constructor(host: HTMLElement) {
    this.#host = host;
    host.addEventListener("copy", copyVerbatim);
  }

  append(text: string): void {
    let at = 0;
    while (at < text.length) {
      const end = this.#endOfBlock(text, at);
      if (end !== at) this.#write(text.slice(at, end ?? text.length));
      if (end === null) return;
      this.#close();
      at = end;
    }
  }

  /** What follows the text stands in its last line, and not below it. */
  end(): void {
    const block = this.#open?.parentElement;
    if (block) block.className = "";
    // Blocks within something inline stand below each other all the same.
    if (block && this.#section) this.#section.className = "";
  }

  /** Takes everything off the page again. */
  remove(): void {
    this.#host.removeEventListener("copy", copyVerbatim);
    this.#host.replaceChildren();
    this.#open = null;
    this.#section = null;
  }

  /** Where in `text` the open block ends; null where all of the rest belongs to it. */
  #endOfBlock(text: string, from: number): number | null {
    const length = this.#open ? this.#length : 0;
    // Places in `text` at which the open block has reached its lengths.
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

  #write(text: string): void {
    if (this.#open) {
      this.#open.appendData(text);
      this.#length += text.length;
      return;
    }
    if (!this.#section) {
      this.#section = document.createElement("span");
      this.#section.className = "plain-block";
      this.#host.append(this.#section);
      this.#lines = 0;
    }
    const block = document.createElement("span");
    block.className = "plain-block";
    this.#open = document.createTextNode(text);
    block.append(this.#open);
    this.#section.append(block);
    this.#length = text.length;
  }

  /** Nothing is added to the block any more, and the browser skips a full section out of view. */
  #close(): void {
    if (!this.#open || !this.#section) return;
    const breaks = this.#open.data.split("\n").length - 1;
    this.#lines += Math.max(breaks, Math.ceil(this.#length / COLUMNS));
    this.#open = null;
    if (this.#section.children.length < SECTION_BLOCKS) return;
    this.#section.classList.add("plain-closed");
    this.#section.style.containIntrinsicSize = `auto ${this.#lines * LINE_HEIGHT}px`;
    this.#section = null;
  }
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
