import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { answer, expectParts, pieces, rendered, sections, syntax, words } from "./fixture";
import { SectionedMarkdown } from "./sectioned";
import { Seams } from "./seams";

const inside = (host: HTMLElement): string =>
  [...host.children].map((section) => section.innerHTML).join("");

const blocks = fc.constantFrom(
  ...answer.split("\n\n").map((block) => `${block}\n\n`),
  "- a\n\n  ```\n  - b\n\n  text\n  ```\n\n",
  "1. one\n\n   ```js\n   x\n\ny\n```\n\nz\n```\n\n",
  "<details>\n<summary>s</summary>\n\ninside\n\n```\n</details>\n```\n\n</details>\n\n",
  "$$\na\n\nb\n$$\n\n",
  "$$ no formula\n\n# heading\n\n",
  "\\[ x\n\n\\] y\n\n",
  "````\n```\n\n````\n\n",
  "~~~\n\n```\n~~~\n\n",
  "    indented\n\n    code\n\n",
  "text\n```\nfence\n\n```\n",
  "[a]: https://a.example\n\n",
  "See [a] and [b][a].\n\n",
  "> quote\n> ```\n> code\n\n",
  "- [ ] task\n  continued\nlazy\n\n",
  "words\n",
  "\n",
  "\nAnd so on, ",
);
const soup = fc.oneof(blocks, syntax);

test("sections show what the whole text shows, wherever its pieces are cut", () => {
  const text = fc.array(soup, { maxLength: 30, size: "max" }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 60 }), (source, size) => {
      const whole = rendered(source).innerHTML;
      const pieces = source.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      const [once, cut] = [sections([source], 1), sections(pieces, 1)];
      expect(inside(once)).toBe(whole);
      expect(cut.innerHTML).toBe(once.innerHTML);
    }),
    {
      numRuns: 400,
      examples: [
        // The footnote may or may not go on, and the fence with it.
        ["[^1]: *<details>\n*1. one\n\n   ```js\n   x\n\ny\n```\n\nz\n```\n\n", 1],
        // What turns out to be no formula is read again, with the blank line below its first one.
        ["a | b\n- \\[ x\n\n\\] y\n\n", 1],
        ["words\n2) 1. one\n\n   ```js\n   x\n\ny\n```\n\nz\n```\n\n", 1],
        ["- a\nlazy\n\n  $$\n  x\n\ny\n$$\n\nz\n$$\n\n", 1],
      ],
    },
  );
});

test("code of an item below a lazy line ends no cutting where its fence is closed in the item", () => {
  const step = "1. Do this:\nlike that.\n\n   ```js\n   run();\n   ```\n\nThen go on.\n\n";
  expect(sections([step.repeat(20)], 1).children.length).toBeGreaterThan(15);
});

