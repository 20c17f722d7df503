import { expect, test, vi } from "vitest";
import { answer, pieces, rendered } from "./fixture";
import { MarkdownStream } from "./stream";

function live(): { root: HTMLElement; stream: MarkdownStream } {
  const root = document.createElement("div");
  return { root, stream: new MarkdownStream(root, { onLink: () => {} }) };
}

/** The documents that a reader sees while a text is typed character by character. */
function frames(text: string): string[] {
  const { root, stream } = live();
  return [...text].map((c) => {
    stream.append(c);
    return root.innerHTML;
  });
}

test("emphasis being typed never shows its marks", () => {
  for (const text of ["say **bold** now", "say *so* now", "say ~~no~~ now", "say ***all*** now"]) {
    for (const frame of frames(text)) expect(frame).not.toMatch(/[*~]/);
  }
});

test("a link being typed never shows its brackets or its target in the text", () => {
  for (const text of ["see [the page](https://a.example/b) now", "![alt](https://a.example/c) x"]) {
    const { root, stream } = live();
    for (const c of text) {
      stream.append(c);
      expect(root.textContent).not.toMatch(/[[\]]|https/);
    }
  }
});

test("code being typed never shows its backticks and stays one element", () => {
  const { root, stream } = live();
  stream.append("run `c");
  const code = root.querySelector("code");
  for (const c of "argo build` now") {
    stream.append(c);
    expect(root.textContent).not.toContain("`");
    expect(root.querySelector("code")).toBe(code);
  }
  expect(code?.textContent).toBe("cargo build");
});

test("a fence being typed is never seen as text", () => {
  const { root, stream } = live();
  for (const c of "```rust\nlet x = 1;\n```\nafter") {
    stream.append(c);
    expect(root.textContent).not.toContain("`");
  }
  expect(root.querySelector(".md-code-language")?.textContent).toBe("rust");
});

test("a table being typed is a table from its first cell on", () => {
  const { root, stream } = live();
  stream.append("| a");
  const table = root.querySelector("table");
  expect(table).not.toBeNull();
  for (const c of " | b |\n|---|--:|\n| 1 | 2 |\n| 3") {
    stream.append(c);
    expect(root.querySelector("table")).toBe(table);
    expect(root.textContent).not.toContain("|");
  }
  expect(root.querySelectorAll("tbody tr")).toHaveLength(2);
});

test("a formula being typed never shows its marks", () => {
  for (const text of ["so $x + y$ holds", "so \\(x + y\\) holds", "$$\nx + y\n$$\n"]) {
    for (const frame of frames(text)) expect(frame).not.toMatch(/[$\\]/);
  }
});

test("a row of dashes under a paragraph makes a heading of it and keeps its nodes", () => {
  const { root, stream } = live();
  stream.append("a `code` title\n-");
  const code = root.querySelector("p > code");
  for (const c of "--") {
    stream.append(c);
    expect(root.innerHTML).toBe("<p>a <code>code</code> title</p>");
  }
  stream.append("\nmore");
  expect([...root.children].map((child) => child.tagName)).toEqual(["H2", "P"]);
  expect(root.querySelector("h2 > code")).toBe(code);
});

test("a definition that comes late makes a link of its use and leaves the rest of the block alone", () => {
  const { root, stream } = live();
  document.body.append(root);
  stream.append("some words, then [the *page*][1] and `code`, more words\n\nnext\n\n");
  const paragraph = root.querySelector("p") as Element;
  const [before, code, after] = [
    paragraph.firstChild,
    root.querySelector("code"),
    paragraph.lastChild,
  ];
  document.getSelection()?.setBaseAndExtent(before as Text, 5, before as Text, 10);
  expect(paragraph.textContent).toBe("some words, then [the page][1] and code, more words");
  stream.append("[1]: https://a.example/x 'title'\nlast\n");
  expect(root.querySelector("a")?.innerHTML).toBe("the <em>page</em>");
  expect(root.querySelector("a")?.title).toBe("https://a.example/x\ntitle");
  expect([paragraph.firstChild, root.querySelector("code"), paragraph.lastChild]).toEqual([
    before,
    code,
    after,
  ]);
  expect(document.getSelection()?.toString()).toBe("words");
  root.remove();
});

test("a definition being typed is not seen, and what turns out to be none comes back", () => {
  const { root, stream } = live();
  for (const c of " https://a.example/x\n") {
    stream.append(root.childElementCount === 0 ? `[label]:${c}` : c);
    expect(root.textContent).toBe("");
  }
  stream.append("text\n");
  expect(root.textContent).toBe("text");
  expect(rendered("[Note]: this is no target").textContent).toBe("[Note]: this is no target");
});

test("a table without bars at its ends takes its first line from the paragraph above", () => {
  const { root, stream } = live();
  stream.append("A *line* above\n");
  const word = root.querySelector("em");
  stream.append("a | b\n--- | :-:\n1 | 2\n");
  expect(root.querySelector("em")).toBe(word);
  expect(root.querySelector("p")?.textContent).toBe("A line above");
  expect([...root.querySelectorAll("th, td")].map((cell) => cell.textContent)).toEqual([..."ab12"]);
});

