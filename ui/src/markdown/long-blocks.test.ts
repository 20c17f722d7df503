/** Blocks that no blank line divides, however long they are: cut into sections, without a seam to see. */
import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { expectParts, pieces, rendered, sections, words } from "./fixture";
import { SectionedMarkdown } from "./sectioned";
import { Seams } from "./seams";

afterEach(() => vi.restoreAllMocks());

const lines = (count: number, line: (number: number) => string): string =>
  Array.from({ length: count }, (_, number) => line(number)).join("");

test.each([
  ["lines", lines(400, (at) => `> The *ice* moves, ${at}.\n`), ""],
  ["paragraphs", lines(200, (at) => `> The *ice* moves, ${at}.\n>\n`), "md-gap"],
  ["items", lines(400, (at) => `> ${at + 1}. The **ice**\n`), "md-gap-item"],
  ["items that stand apart", lines(300, () => "> - The **ice**\n>\n"), "md-gap"],
  ["one line without an end", `> ${"The *ice* moves over the rock. ".repeat(500)}`, ""],
  ["tags", `> ${"<p>The ice.</p>".repeat(1000)}`, ""],
])("a quote of %s goes on in the next section", (_, text, gap) => {
  const host = expectParts(text, 6);
  expect(host.querySelectorAll(":scope > div > :not(blockquote)")).toHaveLength(0);
  for (const section of [...host.children].slice(1)) {
    expect(section.className).toBe("md-section md-continued");
    expect(section.querySelector("blockquote")?.className).toBe(gap);
  }
  expect(host.querySelectorAll("li")).toHaveLength(rendered(text).querySelectorAll("li").length);
});

test("a quote that is marked goes on with its mark, and without a second title", () => {
  const host = expectParts(`> [!WARNING]\n${"> Thin ice.\n>\n> Go around.\n>\n".repeat(200)}`, 4);
  expect(host.querySelectorAll(".md-alert-title")).toHaveLength(1);
  expect(host.querySelectorAll(".md-alert-warning")).toHaveLength(host.children.length);
});

test("a quote in a quote goes on in both, and the text below them in neither", () => {
  const host = expectParts(`> > [!TIP]\n${"> > The ice.\n".repeat(400)}\nAfter it.`, 4);
  const inner = [...host.querySelectorAll(":scope > div > blockquote > blockquote")];
  expect(inner.length).toBeGreaterThanOrEqual(4);
  for (const quote of inner) expect(quote.className).toContain("md-alert-tip");
  expect(host.lastElementChild?.lastElementChild?.outerHTML).toBe("<p>After it.</p>");
});

test("a heading without an end goes on as a heading, with all signs that are not its end", () => {
  const text = `## ${"The # ice moves # over ## the rock ".repeat(400)}##\n\nAfter it.`;
  const host = expectParts(text, 7);
  const [, ...others] = [...host.querySelectorAll("h2")];
  for (const heading of others) expect(heading.className).toBe("md-continued");
  expect(host.querySelectorAll("h2").length + 1).toBeGreaterThanOrEqual(host.children.length);
  expect(host.textContent.trimEnd().endsWith("the rockAfter it.")).toBe(true);
});

const table = (rows: number, row: (number: number) => string): string =>
  `| The ice | The rock |\n|:--|--:|\n${lines(rows, row)}\nAfter it.`;

test.each([
  ["bars", (number: number) => `| *${number}* | granite |\n`],
  ["words first", (number: number) => `ice ${number} | granite\n`],
  ["numbers first", (number: number) => `${number} | granite\n`],
  ["rows that lack a cell", (number: number) => `| ice ${number}\n`],
])("a table of rows that begin with %s goes on with its columns", (_, row) => {
  const host = expectParts(table(500, row), 5);
  expect(host.querySelectorAll("tbody tr")).toHaveLength(500);
  expect(host.querySelectorAll("td.md-left")).toHaveLength(500);
  expect(host.querySelectorAll("td.md-right")).toHaveLength(500);
  expect(host.querySelectorAll("th")).toHaveLength(2);
  expect(host.lastElementChild?.lastElementChild?.outerHTML).toBe("<p>After it.</p>");
  for (const section of [...host.children].slice(1, -1)) {
    expect(section.className).toBe("md-section md-continued");
  }
});

test("what ends a table is no row of the next section", () => {
  const row = "| ice | rock |\n";
  for (const end of [
    "# Heading\n",
    "> quote\n",
    "- item\n",
    "1. item\n",
    "---\n",
    "```\ncode\n```\n",
  ]) {
    const text = table(100, () => row).replace("\nAfter it.", end);
    expect(words(sections([text], 1, 1000))).toBe(words(rendered(text)));
  }
});

