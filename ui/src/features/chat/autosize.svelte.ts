/** Lets a text field grow with its text, up to the height that its style allows. */
import type { Attachment } from "svelte/attachments";

/** `text` is read so that the size follows it, also when it is changed by script. */
export function autosize(text: () => string): Attachment<HTMLTextAreaElement> {
  return (field) => {
    $effect(() => {
      text();
      fit(field);
    });
    let width = field.clientWidth;
    // A narrower window breaks the text into more lines.
    const sizes = new ResizeObserver(() => {
      if (field.clientWidth === width) return;
      width = field.clientWidth;
      fit(field);
    });
    sizes.observe(field);
    return () => sizes.disconnect();
  };
}

/**
 * The text is measured in a field of one line. What is around the field keeps its height meanwhile:
 * a frame that shrinks makes the transcript larger, which scrolls it where nobody scrolled.
 */
function fit(field: HTMLTextAreaElement): void {
  const frame = field.parentElement;
  if (frame) frame.style.minHeight = `${frame.getBoundingClientRect().height}px`;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
  if (frame) frame.style.minHeight = "";
}
