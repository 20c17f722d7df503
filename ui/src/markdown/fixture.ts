/** Texts and helpers that the Markdown tests share. */
import fc from "fast-check";
import { expect } from "vitest";
import { SectionedMarkdown } from "./sectioned";
import { Seams } from "./seams";
import { MarkdownStream } from "./stream";

/** Streams a text in the given pieces and returns what a person sees at the end. */
export function rendered(...pieces: string[]): HTMLElement {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root, { onLink: () => {} });
  for (const piece of pieces) stream.append(piece);
  stream.end();
  return root;
}

/** Cuts a text into pieces of one length. */
export function pieces(text: string, length: number): string[] {
  const count = Math.ceil(text.length / length);
  return Array.from({ length: count }, (_, index) =>
    text.slice(index * length, (index + 1) * length),
  );
}

/** The sections of a text that comes in these pieces, each at least so long; `long` where no block ends. */
export function sections(pieces: string[], least: number, long?: number): HTMLElement {
  const host = document.createElement("div");
  const text = new SectionedMarkdown(host, { onLink: () => {} }, new Seams(least, long));
  for (const piece of pieces) text.append(piece);
  text.end();
  return host;
}

/** What a text shows, whatever paragraphs, lists and sections it stands in. */
export const words = (shown: HTMLElement): string =>
  shown.innerHTML.replaceAll(
    /<\/?(?:div|p|ul|ol|li|blockquote|h[1-6]|table|colgroup|tbody|code)(?: [^>]*)?>|\s/g,
    "",
  );

/** The sections of a text that are cut from 1,000 characters on: so many at least, and all of it. */
export function expectParts(text: string, parts: number): HTMLElement {
  const [once, cut] = [sections([text], 1, 1000), sections(pieces(text, 7), 1, 1000)];
  expect(once.children.length).toBeGreaterThanOrEqual(parts);
  expect(cut.innerHTML).toBe(once.innerHTML);
  expect(words(once)).toBe(words(rendered(text)));
  return once;
}

/** An answer with every kind of block and span. */
export const answer = `# Heading one ##

A paragraph with **bold**, *italic*, ***both***, ~~gone~~, \`code\`, and [a **link**](https://example.org/a_(b) "title").
Second line  
after a break. See <https://example.org>, https://example.org/path?q=1. And snake_case_name, 5*3 = 15.

- one
- two with \`a \`\` b\`
  continued
  - nested **item**
    1. deep
    2. deeper

  paragraph in an item
- [ ] open task
- [x] done task

7. seventh
8. eighth

> quoted *text*
lazy line
> - list in a quote
>
> \`\`\`sh
> echo "hi"
> \`\`\`

| Name | Right | Mid |
|------|------:|:---:|
| a \\| b | 1 | **x** |
| short |
after the table[^1]

---

\`\`\`rust
fn main() {

    println!("{}", 1); // \`\`
}
\`\`\`\`

~~~
tilde \`\`\` inside
~~~

Costs $5 and $10, formula $x^2 + y$ and \\(a_1\\).

$$
E = mc^2
$$

\\[ \\int x \\] rest

![diagram *one*](https://images.example/a.png) and <b onclick="x()">raw</b> &amp; &lt;i&gt; \\* done

[^1]: The note with [ref][none] and **unclosed bold
***`;

/** Short pieces of syntax that meet each other in every order. */
export const syntax = fc.constantFrom(
  ..."*|**|***|_|__|~~|`|``|```|~~~|[|]|](|)|![|<|>|#|## |- |1. |2) |\n|\n\n|  \n|    |\t|> |$|$$|\\(|\\)|\\[|\\]|\\".split(
    "|",
  ),
  ..."[a]: /u\n|[a]|[a][b]|[b]: <x> 't'\n|===\n|    code\n|&copy;|<sub>|</sub>|<br>|~|a@b.c|www.d.e".split(
    "|",
  ),
  ...["<details>\n", "<summary>s</summary>", "</details>\n", "> [!NOTE]\n", "a | b\n", "-|-\n"],
  ...["「", "」", "שלום", "$HOME", "$x$", "\t", "[a](/u 't')", "****"],
  ...["| a | b |\n", "|---|:-:|\n", "|", "- [ ] ", "[^1]", "[^1]: ", "---\n", "&amp;", "&#x41;"],
  ...["https://a.example/x", "<https://b.example>", "http", "(https://c.example)", "$5 and", "x^2"],
  ...["word", "two words", "h", "!", " ", "(", "é", "日本", "👩‍💻", "\r\n", "=", "+", "7"],
);
