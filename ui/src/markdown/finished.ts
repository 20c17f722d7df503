/** A text whose end has come; it is read once more, as a whole, and again when a label it used is defined. */
import type { Context } from "./options";
import { parseInline } from "./parse";
import { reconcile } from "./reconcile";
import type { Waiting } from "./references";

/** A longer text does not wait: no cell or heading that anybody reads has so many words. */
const WAIT_LIMIT = 16_000;

export class FinishedText implements Waiting {
  constructor(
    private readonly root: HTMLElement,
    private readonly source: string,
    private readonly context: Context,
  ) {}

  get length(): number {
    return this.source.length;
  }

  /** Makes the nodes what the text says; labels without a definition are waited for. */
  settle(): void {
    const { source, root, context } = this;
    context.meter.characters += source.length;
    const { nodes, missing } = parseInline(source, (label) => context.references.find(label));
    reconcile(root, nodes, context);
    if (source.length <= WAIT_LIMIT) context.references.wait(this, missing);
  }
}
