/** What the app decides about rendered Markdown: its words, and what leaves the page. */
import type { Alert } from "./begin";
import type { Footnotes } from "./footnotes";
import type { References, Targets } from "./references";

/** Every word that the renderer itself puts on the screen. */
export interface MarkdownLabels {
  copy: string;
  copied: string;
  /** Label of a code block whose fence names no language. */
  plainCode: string;
  /** Chip in place of an image, which is never loaded. `host` is empty for a target without one. */
  image(alt: string, host: string): string;
  footnote(label: string): string;
  /** Why a formula stands there as its source. */
  longFormula: string;
  /** Title of a quote that is marked as a note, a warning and so on. */
  alert(kind: Alert): string;
}

export interface MarkdownOptions {
  /** Opens a target of http, https or mailto; nothing is ever navigated to by the page itself. */
  onLink(url: string): void;
  /** Puts the source of a code block on the clipboard. */
  copy?(text: string): Promise<void>;
  /** Called once for each finished code block; may replace the children of `code` later. */
  highlight?(code: HTMLElement, source: string, language: string): void;
  /** Called once for each finished formula; may replace the children of `element` later. */
  formula?(element: HTMLElement, tex: string, display: boolean): void;
  labels?: MarkdownLabels;
}

/** How many characters were looked at, so that tests can prove that no answer is read twice. */
export interface Meter {
  characters: number;
}

/** What all sections of one document share. */
export interface Shared {
  readonly options: MarkdownOptions;
  readonly labels: MarkdownLabels;
  readonly meter: Meter;
  readonly footnotes: Footnotes;
  readonly targets: Targets;
}

/** What every part of one section shares. */
export interface Context extends Shared {
  /** The targets that `[label]: target` defines, and the texts that wait for them. */
  readonly references: References;
}

/** Makes an element of this document with one class and, if given, text. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className = "",
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.append(text);
  return made;
}
