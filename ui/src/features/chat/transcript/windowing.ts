/** Cuts a long conversation into pieces, so that only those near the view are laid out. */
import type { Attachment } from "svelte/attachments";

/** Messages in a piece. Pieces count from the first message, so that none changes as more follow. */
export const PIECE = 10;

/** Splits into pieces of {@link PIECE}; the last may be shorter. */
export function pieces<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += PIECE) result.push(all.slice(at, at + PIECE));
  return result;
}

/**
 * Lets the browser skip the piece while it is out of view. Its height is measured first, so that
 * skipping and drawing it never moves anything.
 */
export function skippable(growing: boolean): Attachment<HTMLElement> {
  return (piece) => {
    if (growing) return;
    const sizes = new ResizeObserver(([entry]) => {
      if (!entry || entry.contentRect.height === 0) return;
      sizes.disconnect();
      piece.style.containIntrinsicSize = `auto ${entry.contentRect.height}px`;
      piece.style.contentVisibility = "auto";
    });
    sizes.observe(piece);
    return () => {
      sizes.disconnect();
      piece.style.contentVisibility = "";
      piece.style.containIntrinsicSize = "";
    };
  };
}
