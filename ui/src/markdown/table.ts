/** A table whose rows and cells appear as they are written. */
import { fixedColumns, type Columns, type ContinuedTable } from "./columns";
import type { ContinuedBlock } from "./continuation";
import { InlineStream } from "./inline";
import type { Leaf } from "./leaf";
import type { OpenLeaf } from "./line";
import { element, type Context } from "./options";
import { countCells, type Alignment } from "./table-row";

/**
 * A browser lays out a whole table for each letter in it. After so many rows it goes on in another
 * element with the same columns, and is one table to assistive technology all the same.
 */
const CHUNK_ROWS = 32;

export class Table implements Leaf {
  private readonly frame = element("div", "md-table");
  /** The element that takes rows now. */
  private table = element("table");
  private fixed: Columns | undefined;
  private body: HTMLElement | undefined;
  private columns: readonly Alignment[] = [];
  private row: HTMLElement | undefined;
  private cell: InlineStream | undefined;
  private escaped = false;
  /** Whether white space is skipped, as at the start of a cell. */
  private skipping = true;
  private cells = 0;
  /** Whether the bar in front of the first cell has been read. */
  private barred = false;
  private header = "";

  /** `continued`: it has begun in a section above. */
  constructor(
    parent: HTMLElement,
    private readonly context: Context,
    private continued?: ContinuedTable,
  ) {
    this.frame.tabIndex = 0;
    parent.append(this.frame);
    if (continued) {
      this.columns = continued.alignments;
      continued.join(this.frame);
      this.fixed = continued.columns;
      this.goOn(this.fixed?.table() ?? this.table);
      return;
    }
    this.frame.append(this.table);
    const head = element("thead");
    this.table.append(head);
    this.rowStart(head);
  }

  get view(): OpenLeaf {
    const { header } = this;
    return {
      kind: "table",
      headed: this.body !== undefined,
      get cells() {
        return countCells(header);
      },
    };
  }

  /** The second line has come: this is a table. */
  confirm(columns: Alignment[]): void {
    this.columns = columns;
    [...this.table.querySelectorAll("th")].forEach((cell, index) => this.align(cell, index));
    this.body = element("tbody");
    this.header = "";
  }

  /** The second line was something else: removes the table and returns its text. */
  withdraw(): string {
    this.frame.remove();
    return this.header;
  }

  get isConfirmed(): boolean {
    return this.body !== undefined;
  }

  rowStart(parent?: HTMLElement): void {
    if (this.body && this.body.childElementCount >= CHUNK_ROWS) this.nextChunk();
    this.row = element("tr");
    if (this.fixed) this.row.role = "row";
    if (this.body && !this.body.parentElement) this.table.append(this.body);
    (parent ?? this.body)?.append(this.row);
    this.cells = 0;
    this.barred = false;
  }

  text(text: string): string {
    this.context.meter.characters += text.length;
    if (!this.body) this.header += text;
    let from = 0;
    for (let at = 0; at < text.length; at += 1) {
      const c = text.charAt(at);
      if (this.escaped) {
        // Only an escaped bar is the table's; every other escape is the cell's.
        this.escaped = false;
        this.grow(c === "|" ? "|" : `\\${c}`);
        from = at + 1;
      } else if (c === "\\" || c === "|") {
        this.grow(text.slice(from, at));
        from = at + 1;
        if (c === "|") this.cellEnd();
        else this.escaped = true;
      }
    }
    this.grow(text.slice(from));
    return "";
  }

  lineEnd(): void {
    if (this.escaped) this.grow("\\");
    this.escaped = false;
    if (this.cell) this.cellEnd();
    // Missing cells keep the grid whole.
    while (this.body && this.cells < this.columns.length) this.cellStart();
    this.cell = undefined;
    this.skipping = true;
  }

  cutOff(block: ContinuedBlock | undefined): void {
    if (block?.kind !== "table") return;
    this.continued = block.table;
    block.table.join(this.frame);
  }

  end(): void {
    if (this.cell) this.lineEnd();
    const { continued, frame } = this;
    if (!continued) return;
    const { fixed } = this;
    this.fix();
    // Another section was laid out first.
    if (this.fixed && this.fixed !== fixed) {
      for (const table of frame.querySelectorAll("table")) this.fixed.set(frame, table);
    }
    continued.align(frame);
  }

  /** Whether the row has all its cells; more than the header has are left out (GFM 0.29, 4.10). */
  private get isFull(): boolean {
    return this.body !== undefined && this.cells >= this.columns.length;
  }

  private grow(text: string): void {
    const written = this.skipping ? text.trimStart() : text;
    if (written === "") return;
    if (!this.cell && this.isFull) return;
    if (!this.cell) this.cellStart();
    this.skipping = false;
    this.cell?.append(written);
  }

  /** Goes on in another element, if the widths of the columns are known by now. */
  private nextChunk(): void {
    this.fix();
    if (this.fixed) this.goOn(this.fixed.table());
  }

  /** Takes the widths of the columns, those of the whole table where they are known. */
  private fix(): void {
    this.fixed = this.continued?.columns ?? this.fixed ?? fixedColumns(this.frame, this.table);
    if (this.continued) this.continued.columns ??= this.fixed;
  }

  private goOn(table: HTMLTableElement): void {
    const { dir } = this.table;
    this.table = table;
    if (dir !== "") table.dir = dir;
    this.body = element("tbody");
    if (this.fixed) {
      this.body.role = "rowgroup";
      this.frame.role = "table";
    }
    this.frame.append(table);
    this.continued?.direct(table);
  }

  private cellStart(): void {
    const made = element(this.body ? "td" : "th");
    if (this.fixed) made.role = "cell";
    this.align(made, this.cells);
    this.row?.append(made);
    this.cells += 1;
    this.cell = new InlineStream(made, this.context);
  }

  private cellEnd(): void {
    // The bar in front of the first cell ends nothing; a bar after a bar ends an empty cell.
    if (!this.cell && this.barred && !this.isFull) this.cellStart();
    this.barred = true;
    this.cell?.end();
    this.cell = undefined;
    this.skipping = true;
  }

  private align(cell: HTMLElement, index: number): void {
    const alignment = this.columns[index] ?? "none";
    if (alignment !== "none") cell.classList.add(`md-${alignment}`);
  }
}
