/** Running text as a tree, before it becomes nodes. */

/** HTML elements that a text may ask for, by name and without attributes. */
export type Tag = "sub" | "sup" | "kbd";
export type SpanKind = "em" | "strong" | "del" | Tag;

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "break" }
  | { kind: "code"; text: string }
  | { kind: "formula"; tex: string; display: boolean }
  | { kind: "address"; url: string; text: string }
  | { kind: "footnote"; label: string }
  | { kind: "image"; alt: string; url: string; title: string }
  | { kind: "link"; url: string; title: string; children: Inline[] }
  | { kind: SpanKind; children: Inline[] };

/** The words of a tree, as an image's description needs them. */
export function plainText(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      switch (node.kind) {
        case "text":
        case "code":
        case "address":
          return node.text;
        case "formula":
          return node.tex;
        case "image":
          return node.alt;
        case "break":
          return "\n";
        case "footnote":
          return "";
        case "link":
        case "em":
        case "strong":
        case "del":
        case "sub":
        case "sup":
        case "kbd":
          return plainText(node.children);
      }
    })
    .join("");
}
