/** The map of a conversation as rows: each a stretch of messages without a fork, below what forks into it. */
import type { MappedMessage, Stretch } from "../../../backend/generated";

/** One row of the map. */
export interface Row {
  readonly stretch: Stretch;
  /** How many forks lie above it. */
  readonly level: number;
  /** Its place among those that the same fork leads to, from 1. */
  readonly nth: number;
  /** How many that fork leads to. */
  readonly of: number;
  /** Whether it ends with a fork, so that rows stand below it. */
  readonly forks: boolean;
  /** The row above it in the tree; undefined where the conversation begins with it. */
  readonly above: Row | undefined;
}

/** The map's rows, each before those below it. */
export function rowsOf(map: readonly Stretch[]): Row[] {
  const counts = new Map<number | null, number>();
  for (const { above } of map) counts.set(above, (counts.get(above) ?? 0) + 1);
  const seen = new Map<number | null, number>();
  const rows: Row[] = [];
  for (const [place, stretch] of map.entries()) {
    const above = stretch.above === null ? undefined : rows[stretch.above];
    const nth = (seen.get(stretch.above) ?? 0) + 1;
    seen.set(stretch.above, nth);
    rows.push({
      stretch,
      level: above ? above.level + 1 : 0,
      nth,
      of: counts.get(stretch.above) ?? 1,
      forks: counts.has(place),
      above,
    });
  }
  return rows;
}

/** The row's name: the id of its first message. */
export function keyOf({ stretch }: Row): string {
  return stretch.first.id;
}

/** The newest message of a row. */
export function endOf({ stretch }: Row): MappedMessage {
  return stretch.last ?? stretch.first;
}

/** The row with the end of the branch on the screen; `path` are the messages of that which are read. */
export function rowOnScreen(
  rows: readonly Row[],
  head: string | null,
  path: readonly { readonly id: string }[],
): Row | undefined {
  const known = rows.find((row) => endOf(row).id === head);
  if (known) return known;
  // What came since the map was read stands below one that is on it.
  const read = new Set(path.map(({ id }) => id));
  return rows.findLast(({ stretch }) => read.has(stretch.first.id));
}

/** A row and all above it. */
export function wayTo(row: Row | undefined): Set<Row> {
  const way = new Set<Row>();
  for (let at = row; at; at = at.above) way.add(at);
  return way;
}

/** The rows that no folded one hides. */
export function unfolded(rows: readonly Row[], folded: ReadonlySet<string>): Row[] {
  const hidden = new Set<Row>();
  return rows.filter((row) => {
    const { above } = row;
    if (!above || (!hidden.has(above) && !folded.has(keyOf(above)))) return true;
    hidden.add(row);
    return false;
  });
}