test("a text without blank lines is cut in the end, and goes on as the same paragraph", () => {
  const text = "A line of some words.\n".repeat(2000);
  const host = sections([text], 1000);
  expect(host.children.length).toBeGreaterThan(2);
  const [, ...others] = host.children;
  for (const section of others) expect(section.className).toBe("md-section md-continued");
  expect(host.textContent.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
});

test.each([
  ["words", "The *old* glacier [moves](https://a.example) **over the** rock, `so to say`. "],
  ["Chinese", "冰川缓慢地移动，带走石头。冰川**缓慢地**移动；它很大。"],
  ["one endless word", "iVBORw0KGgoAAAANSUhEUgAAAAUA"],
  ["nothing but digits", "0123456789"],
  ["nothing but marks", "----====####>>>>||||"],
  ["pairs of surrogates and what joins them", "👩‍👧‍👦é🇪🇺"],
])("a paragraph of %s without a line break is cut, and nothing of it is lost", (_, piece) => {
  const host = expectParts(piece.repeat(60_000 / piece.length), 15);
  const [, ...others] = host.children;
  for (const section of others) {
    expect(section.className).toBe("md-section md-continued");
    expect(section.firstElementChild?.tagName).toBe("P");
  }
});

test.each([
  ["base64", "/9j/4AAQSkZJRgABAQAAAQABAAD+"],
  ["tags", '<div class="ice"><p>It moves.</p></div>'],
  ["tags behind a fold that is none", "<detail>s</detail>"],
  ["data", '[{"ice": 1, "rock": [2, 3]}, '],
  ["data without spaces", '[["ice",1],["rock",2]],'],
  ["links", "[ice](https://a.example/ice) "],
])("%s that stand as text in one line are cut as words are", (_, piece) => {
  const host = expectParts(piece.repeat(60_000 / piece.length), 15);
  expect(host.querySelectorAll(":scope > div > :not(p)")).toHaveLength(0);
  // The line above may be a table's first, and this one has no bar.
  expectParts(`ice | rock\n${piece.repeat(60_000 / piece.length)}`, 15);
});

test("a paragraph goes on behind a sentence", () => {
  const host = sections(
    ["The ice is old, e. g. here. It moves **over the rock** slowly. ".repeat(300)],
    1,
    3000,
  );
  for (const section of [...host.children].slice(0, -1)) {
    expect(section.textContent.trimEnd()).toMatch(/[.]$/);
    expect(section.textContent).not.toContain("*");
  }
});

test("a paragraph without sentences goes on with a whole word", () => {
  const host = sections(["8.123 8.7 ".repeat(2000)], 1, 3000);
  expect(host.children.length).toBeGreaterThan(3);
  for (const section of host.children)
    expect(section.textContent).toMatch(/^8[.].* 8[.]7\s?$|^8[.].* 8[.]123\s?$/s);
});

test("what goes on a long line is no heading, no table, no definition and no list", () => {
  const text = `${"Some words of the ice. ".repeat(200)}\n===\n\n`;
  expect(sections([text], 1, 1000).querySelector("h1")).toBeNull();
  const numbers = "2. 3. ".repeat(1000);
  expect(sections([`Words ${numbers}`], 1, 1000).querySelector("ol")).toBeNull();
  expect(
    sections([`${"| a ".repeat(2000)}\n${"|--".repeat(2000)}`], 1, 1000).children,
  ).toHaveLength(1);
});

/** The numbers of the items at the margin, as a browser gives them. */
const numbers = (host: HTMLElement): number[] =>
  [...host.querySelectorAll<HTMLOListElement>(".md-section > ol")].flatMap((list) =>
    [...list.children].flatMap((item, index) =>
      item.className.includes("md-continued") ? [] : [list.start + index],
    ),
  );

test.each([
  ["bullets", () => "* **Ice** and `stones`\n"],
  ["numbers", (number: number) => `${number + 7}. The ice\n    goes on\n`],
  ["numbers that do not count", () => "1) The *ice*\n"],
  ["items that stand apart", (number: number) => `${number + 7}. The ice\n\n`],
  ["items with items", () => "- The ice\n  - moves\n  - stands\n"],
  ["tasks", () => "- [x] melt\n- [ ] freeze\n"],
])("a list of %s goes on in the next section", (kind, item) => {
  const text = Array.from({ length: 400 }, (_, number) => item(number)).join("");
  const host = expectParts(text, 4);
  const whole = rendered(text);
  expect(host.querySelectorAll("li")).toHaveLength(whole.querySelectorAll("li").length);
  if (whole.querySelector("ol")) {
    const start = kind.includes("count") ? 1 : 7;
    expect(numbers(host)).toEqual(Array.from({ length: 400 }, (_, at) => start + at));
  }
  const gap = kind.includes("apart") ? "md-section" : "md-section md-next-item";
  for (const section of [...host.children].slice(1)) expect(section.className).toBe(gap);
  const loose = host.querySelectorAll(".md-section > .md-loose").length;
  expect(loose).toBe(kind.includes("apart") ? host.children.length : 0);
});

test("a list has room for its numbers", () => {
  const host = sections(["99. a\n100. b\n\n- c\n\n---\n\n1000. d\n"], 1);
  const lists = [...host.querySelectorAll("ol, ul")].map((list) => list.className);
  expect(lists).toEqual(["md-hundreds", "", "md-thousands"]);
});

test("an item without an end goes on without a second mark, and the list after it", () => {
  const item = `3. ${"Some words of the ice. ".repeat(500)}\n`;
  const host = expectParts(`${item}4. Next\n`, 7);
  expect(numbers(host)).toEqual([3, 4]);
  expect(host.querySelectorAll("li.md-continued")).toHaveLength(host.children.length - 2);
  expect(host.lastElementChild?.querySelector("li:last-child")?.textContent).toBe("Next");
});

const items = fc.constantFrom(
  "- a\n",
  "- **b** c\n",
  "* * *\n",
  "- - x\n",
  "* **d**\n",
  "+\n",
  "1. one\n",
  "12. two\n   goes on\n",
  "7) three\n",
  "  - nested\n",
  "lazy\n",
  "12 words\n",
  "-5 degrees\n",
  "\n",
  "\n   a paragraph in it\n",
  "   ```\n   - code\n   ```\n",
  "> quote\n",
  "[^1]: note\n",
);

test("cut lists show what the whole ones show, wherever their pieces are cut", () => {
  const text = fc.array(items, { maxLength: 60, size: "max" }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), (source, size) => {
      const whole = rendered(source);
      const once = sections([source], 1, 20);
      expect(words(once)).toBe(words(whole));
      expect(once.querySelectorAll("li")).toHaveLength(whole.querySelectorAll("li").length);
      expect(sections(pieces(source, size), 1, 20).innerHTML).toBe(once.innerHTML);
    }),
    { numRuns: 1000 },
  );
});

