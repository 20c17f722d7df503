/** Cuts a long conversation into pieces, of which those above the view come to the page as they are read. */

/** Messages in a piece. Pieces count from the first message, so that none changes as more follow. */
export const PIECE = 10;

/** Splits into pieces of {@link PIECE}; the last may be shorter. */
export function pieces<T>(all: readonly T[]): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < all.length; at += PIECE) result.push(all.slice(at, at + PIECE));
  return result;
}
