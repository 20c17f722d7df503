/** Columns whose widths are set for good, so that a table can stand in several elements. */
import { setDirection, type Direction } from "./direction";
import { element } from "./options";
import type { Alignment } from "./table-row";

export interface Columns {
  /** Sets them in a table of that frame, whatever it had before. */
  set(frame: HTMLElement, table: HTMLTableElement): void;
  /** Makes an element with these columns that goes on with the table. */
  table(): HTMLTableElement;
}

/** The roles that the parts of a table have by themselves, and lose in a table of several elements. */
const ROLES = { thead: "rowgroup", tbody: "rowgroup", tr: "row", th: "columnheader", td: "cell" };

/** Rows that follow may need more room than those that were measured. */
const ROOM = 1.2;

/** Sets the widths that the columns have now; undefined where they have none, as on no page. */
export function fixedColumns(frame: HTMLElement, first: HTMLTableElement): Columns | undefined {
  const { width } = first.getBoundingClientRect();
  if (width === 0) return undefined;
  const cells = [...(first.rows[0]?.cells ?? [])];
  const shares = cells.map((cell) => (cell.getBoundingClientRect().width / width) * 100);
  // A table that fits becomes narrower with the window; one that scrolls sideways stays as it is.
  const size = width > frame.clientWidth ? `${width}px` : `min(100%, ${width * ROOM}px)`;
  const fix = (table: HTMLTableElement): void => {
    table.classList.add("md-fixed");
    table.style.width = size;
    table.role = "presentation";
    table.querySelector("colgroup")?.remove();
    const columns = element("colgroup");
    for (const share of shares) {
      const column = element("col");
      column.style.width = `${share}%`;
      columns.append(column);
    }
    table.prepend(columns);
  };
  const columns: Columns = {
    set(frame, table) {
      frame.role = "table";
      fix(table);
      for (const [name, role] of Object.entries(ROLES)) {
        for (const part of table.querySelectorAll(name)) part.role = role;
      }
    },
    table() {
      const made = element("table");
      fix(made);
      return made;
    },
  };
  columns.set(frame, first);
  return columns;
}

/** A table that stands in several sections: where they meet, nothing shows that. */
export class ContinuedTable {
  /** As they were where one of the sections was laid out first. */
  columns: Columns | undefined;
  private readonly frames = new Set<HTMLElement>();
  /** How far it is scrolled sideways, in CSS pixels. */
  private left = 0;

  /** `direction` is that of its header; undefined where that has no letters. */
  constructor(
    readonly alignments: readonly Alignment[],
    private readonly direction: Direction | undefined,
  ) {}

  /** Takes the frame of a section, which scrolls with the others. */
  join(frame: HTMLElement): void {
    if (this.frames.has(frame)) return;
    this.frames.add(frame);
    frame.classList.add("md-joined");
    frame.addEventListener("scroll", () => this.scroll(frame.scrollLeft));
  }

  /** Gives a table of it the direction of all of it. */
  direct(table: HTMLTableElement): void {
    if (!this.direction) return;
    if (table.dir === "") table.dir = this.direction;
    setDirection(table, this.direction);
  }

  /** Scrolls a frame that has its rows to where the others are. */
  align(frame: HTMLElement): void {
    if (this.left !== 0) frame.scrollLeft = this.left;
  }

  private scroll(left: number): void {
    this.left = left;
    for (const frame of this.frames) {
      if (!frame.isConnected) this.frames.delete(frame);
      else if (frame.scrollLeft !== left) frame.scrollLeft = left;
    }
  }
}