// jsdom has no layout: nothing is ever resized, and nothing comes into view.
Element.prototype.scrollIntoView = () => undefined;
vi.stubGlobal(
  "ResizeObserver",
  class {
    observe(): void {}
    unobserve(): void {}
  },
);

/** A text of 400 sections in a scroller, of which the last is on the page. */
function long(text: string, options: { onLink?(url: string): void } = {}): HTMLElement {
  const scroller = document.createElement("div");
  scroller.className = "scroller";
  const host = document.createElement("div");
  scroller.append(host);
  document.body.replaceChildren(scroller);
  const sections = new SectionedMarkdown(host, { onLink: () => {}, ...options }, new Seams(1));
  sections.append(text);
  sections.end();
  return host;
}

const filler = "Some words.\n\n".repeat(400);

test("a text that is there at once is read at its end, and the rest when it comes near the view", () => {
  const host = long(`# First\n\n${filler}# Last`);
  expect(host.children.length).toBe(402);
  expect(host.textContent).toBe("Last");
  const heights = [...host.querySelectorAll<HTMLElement>(".section-away")].map(({ style }) =>
    parseFloat(style.height),
  );
  expect(heights).toHaveLength(401);
  expect(heights.every((height) => height > 0)).toBe(true);
});

test("a link finds its target in a section that was never on the page", () => {
  const onLink = vi.fn();
  const host = long(`[page]: https://a.example/x\n\n${filler}See [the page][page].`, { onLink });
  host.querySelector("a")?.click();
  expect(onLink).toHaveBeenCalledExactlyOnceWith("https://a.example/x");
});

test("a footnote that is not on the page is brought there", () => {
  const host = long(`[^1]: The note.\n\n${filler}See there.[^1]`);
  expect(host.textContent).toBe("See there.1");
  host.querySelector<HTMLElement>(".md-footnote-link")?.click();
  expect(host.textContent).toBe("1The note.See there.1");
  expect(document.activeElement?.textContent).toBe("1The note.");
});

test("what has left the page is copied as it was written", async () => {
  const host = long(`**First**\n\n${filler}Last`);
  document.getSelection()?.selectAllChildren(host);
  let copied = "";
  host.addEventListener("copy", () => (copied = document.getSelection()?.toString() ?? ""));
  host.dispatchEvent(new Event("copy", { bubbles: true }));
  expect(copied).toBe(`**First**\n\n${filler}Last`);
  await vi.waitFor(() => expect(host.textContent).toBe("Last"));
});
