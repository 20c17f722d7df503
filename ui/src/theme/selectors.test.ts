/** What a style must not do, for what the engine makes of it. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const files = Object.keys(import.meta.glob("../**/*.{svelte,css}"));
const sources = files.map((file) => [
  file,
  readFileSync(new URL(file, import.meta.url), "utf8"),
]) as [string, string][];

function filesWith(pattern: RegExp, except = "/none"): string[] {
  expect(sources.length).toBeGreaterThan(50);
  const having = sources.filter(([file, source]) => !file.endsWith(except) && pattern.test(source));
  return having.map(([file]) => file);
}

/**
 * With any selector that has `:has()`, WebKitGTK 2.50 keeps some 40 KB for good each time an element gets
 * the focus and is removed afterwards: a panel that is opened and closed, again and again.
 */
test("no style asks what an element has in it", () => {
  expect(filesWith(/:has\(/)).toEqual([]);
});

/** See `variables.ts`. */
test("no variable is set for a part of the page", () => {
  expect(filesWith(/^\s*--[\w-]+:|style:--/m, "/tokens.css")).toEqual([]);
  const tokens = sources.find(([file]) => file.endsWith("/tokens.css"))?.[1] ?? "";
  const places = [...tokens.matchAll(/^\s*([^@\s].*) \{$/gm)].map(([, place]) => place);
  expect(places.length).toBeGreaterThan(3);
  expect(places.filter((place) => !place?.startsWith(":root"))).toEqual([]);
});
