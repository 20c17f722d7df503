/** Where the focus goes in a list, when what has it is taken away. */
import { tick } from "svelte";

/** Gives it to a place below `root`, once that is on the page. */
export async function focusOn(root: Element | undefined, place: string): Promise<void> {
  await tick();
  root?.querySelector<HTMLElement>(place)?.focus();
}

/**
 * Takes away the row of a list that a button stands in. The focus goes to the same button of the row
 * that stands there then, or of the one before it, or else to the place `otherwise` below `root`.
 */
export async function takeRow(
  button: HTMLElement,
  take: () => Promise<unknown>,
  root: Element | undefined,
  otherwise: string,
): Promise<void> {
  const row = button.closest("li");
  const list = row?.parentElement;
  const { testid = "" } = button.dataset;
  const rows = (): Element[] => [...(list?.isConnected ? list.children : [])];
  const at = row ? rows().indexOf(row) : 0;
  await take();
  await tick();
  // What stands in the place of one that was not taken is itself.
  const next = rows()[at] ?? rows().at(-1);
  const same = next?.querySelector<HTMLElement>(`[data-testid="${testid}"]:enabled`);
  if (same) same.focus();
  else await focusOn(root, otherwise);
}
