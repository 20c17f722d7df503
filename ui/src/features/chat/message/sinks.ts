/** Joins the text of a part to the element that shows it. */
import type { Attachment } from "svelte/attachments";
import { highlight, SectionedMarkdown, typeset } from "../../../markdown";
import type { LiveText } from "../../../stream/live-text";
import { boundedSink } from "../../../stream/marks";
import { PlainText } from "../../../stream/plain-text";

/** Shows the text verbatim. */
export function plainText(text: LiveText): Attachment<HTMLElement> {
  return (host) => {
    const plain = new PlainText(host);
    const end = text.bind(boundedSink(plain));
    return () => {
      end();
      plain.remove();
    };
  };
}

/** Shows the text as Markdown. */
export function markdown(text: LiveText, onLink: (url: string) => void): Attachment<HTMLElement> {
  return (host) => {
    const shown = new SectionedMarkdown(host, {
      onLink,
      highlight,
      formula: typeset,
      copy: (source) => navigator.clipboard.writeText(source),
    });
    const end = text.bind(boundedSink(shown));
    return () => {
      end();
      shown.remove();
    };
  };
}
