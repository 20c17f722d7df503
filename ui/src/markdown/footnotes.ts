/** Where the footnotes of a document are, by label. */
export class Footnotes {
  private readonly elements = new Map<string, HTMLElement>();

  /** `summon` brings the section with a footnote back to the page. */
  constructor(private readonly summon: (label: string) => void = () => undefined) {}

  /** Keeps the first footnote of a label. */
  define(label: string, element: HTMLElement): void {
    if (!this.elements.has(label)) this.elements.set(label, element);
  }

  find(label: string): HTMLElement | undefined {
    if (!this.elements.has(label)) this.summon(label);
    return this.elements.get(label);
  }

  /** Those in `section` have left the page. */
  forget(section: HTMLElement): void {
    for (const [label, element] of this.elements) {
      if (section.contains(element)) this.elements.delete(label);
    }
  }
}
