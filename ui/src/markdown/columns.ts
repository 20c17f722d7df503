/** Columns whose widths are set for good, so that a table can stand in several elements. */
import { element } from "./options";

export interface Columns {
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
    const columns = element("colgroup");
    for (const share of shares) {
      const column = element("col");
      column.style.width = `${share}%`;
      columns.append(column);
    }
    table.prepend(columns);
  };
  frame.role = "table";
  fix(first);
  for (const [name, role] of Object.entries(ROLES)) {
    for (const part of first.querySelectorAll(name)) part.role = role;
  }
  return {
    table() {
      const made = element("table");
      fix(made);
      return made;
    },
  };
}
