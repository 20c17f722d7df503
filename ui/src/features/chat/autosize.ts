/** Lets a text field grow with its text, up to the height that its style allows. */
import type { Attachment } from "svelte/attachments";

/** `text` is read so that the size follows it, also when it is changed by script. */
export function autosize(text: () => string): Attachment<HTMLTextAreaElement> {
  return (field) => {
    text();
    field.style.height = "auto";
    field.style.height = `${field.scrollHeight}px`;
  };
}
