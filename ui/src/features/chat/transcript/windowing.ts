/**
 * Which part of a long conversation is on the page: pieces near what is read come to it, and what
 * is far from that leaves it.
 */

/** Messages in a piece. */
export const PIECE = 5;
/** So many pieces are on the page where a conversation opens: a screenful of short messages, too. */
export const FIRST = 3;
/** So many come to it at once. */
const STEP = 2;
/** With more than so many on the page those at the other end leave it. */
export const MOST = 16;

/** Neighbours in a conversation. The key says where it stands; the keys of neighbours follow each other. */
export interface Piece<T> {
  key: number;
  items: T[];
}

/**
 * Cuts into pieces. `place` is that of the first; cuts are at fixed places, so that no piece
 * changes its key as more are read above, or follow below.
 */
export function pieces<T>(all: readonly T[], place: number): Piece<T>[] {
  const result: Piece<T>[] = [];
  all.forEach((item, index) => {
    const key = Math.floor((place + index) / PIECE);
    const last = result.at(-1);
    if (last?.key === key) last.items.push(item);
    else result.push({ key, items: [item] });
  });
  return result;
}

/** The keys of the first and of the last piece on the page; Infinity is the end, whatever comes. */
export interface Shown {
  from: number;
  to: number;
}

/** The end of a conversation whose last piece has that key. */
export function atEnd(last: number): Shown {
  return { from: last - FIRST + 1, to: Infinity };
}

/** The surroundings of a piece. */
export function around(key: number, last: number): Shown {
  return { from: key - 1, to: key + STEP >= last ? Infinity : key + STEP };
}

/** More above. */
export function upwards({ from, to }: Shown): Shown {
  return { from: from - STEP, to };
}

/** More below, up to a last piece with that key. */
export function downwards({ from, to }: Shown, last: number): Shown {
  return { from, to: to + STEP >= last ? Infinity : to + STEP };
}

/** Leaves away what is far below the first pieces; the last piece has that key. */
export function withoutEnd({ from, to }: Shown, last: number): Shown {
  return { from, to: Math.min(to, last) - from < MOST ? to : from + MOST - 1 };
}

/** Leaves away what is far above the last pieces. */
export function withoutBeginning({ from, to }: Shown, last: number): Shown {
  return { from: Math.max(from, Math.min(to, last) - MOST + 1), to };
}
