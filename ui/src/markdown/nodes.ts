/** Makes nodes of running text, and remembers what each one stands for. */
import { makeFootnoteLink, makeImage, makeLink } from "./link";
import { element, type Context } from "./options";
import { appendText } from "./text";
import type { Inline } from "./tree";

const keys = new WeakMap<Node, string>();

/** Remembers what a node without children of its own stands for. */
export function remember(node: Node, key: string): void {
  keys.set(node, key);
}

export const keyOfCode = (text: string): string => `\0code ${text}`;
export const keyOfFormula = (tex: string, display: boolean): string =>
  `\0formula ${display ? "block" : "inline"} ${tex}`;
const keyOfLink = (url: string, title: string): string => `${url}\n${title}`;

/** What a piece of a tree stands for (no text has a NUL): equal for those that look and work the same. */
export function keyOf(node: Inline): string {
  switch (node.kind) {
    case "text":
      return node.text;
    case "break":
      return "\0br";
    case "code":
      return keyOfCode(node.text);
    case "formula":
      return keyOfFormula(node.tex, node.display);
    case "address":
      return `\0a ${keyOfLink(node.url, "")}\0${node.text}\0/`;
    case "footnote":
      return `\0footnote ${node.label}`;
    case "image":
      return `\0image ${node.alt} ${keyOfLink(node.url, node.title)}`;
    case "link":
      return `\0a ${keyOfLink(node.url, node.title)}\0${node.children.map(keyOf).join("")}\0/`;
    case "em":
    case "strong":
    case "del":
    case "sub":
    case "sup":
    case "kbd":
      return `\0${node.kind}\0${node.children.map(keyOf).join("")}\0/`;
  }
}

/** The key of a node that is there already. */
export function keyOfNode(node: Node): string {
  if (node instanceof Text) return node.data;
  const known = keys.get(node);
  if (known !== undefined) return known;
  if (!(node instanceof HTMLElement)) return "";
  const name = node.tagName.toLowerCase();
  if (name === "br") return "\0br";
  const inside = [...node.childNodes].map(keyOfNode).join("");
  const [url = "", ...title] = node.title.split("\n");
  return name === "a"
    ? `\0a ${keyOfLink(url, title.join("\n"))}\0${inside}\0/`
    : `\0${name}\0${inside}\0/`;
}

/** Makes the node of a piece that is no text. */
export function build(node: Exclude<Inline, { kind: "text" }>, context: Context): HTMLElement {
  switch (node.kind) {
    case "break":
      return element("br");
    case "code": {
      const code = element("code", "", node.text);
      remember(code, keyOf(node));
      return code;
    }
    case "formula": {
      const formula = element("code", "md-formula", node.tex);
      remember(formula, keyOf(node));
      context.options.formula?.(formula, node.tex, node.display);
      return formula;
    }
    case "address": {
      const link = element("a", "md-link", node.text);
      makeLink(link, { url: node.url, title: "" }, context);
      return link;
    }
    case "footnote": {
      const reference = makeFootnoteLink(node.label, context);
      remember(reference, keyOf(node));
      return reference;
    }
    case "image": {
      const chip = element("span", "md-image");
      makeImage(chip, node.alt, node, context);
      remember(chip, keyOf(node));
      return chip;
    }
    case "link": {
      const link = element("a", "md-link");
      fill(link, node.children, context);
      makeLink(link, node, context);
      return link;
    }
    case "em":
    case "strong":
    case "del":
    case "sub":
    case "sup":
    case "kbd": {
      const made = element(node.kind);
      fill(made, node.children, context);
      return made;
    }
  }
}

function fill(parent: HTMLElement, children: readonly Inline[], context: Context): void {
  for (const child of children) {
    if (child.kind === "text") appendText(parent, child.text);
    else parent.append(build(child, context));
  }
}
