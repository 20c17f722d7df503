/** Keeps the end in view while the reader is there, and nothing else moves the view. */
import type { Attachment } from "svelte/attachments";

/** Closer to the end than this counts as being there, in CSS pixels. */
const NEAR = 24;

export class Follow {
  /** Whether new text keeps the view at the end. */
  following = $state(true);
  #scroller: HTMLElement | null = null;
  #last = 0;

  /** The element that scrolls; its only child is the content that grows. */
  readonly scroller: Attachment<HTMLElement> = (scroller) => {
    this.#scroller = scroller;
    const onScroll = (): void => this.#scrolled(scroller);
    scroller.addEventListener("scroll", onScroll, { passive: true });
    // Once a frame at most, after the layout that the frame needs anyway.
    const sizes = new ResizeObserver(() => {
      if (this.following) this.#toEnd();
    });
    sizes.observe(scroller);
    if (scroller.firstElementChild) sizes.observe(scroller.firstElementChild);
    return () => {
      scroller.removeEventListener("scroll", onScroll);
      sizes.disconnect();
      this.#scroller = null;
    };
  };

  /** Goes to the end and stays there. */
  resume(): void {
    this.following = true;
    this.#toEnd();
  }

  /** Runs `grow`, which adds content above the view, without moving what is seen. */
  keepPlace(grow: () => void): void {
    const scroller = this.#scroller;
    if (!scroller) return grow();
    const below = scroller.scrollHeight - scroller.scrollTop;
    grow();
    scroller.scrollTop = scroller.scrollHeight - below;
    this.#last = scroller.scrollTop;
  }

  #toEnd(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    scroller.scrollTop = scroller.scrollHeight;
    this.#last = scroller.scrollTop;
  }

  #scrolled(scroller: HTMLElement): void {
    const top = scroller.scrollTop;
    if (scroller.scrollHeight - top - scroller.clientHeight <= NEAR) this.following = true;
    // Content that grows never lowers the position: only the reader does.
    else if (top < this.#last - 1) this.following = false;
    this.#last = top;
  }
}
