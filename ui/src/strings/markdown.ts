/** The words that rendered Markdown puts on the screen by itself. */
import type { MarkdownLabels } from "../markdown";
import { messageStrings } from "./message";

export const markdownLabels: MarkdownLabels = {
  copy: messageStrings.copy,
  copied: messageStrings.copied,
  plainCode: "text",
  image: (alt, host) => `image: ${alt || "no description"}${host ? ` (${host})` : ""}`,
  footnote: (label) => `Footnote ${label}`,
  longFormula: "Too long to be set as a formula: this is its source.",
  alert: (kind) =>
    ({
      note: "Note",
      tip: "Tip",
      important: "Important",
      warning: "Warning",
      caution: "Caution",
    })[kind],
};
