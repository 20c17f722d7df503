/** Markdown of a model's answer as nodes: what the rest of the app may use. */
export { MarkdownStream, renderMarkdown } from "./stream";
export { type MarkdownLabels, type MarkdownOptions } from "./options";
export { highlight } from "./highlight";
export { typeset } from "./formula";
