import { afterEach, expect, test, vi } from "vitest";
import { rendered } from "./fixture";

const table = (rows: number): string =>
  `| a | b |\n|---|--:|\n${"| *one* | 2 |\n".repeat(rows)}\nafter`;

afterEach(() => vi.restoreAllMocks());

/** A layout in which each table is 400 pixels wide, of which the first column has 100. */
function laidOut(): void {
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    const width = this.tagName === "TABLE" ? 400 : this.previousElementSibling ? 300 : 100;
    return new DOMRect(0, 0, width, 20);
  });
}

test("a long table stands in several elements with the same columns", () => {
  laidOut();
  const root = rendered(table(100));
  const tables = [...root.querySelectorAll("table")];
  expect(tables.map(({ rows }) => rows.length)).toEqual([33, 32, 32, 4]);
  for (const one of tables) {
    const widths = [...one.querySelectorAll("col")].map(({ style }) => style.width);
    expect(widths).toEqual(["25%", "75%"]);
    expect(one.style.width).toBe(tables[0]?.style.width);
  }
  expect(root.querySelectorAll("td em")).toHaveLength(100);
  expect(root.querySelectorAll("td.md-right")).toHaveLength(100);
});

test("to assistive technology it is one table", () => {
  laidOut();
  const root = rendered(table(100));
  const [frame] = root.querySelectorAll(".md-table");
  expect(frame?.role).toBe("table");
  const roles = (selector: string): Set<string | null> =>
    new Set([...root.querySelectorAll(selector)].map(({ role }) => role));
  expect(roles("table")).toEqual(new Set(["presentation"]));
  expect(roles("thead, tbody")).toEqual(new Set(["rowgroup"]));
  expect(roles("tr")).toEqual(new Set(["row"]));
  expect(roles("th")).toEqual(new Set(["columnheader"]));
  expect(roles("td")).toEqual(new Set(["cell"]));
});

test("a table that is short, or that no layout has seen, stands in one", () => {
  expect(rendered(table(100)).querySelectorAll("table")).toHaveLength(1);
  laidOut();
  const root = rendered(table(30));
  expect(root.querySelectorAll("table")).toHaveLength(1);
  expect(root.querySelector("[role]")).toBeNull();
});
