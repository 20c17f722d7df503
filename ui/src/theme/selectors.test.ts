import { expect, test } from "vitest";

const styled = import.meta.glob<string>("../**/*.{svelte,css}", {
  query: "?raw",
  import: "default",
  eager: true,
});

/**
 * With any selector that has `:has()`, WebKitGTK 2.50 keeps some 40 KB for good each time an element gets
 * the focus and is removed afterwards: a panel that is opened and closed, again and again.
 */
test("no style asks what an element has in it", () => {
  const sources = Object.entries(styled);
  expect(sources.length).toBeGreaterThan(50);
  const asking = sources.filter(([, source]) => source.includes(":has("));
  expect(asking.map(([file]) => file)).toEqual([]);
});
