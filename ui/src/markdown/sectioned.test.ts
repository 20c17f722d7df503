import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { answer, rendered, syntax } from "./fixture";
import { SectionedMarkdown } from "./sectioned";
import { Seams } from "./seams";

/** The sections of a text that comes in these pieces, each at least so long. */
function sections(pieces: string[], least: number): HTMLElement {
  const host = document.createElement("div");
  const text = new SectionedMarkdown(host, { onLink: () => {} }, new Seams(least));
  for (const piece of pieces) text.append(piece);
  text.end();
  return host;
}

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
  const words = (shown: string): string => shown.replaceAll(/\s/g, "");
  expect(words(host.textContent)).toBe(words(text));
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
