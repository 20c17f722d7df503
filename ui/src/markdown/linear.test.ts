import { expect, test } from "vitest";
import { answer, pieces } from "./fixture";
import { MarkdownStream } from "./stream";

/** How often each character of a text is looked at when it arrives in pieces of one size. */
function effort(text: string, size: number): number {
  const stream = new MarkdownStream(document.createElement("div"), { onLink: () => {} });
  for (const piece of pieces(text, size)) stream.append(piece);
  stream.end();
  return stream.lexed / text.length;
}

const grown = (unit: string, length: number): string =>
  unit.repeat(Math.ceil(length / unit.length)).slice(0, length);

const shapes: [string, string, number][] = [
  ["an answer with everything in it", answer + "\n\n", 10],
  ["one very long paragraph", "many plain words and **bold** ones, ", 4],
  ["one very long line without a space", "x", 4],
  ["a long list", "- an item with `code` in it\n", 4],
  ["a long table", "| cell | another *cell* |\n", 4],
  ["a long quote", "> a quoted line\n", 6],
  ["a long paragraph of many lines", "a line of a paragraph\n", 4],
  ["code that is never closed", "let x = 1;\n", 4],
  ["text that is never emphasised", "**a *b _c ", 8],
  ["brackets that are never closed", "[a [b ![c ", 8],
  ["a code span that is never closed", "a ` b `` c ", 200],
  ["a formula that is never closed", "\\(a", 400],
  ["an address that never ends", "https://a.example/", 400],
  ["nothing but spaces", " ", 140],
  ["nothing but stars", "*", 70],
  ["nothing but quote marks", ">", 40],
  ["targets that are never closed", "[a](b", 200],
];

for (const [name, unit, bound] of shapes) {
  test(`${name} costs the same for each character at any length`, () => {
    const head = name.includes("table")
      ? "| a | b |\n|---|---|\n"
      : name.includes("code that")
        ? "```\n"
        : "";
    const short = effort(head + grown(unit, 20_000), 24);
    const long = effort(head + grown(unit, 100_000), 24);
    expect(long).toBeLessThan(short * 1.2 + 0.1);
    expect(long).toBeLessThan(bound);
  });
}
