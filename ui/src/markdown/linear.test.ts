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

/** Shapes of many nodes, which jsdom (and no browser) makes slowly; a fifth of the length shows as much. */
const small: typeof shapes = [
  ["uses and definitions in turn", "[a][b]\n\n[b]: c\n\n", 20],
  ["labels that are never defined", "[a][b] and [c] ", 12],
  ["definitions that are none", "[a]: b c\n\n", 12],
  ["titles that are never closed", "[a]: b 'c\n", 12],
  ["headings with an underline", "title\n===\n", 12],
  ["underlines without an end", "title\n- - -\n=\n", 12],
  ["indented code with blank lines", "    code\n\n", 12],
  ["runs of marks", "***a** b* __c_ ", 12],
  ["marks that only close", "a* b** c_ ", 12],
  ["brackets in brackets", "[![", 12],
  ["brackets that are closed", "[[a]b]", 12],
  ["entities", "&amp;&notone;&#x41;& ", 24],
  ["tags that are never closed", "<sub><kbd>x</sup>", 12],
  ["folds in folds", "<details><summary>a</summary>\n", 12],
  ["mail addresses", "a@b.c.", 60],
  ["tables that are none", "a | b\n-|\n", 12],
  ["formulas with blank lines", "$$\nx\n\n", 12],
];

for (const [name, unit, bound] of [...shapes, ...small]) {
  test(`${name} costs the same for each character at any length`, () => {
    const head =
      name === "a long table"
        ? "| a | b |\n|---|---|\n"
        : name.includes("code that")
          ? "```\n"
          : "";
    const length = small.some(([other]) => other === name) ? 4000 : 20_000;
    const short = effort(head + grown(unit, length), 24);
    const long = effort(head + grown(unit, 5 * length), 24);
    expect(long).toBeLessThan(short * 1.2 + 0.1);
    expect(long).toBeLessThan(bound);
  });
}

test("many labels that wait for many definitions cost the same for each character", () => {
  const cost = (count: number): number => {
    const labels = Array.from({ length: count }, (_, index) => `label ${index}`);
    const uses = labels.map((label) => `a [${label}] b\n`).join("");
    return effort(`${uses}\n${labels.map((label) => `[${label}]: x`).join("\n")}`, 24);
  };
  // A text of 8,000 characters would be read 1,000 times without a bound on that.
  for (const count of [200, 800]) expect(cost(count)).toBeLessThan(20);
});