test("all sections of a table have the widths of the one that was laid out first", () => {
  let width = 0;
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    // Each of them would have others by itself.
    if (this.tagName === "TABLE") width = 400;
    else if (!this.previousElementSibling) width = 60 + 40 * Math.random();
    return new DOMRect(0, 0, width, 20);
  });
  const host = sections(
    pieces(
      table(500, () => "| ice | granite |\n"),
      40,
    ),
    1,
    2000,
  );
  const widths = new Set(
    [...host.querySelectorAll("table")].map((one) =>
      [...one.querySelectorAll("col")].map((column) => column.style.width).join(" "),
    ),
  );
  expect(host.querySelectorAll(".md-table").length).toBeGreaterThanOrEqual(4);
  expect(widths.size).toBe(1);
});

test("the sections of a table scroll sideways together", () => {
  const host = sections([table(300, () => "| ice | granite |\n")], 1, 2000);
  document.body.replaceChildren(host);
  const frames = [...host.querySelectorAll<HTMLElement>(".md-table")];
  const [first] = frames;
  if (!first) throw new Error("no table");
  first.scrollLeft = 30;
  first.dispatchEvent(new Event("scroll"));
  expect(frames.map(({ scrollLeft }) => scrollLeft)).toEqual(frames.map(() => 30));
});

test.each([
  ["many lines", `$$\n${"x_{n+1} = x_n + y\n".repeat(500)}$$\n\nAfter it.`],
  ["one line", `$$ ${"x_{n+1} = x_n + y ".repeat(500)}$$\n\nAfter it.`],
  ["one word", `\\[${"x+".repeat(5000)}\\]\n\nAfter it.`],
  ["dollars", `$$${"x \\$ + ".repeat(1500)}$$\n\nAfter it.`],
])("a formula of %s stands as its source, with a word why, and is cut", (_, text) => {
  const host = expectParts(text, 4);
  expect(host.querySelectorAll(".md-formula-note")).toHaveLength(1);
  expect(host.querySelectorAll(".md-formula-block.md-continued").length).toBeGreaterThanOrEqual(3);
  expect(host.querySelectorAll(".md-formula-block.md-cut").length).toBe(
    host.querySelectorAll(".md-formula-block.md-continued").length,
  );
  expect(host.lastElementChild?.lastElementChild?.outerHTML).toBe("<p>After it.</p>");
});

test("a formula that is too long to be set is not, and one that is not is", () => {
  const set = vi.fn();
  const show = (source: string): HTMLElement => {
    const host = document.createElement("div");
    const text = new SectionedMarkdown(
      host,
      { onLink: () => {}, formula: set },
      new Seams(1, 3000),
    );
    text.append(source);
    text.end();
    return host;
  };
  expect(show(`$$\n${"x+".repeat(1000)}\n$$`).querySelector(".md-formula-note")).toBeNull();
  expect(set).toHaveBeenCalledOnce();
  expect(show(`$$\n${"x+".repeat(2001)}\n$$`).querySelector(".md-formula-note")).not.toBeNull();
  show(`$$\n${"x+\n".repeat(4000)}\n$$`);
  expect(set).toHaveBeenCalledOnce();
});

const soup = fc.constantFrom(
  ...["> a\n", ">\n", "> \n", "> - b\n", "> 1. one\n", ">   more\n", "> > c\n", ">> d\n", "lazy\n"],
  ...[
    "> ```\n",
    "> # h\n",
    "> | a | b |\n",
    "> |--|:-:|\n",
    "> [!NOTE]\n",
    ">     code\n",
    " > e\n",
  ],
  ...[
    "| a | b |\n",
    "|--|:-:|\n",
    "a | b\n",
    "-|-\n",
    "1 | 2\n",
    "12. x\n",
    "12 words\n",
    "\n",
    "\n",
  ],
  ...["# h\n", "- item\n", "  - nested\n", "    | in | it |\n", "```\n", "words\n", "<p>\n"],
  ...["[a]: b | c\n", "***\n", "word **bold\n", "## h\n", "  > f\n", "<details>\n", "</details>\n"],
);

test("cut quotes and tables show what the whole ones show, wherever their pieces are cut", () => {
  const text = fc.array(soup, { maxLength: 60, size: "max" }).map((parts) => parts.join(""));
  // Marks that only the end of a text decides may stand on both sides of a seam.
  const shown = (host: HTMLElement): string => host.textContent.replaceAll(/[\s*]/g, "");
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (source, size) => {
      const whole = rendered(source);
      const once = sections([source], 1, 20);
      expect(shown(once)).toBe(shown(whole));
      for (const part of ["td", "th", "li", "pre", "h1", "h2"]) {
        expect(once.querySelectorAll(part)).toHaveLength(whole.querySelectorAll(part).length);
      }
      expect(sections(pieces(source, size), 1, 20).innerHTML).toBe(once.innerHTML);
    }),
    {
      numRuns: 1000,
      examples: [
        ["[a]: b | c\n|--|:-:|\nwords\na | b\n", 1],
        ["[a]: b | c\n|--|:-:|\n12 words\nlazy\n", 1],
      ],
    },
  );
});
