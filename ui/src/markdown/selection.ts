/** Keeps a reader's selection from being dropped by a late improvement of the text below it. */

/** Runs at once, or as soon as no selection touches `target`. */
export function whenUnselected(target: HTMLElement, run: () => void): void {
  const selection = document.getSelection();
  if (!selection || selection.isCollapsed || !selection.containsNode(target, true)) {
    run();
    return;
  }
  document.addEventListener("selectionchange", () => whenUnselected(target, run), { once: true });
}
