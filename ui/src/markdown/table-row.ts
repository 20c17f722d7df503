/** Rows of tables as text (GFM 0.29, 4.10). */

export type Alignment = "none" | "left" | "center" | "right";

const DELIMITER_ROW = /^\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?$/;

/** The columns that a row of dashes sets, if the text is one. */
export function delimiterRow(text: string): Alignment[] | undefined {
  const row = text.trim();
  if (!DELIMITER_ROW.test(row)) return undefined;
  const cells = row.replace(/^\|/, "").replace(/\|$/, "").split("|");
  return cells.map((cell) => alignmentOf(cell.trim()));
}

function alignmentOf(cell: string): Alignment {
  if (cell.startsWith(":")) return cell.endsWith(":") ? "center" : "left";
  return cell.endsWith(":") ? "right" : "none";
}

/** How many cells a line has; none without a bar. */
export function countCells(line: string): number {
  const row = line.trim();
  let bars = 0;
  let last = -1;
  for (let at = 0; at < row.length; at += 1) {
    if (row[at] === "\\") at += 1;
    else if (row[at] === "|") {
      bars += 1;
      last = at;
    }
  }
  if (bars === 0) return 0;
  return bars + 1 - (row[0] === "|" ? 1 : 0) - (last === row.length - 1 && last > 0 ? 1 : 0);
}
