import { expect, test, vi } from "vitest";
import { rendered } from "./fixture";
import { MarkdownStream } from "./stream";

const hostile = `<script>alert(1)</script>

<img src=x onerror="alert(1)"> <iframe src="https://a.example"></iframe>

[click](javascript:alert(1)) [data](data:text/html,<script>alert(1)</script>) [file](file:///etc/passwd)
[upper](JaVaScRiPt:alert(1)) [spaced]( javascript:alert(1)) [entity](java&#115;cript:alert(1))
![pixel](https://tracker.example/p.gif?id=1) ![data](data:image/svg+xml,<svg/onload=alert(1)>)
<javascript:alert(1)> <https://ok.example/"onmouseover="alert(1)>

\`\`\`"><img src=x onerror=alert(1)>
</code></pre><script>alert(1)</script>
\`\`\`

| <b>cell</b> |
|---|
| <svg onload=alert(1)> |

$<img src=x onerror=alert(1)>$

[^"><script>]: note`;

const allowed = new Set(
  "A BLOCKQUOTE BR BUTTON CODE DEL DIV EM H1 H2 H3 H4 H5 H6 HR INPUT LI OL P PRE SPAN STRONG SUP TABLE TBODY TD TH THEAD TR UL".split(
    " ",
  ),
);
const attributes = new Set(
  "aria-label checked class dir disabled role start tabindex title type".split(" "),
);

test("hostile text makes no element and no attribute beyond the ones Markdown needs", () => {
  for (const made of rendered(hostile).querySelectorAll("*")) {
    expect(allowed).toContain(made.tagName);
    for (const name of made.getAttributeNames()) expect(attributes).toContain(name);
  }
});

test("raw HTML is shown as the text that it is", () => {
  const shown = rendered("before <b onclick='x()'>bold</b> <script>alert(1)</script>");
  expect(shown.textContent).toBe("before <b onclick='x()'>bold</b> <script>alert(1)</script>");
});

test("only targets of http, https and mailto can be activated, and only by a person", () => {
  const root = document.createElement("div");
  const onLink = vi.fn();
  const stream = new MarkdownStream(root, { onLink });
  stream.append(`${hostile}\n\n[fine](https://fine.example/a) <mailto:me@fine.example>`);
  stream.end();
  expect(onLink).not.toHaveBeenCalled();
  for (const link of root.querySelectorAll<HTMLElement>(".md-link, .md-image")) link.click();
  const opened = onLink.mock.calls.map(([url]) => String(url));
  expect(opened).toContain("https://fine.example/a");
  expect(opened).toContain("mailto:me@fine.example");
  for (const url of opened) expect(url).toMatch(/^(https?:\/\/|mailto:)/);
});

test("Enter on a focused link opens it, and its target stands in the title", () => {
  const root = document.createElement("div");
  const onLink = vi.fn();
  const stream = new MarkdownStream(root, { onLink });
  stream.append("[fine](https://fine.example/a)");
  stream.end();
  const link = root.querySelector("a") as HTMLElement;
  expect(link.hasAttribute("href")).toBe(false);
  expect(link.title).toBe("https://fine.example/a");
  link.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
  expect(onLink).toHaveBeenCalledExactlyOnceWith("https://fine.example/a");
});

test("an image is a chip that names its host and loads nothing", () => {
  const shown = rendered("![a cat](https://images.example/cat.png)");
  expect(shown.querySelector("img")).toBeNull();
  expect(shown.textContent).toBe("image: a cat (images.example)");
});

for (const [name, unit] of [
  ["quotes", "> "],
  ["brackets", "["],
  ["image brackets", "!["],
  ["parentheses in a target", "[a]("],
  ["list items", "- "],
  ["stars", "*a **b "],
  ["backticks", "`a ``b "],
  ["formulas", "\\(a $b "],
  ["pipes", "|"],
  ["addresses", "<https://"],
] as const) {
  test(`ten thousand nested ${name} neither overflow the stack nor nest without end`, () => {
    const shown = rendered(unit.repeat(10_000));
    let depth = 0;
    for (let node: Element | null = shown; node; node = node.firstElementChild) depth += 1;
    expect(depth).toBeLessThan(80);
  });
}
