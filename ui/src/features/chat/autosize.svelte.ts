/** Lets a text field grow with its text, up to the height that its style allows. */
import type { Attachment } from "svelte/attachments";

/** `text` is read so that the size follows it, also when it is changed by script. */
export function autosize(text: () => string): Attachment<HTMLTextAreaElement> {
  return (field) => {
    const ruler = rulerFor(field);
    const fit = (): void => {
      ruler.style.width = `${field.offsetWidth}px`;
      ruler.value = field.value;
      const height = `${ruler.scrollHeight}px`;
      if (field.style.height !== height) field.style.height = height;
    };
    $effect(() => {
      text();
      fit();
    });
    let width = field.clientWidth;
    // A narrower window breaks the text into more lines.
    const sizes = new ResizeObserver(() => {
      if (field.clientWidth === width) return;
      width = field.clientWidth;
      fit();
    });
    sizes.observe(field);
    return () => {
      sizes.disconnect();
      ruler.remove();
    };
  };
}

/**
 * A field as it is without a height of its own, in which the text is measured. Nobody sees it, and
 * nothing is laid out with it: a change of the field itself, even for a moment, has the whole window
 * painted anew. It stands beside the field, since one rectangle around both is painted.
 */
function rulerFor(field: HTMLTextAreaElement): HTMLTextAreaElement {
  const ruler = document.createElement("textarea");
  ruler.className = field.className;
  ruler.rows = field.rows;
  ruler.dir = field.dir;
  ruler.tabIndex = -1;
  ruler.ariaHidden = "true";
  ruler.style.position = "absolute";
  ruler.style.visibility = "hidden";
  ruler.style.contain = "content";
  field.after(ruler);
  return ruler;
}
