/// <reference types="vite/client" />
import { expect, test } from "vitest";
import { pieces, rendered } from "./fixture";

const sources = import.meta.glob<string>("./field/*.md", {
  eager: true,
  query: "?raw",
  import: "default",
});
const field = (name: string): string => sources[`./field/${name}.md`] ?? "";

const names = ["link-text-is-url", "br-in-table", "rtl", "currency"];

for (const name of names) {
  test(`${name} is the same document whole, by single characters, and as far as it came`, () => {
    const text = field(name);
    expect(text).not.toBe("");
    expect(rendered(...pieces(text, 1)).innerHTML).toBe(rendered(text).innerHTML);
    for (let cut = 0; cut < text.length; cut += 7) {
      const beginning = text.slice(0, cut);
      expect(rendered(...pieces(beginning, 1)).innerHTML).toBe(rendered(beginning).innerHTML);
    }
  });
}

const links = (root: HTMLElement): string[][] =>
  [...root.querySelectorAll("a")].map((link) => [link.textContent ?? "", link.title]);

test("a link whose text is an address is one link to its own target", () => {
  const root = rendered(field("link-text-is-url"));
  expect(links(root)).toEqual([
    ["https://docs.example.org/start", "https://docs.example.org/start"],
    ["https://a.example/x_y", "https://a.example/x_y"],
    ["https://b.example", "https://b.example/?q=1&r=2"],
    ["http://c.example/path_(old)", "http://c.example/path_(old)"],
    ["https://d.example", "https://d.example"],
    ["https://e.example/f", "https://e.example/f"],
    ["https://g.example/h", "https://g.example/h"],
    ["https://i.example/j", "https://i.example/j"],
  ]);
  expect(root.textContent).not.toMatch(/\]\(|\*/);
  for (const [text, shown, target] of [
    ["[www.a.example](https://a.example)", "www.a.example", "https://a.example"],
    [
      "[see https://a.example here](https://b.example)",
      "see https://a.example here",
      "https://b.example",
    ],
    ["[me@a.example](mailto:me@a.example)", "me@a.example", "mailto:me@a.example"],
    ["[`https://a.example`](https://a.example)", "https://a.example", "https://a.example"],
    ["**[https://a.example](https://a.example)**", "https://a.example", "https://a.example"],
    ["[https://a.example][1]\n\n[1]: https://b.example", "https://a.example", "https://b.example"],
  ] as const) {
    expect(links(rendered(text))).toEqual([[shown, target]]);
  }
});

test("an address in brackets that are no link's is a link itself", () => {
  expect(links(rendered("[https://a.example] and [see https://b.example/c]"))).toEqual([
    ["https://a.example", "https://a.example"],
    ["https://b.example/c", "https://b.example/c"],
  ]);
});

test("a few elements of HTML are elements, in cells and in paragraphs, and no others", () => {
  const root = rendered(field("br-in-table"));
  expect(root.querySelectorAll("td br")).toHaveLength(3);
  expect(root.querySelectorAll("p br")).toHaveLength(1);
  expect([...root.querySelectorAll("sub, sup, kbd")].map((made) => made.outerHTML)).toEqual([
    "<sub>2</sub>",
    "<sup>2</sup>",
    "<kbd>Ctrl</kbd>",
    "<kbd>C</kbd>",
  ]);
  expect(root.querySelector("code")?.textContent).toBe("a<br>b");
  expect(root.textContent).toContain("and so does 1 < 2 and x <y> z.");
});

const inner = (text: string): string => rendered(text).innerHTML;

test("tags are nested properly, closed with their block, and text where they have attributes", () => {
  expect(inner("**H<SUB>*2*</SUB>O**")).toBe("<p><strong>H<sub><em>2</em></sub>O</strong></p>");
  expect(inner("a <sub>b *c</sub> d*")).toBe("<p>a <sub>b *c</sub> d*</p>");
  expect(inner("a <kbd>b")).toBe("<p>a &lt;kbd&gt;b</p>");
  expect(inner('<sub id="x">a</sub> <b>c</b>')).toBe(
    '<p>&lt;sub id="x"&gt;a&lt;/sub&gt; &lt;b&gt;c&lt;/b&gt;</p>',
  );
  expect(inner("[a <sup>1</sup>](https://b.example)")).toContain("a <sup>1</sup></a>");
});