test("a formula keeps its blank lines, and one that never ends gives its text back", () => {
  const formula = vi.fn();
  const root = document.createElement("div");
  const stream = new MarkdownStream(root, { onLink: () => {}, formula });
  stream.append("$$\nx\n\n+ y\n$$\nafter\n\n");
  expect(formula).toHaveBeenCalledExactlyOnceWith(expect.anything(), "x\n+ y", true);
  stream.append("$$ is a variable\n\n## A heading\n\nand *text*\n");
  stream.end();
  expect(root.querySelectorAll(".md-formula-block")).toHaveLength(1);
  expect(root.querySelector("h2")?.textContent).toBe("A heading");
  expect(root.textContent).toContain("$$ is a variable");
  const long = rendered(`\\[ a\n\n${"some text\n\n- item\n".repeat(300)}`);
  expect(long.querySelectorAll("li")).toHaveLength(300);
});

test("finished blocks are not touched again", async () => {
  const { root, stream } = live();
  stream.append(`${answer}\n\nThe last paragraph `);
  const last = root.lastElementChild as Element;
  const changed = vi.fn();
  const observer = new MutationObserver((records) => records.forEach((r) => changed(r.target)));
  for (const child of root.children) {
    if (child !== last)
      observer.observe(child, { subtree: true, childList: true, characterData: true });
  }
  stream.append("grows **and grows** on\n\n- and\n- on\n\n");
  await Promise.resolve();
  expect(changed).not.toHaveBeenCalled();
});

test("a selection in the paragraph that grows survives", () => {
  const { root, stream } = live();
  document.body.append(root);
  stream.append("these words are selected, and **bold");
  const text = root.querySelector("p")?.firstChild as Text;
  document.getSelection()?.setBaseAndExtent(text, 6, text, 11);
  for (const c of " text** with `code` and [a link](https://a.example)\n\nand more")
    stream.append(c);
  expect(document.getSelection()?.toString()).toBe("words");
  root.remove();
});

test("text inside an open fence grows one text node", () => {
  const { root, stream } = live();
  stream.append("```\nfirst");
  const text = root.querySelector("code span")?.firstChild;
  stream.append(" line\nsecond");
  expect(root.querySelector("code span")?.firstChild).toBe(text);
  expect(text?.textContent).toBe("first line\nsecond");
});

test("the copy button gives the source of a long block, blank lines and all", () => {
  const source = Array.from({ length: 200 }, (_, i) => (i % 3 ? `line ${i}` : "")).join("\n");
  const root = document.createElement("div");
  const copy = vi.fn(() => Promise.resolve());
  const stream = new MarkdownStream(root, { onLink: () => {}, copy });
  stream.append(`\`\`\`\n${source}\n\`\`\`\n`);
  stream.end();
  root.querySelector("button")?.click();
  expect(copy).toHaveBeenCalledExactlyOnceWith(source);
});

test("highlighting and formulas are asked for once, and only when they are complete", () => {
  const root = document.createElement("div");
  const highlight = vi.fn();
  const formula = vi.fn();
  const stream = new MarkdownStream(root, { onLink: () => {}, highlight, formula });
  stream.append("```rust\nfn main() {}\n");
  expect(highlight).not.toHaveBeenCalled();
  stream.append("```\n$x");
  expect(highlight).toHaveBeenCalledExactlyOnceWith(
    root.querySelector("code"),
    "fn main() {}",
    "rust",
  );
  expect(formula).not.toHaveBeenCalled();
  stream.append("$ \n");
  stream.end();
  expect(formula).toHaveBeenCalledExactlyOnceWith(root.querySelector(".md-formula"), "x", false);
});

test("a mark that is never closed comes back as text", () => {
  const html = (text: string): string => rendered(text).innerHTML;
  expect(html("2 * 3 and **never")).toBe("<p>2 * 3 and **never</p>");
  expect(html("see [1] and [x")).toBe("<p>see [1] and [x</p>");
  expect(html("a `b and *c*")).toBe("<p>a `b and <em>c</em></p>");
  expect(html("| no table\nbut text")).toBe("<p>| no table\nbut text</p>");
});

test("replace starts again from nothing", () => {
  const { root, stream } = live();
  stream.append("```\nold");
  stream.replace("*new*");
  stream.end();
  expect(root.innerHTML).toBe("<p><em>new</em></p>");
});

test("an overlong paragraph goes on in another element, at the same place for every split", () => {
  const text = "**never closed and " + "some *plain* words ".repeat(2000);
  const whole = rendered(text);
  expect(whole.querySelectorAll("p").length).toBeGreaterThan(3);
  for (const size of [1, 7, 1000]) {
    expect(rendered(...pieces(text, size)).innerHTML).toBe(whole.innerHTML);
  }
});
