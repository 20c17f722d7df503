/** Notices when the end of what is on the page comes near the view. */
import type { Attachment } from "svelte/attachments";

/** Calls `onNear` whenever the element comes near the view of the scroller around it. */
export function nearView(onNear: () => void): Attachment<HTMLElement> {
  return (element) => {
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) onNear();
      },
      { root: element.closest(".scroller"), rootMargin: "1500px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
}