test("a fold has a line that stays and Markdown inside, and ends where it is closed", () => {
  const text = "<details>\n<summary>More *of* it</summary>\n\n- a\n- `b`\n\n</details>\n\nafter";
  const root = rendered(text);
  expect(root.querySelector("details > summary")?.innerHTML).toBe("More <em>of</em> it");
  expect(root.querySelectorAll("details li")).toHaveLength(2);
  expect(root.querySelector("details")?.nextElementSibling?.textContent).toBe("after");
  expect(rendered("<details><summary>a</summary>b\n").querySelector("details p")?.textContent).toBe(
    "b",
  );
  expect(rendered("<details open>\nx").querySelector("details")).toBeNull();
  expect(rendered("<summary>x</summary>").querySelector("summary")).toBeNull();
});

test("prices, variables and prose are no formulas, and formulas are", () => {
  const formulas = (text: string): string[] =>
    [...rendered(text).querySelectorAll(".md-formula")].map((made) => made.textContent ?? "");
  expect(formulas(field("currency"))).toEqual(["E = mc^2", "x_1", "\\alpha"]);
  for (const text of [
    "$5 and $10",
    "$HOME/bin:$PATH",
    "echo $HOME and $USER",
    "from $5-$10, or $1,000.50/$2",
    "it is 5$ or 10$",
    "US$5 and A$6",
    "$name is set and the cost$",
    "pay $20 (was $30), 20$ off",
    "it costs $5 `in $ code` then",
    "$9（基础版）或$",
    "\\$x\\$",
  ]) {
    expect(formulas(text), text).toEqual([]);
  }
  for (const [text, tex] of [
    ["so $x$ and", "x"],
    ["the $n$th one", "n"],
    ["是$x^2$的", "x^2"],
    ["triangle $ABC$.", "ABC"],
    ["$2x + 3 = 7$", "2x + 3 = 7"],
    ["$\\text{some words here}$", "\\text{some words here}"],
    ["\\(a_1\\)", "a_1"],
    ["$$\nx\n\ny\n$$", "\nx\n\ny\n"],
  ] as const) {
    expect(formulas(text), text).toEqual([tex]);
  }
  expect(inner("`$a` and `$b`")).toBe("<p><code>$a</code> and <code>$b</code></p>");
});

test("emphasis works inside words, without spaces, and next to wide punctuation", () => {
  for (const [text, shown] of [
    ["un**believ**able", "un<strong>believ</strong>able"],
    ["**重要**です", "<strong>重要</strong>です"],
    ["これは**「重要」**です。", "これは<strong>「重要」</strong>です。"],
    ["**注意：**请看", "<strong>注意：</strong>请看"],
    ["他说**“你好”**然后", "他说<strong>“你好”</strong>然后"],
    ["**텍스트(괄호)**입니다", "<strong>텍스트(괄호)</strong>입니다"],
    ["snake_case_name", "snake_case_name"],
    ["约~5到~10", "约~5到~10"],
  ] as const) {
    expect(inner(text)).toBe(`<p>${shown}</p>`);
  }
});

test("a sign that is joined to a word of a heading stays", () => {
  expect(inner("## C#")).toBe("<h2>C#</h2>");
  expect(inner("## F# and C# ##")).toBe("<h2>F# and C#</h2>");
});

test("a quote that is marked as a note has its title, and its mark is never seen", () => {
  const shown: string[] = [];
  const text = "> [!WARNING]\n> Take *care*.";
  for (let end = 1; end <= text.length; end += 1)
    shown.push(rendered(text.slice(0, end)).innerHTML);
  expect(inner(text)).toBe(
    '<blockquote class="md-alert md-alert-warning" dir="ltr">' +
      '<p class="md-alert-title">Warning</p><p>Take <em>care</em>.</p></blockquote>',
  );
  expect(inner("> [!NOTE] with text")).toContain("[!NOTE] with text");
  expect(inner("> [!OTHER]\n> x")).toContain("[!OTHER]");
});

test("what stands around blocks has the direction of the first strong character in it", () => {
  const root = rendered(field("rtl"));
  const directions = [...root.querySelectorAll<HTMLElement>("[dir]")].map((made) => [
    made.tagName,
    made.dir,
  ]);
  expect(directions).toEqual([
    ["OL", "rtl"],
    ["LI", "rtl"],
    ["LI", "rtl"],
    ["BLOCKQUOTE", "rtl"],
    ["DIV", "rtl"],
    ["TABLE", "rtl"],
  ]);
  expect(rendered("- one\n- שתיים\n").querySelectorAll("ul[dir=ltr] > li[dir=rtl]")).toHaveLength(
    1,
  );
});
