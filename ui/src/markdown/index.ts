/** Markdown of a model's answer as nodes: what the rest of the app may use. */
export { SectionedMarkdown } from "./sectioned";
export { type MarkdownLabels, type MarkdownOptions } from "./options";
export { highlight } from "./highlight";
export { typeset } from "./formula";
