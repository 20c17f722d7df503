/** Keeps the end in view while the reader is there, and nothing else moves the view. */
import type { Attachment } from "svelte/attachments";
import { Viewport } from "../../stream/viewport";

/** Closer to the end than this counts as being there, in CSS pixels. */
const NEAR = 24;

/** What a reader scrolls with. A scroll bar tells nothing of itself, and is known by its effect. */
const HAND = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

export class Follow {
  /** Whether new text keeps the view at the end. */
  following = $state(true);
  #scroller: HTMLElement | null = null;
  /** What was seen last: the position, and the sizes that it belongs to. */
  #last = { top: 0, content: 0, view: 0 };
  /** Whether the reader's hand was on it since the last scroll. */
  #byHand = false;

  /** Begins at the end, or where the content begins. */
  constructor(atEnd = true) {
    this.following = atEnd;
  }

  /** The element that scrolls; its only child is the content that grows. */
  readonly scroller: Attachment<HTMLElement> = (scroller) => {
    this.#scroller = scroller;
    const onScroll = (): void => this.#scrolled(scroller);
    const onHand = (event: Event): void => {
      this.#byHand = true;
      // A browser goes where the end was when the key was pressed, and text that comes to the page
      // on the way may have moved it.
      if (asksForEnd(event, scroller)) this.resume();
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    for (const event of HAND) scroller.addEventListener(event, onHand, { passive: true });
    // Once a frame at most, after the layout that the frame needs anyway.
    const sizes = new ResizeObserver(() => {
      if (this.following) this.#toEnd();
      else Viewport.around(scroller)?.look();
    });
    sizes.observe(scroller);
    if (scroller.firstElementChild) sizes.observe(scroller.firstElementChild);
    return () => {
      scroller.removeEventListener("scroll", onScroll);
      for (const event of HAND) scroller.removeEventListener(event, onHand);
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
    this.#look(scroller);
  }

  #toEnd(): void {
    const scroller = this.#scroller;
    if (!scroller) return;
    scroller.scrollTop = scroller.scrollHeight;
    // What comes to the page there may be higher or lower than was thought.
    Viewport.around(scroller)?.look();
    scroller.scrollTop = scroller.scrollHeight;
    this.#look(scroller);
  }

  #look({ scrollTop, scrollHeight, clientHeight }: HTMLElement): void {
    this.#last = { top: scrollTop, content: scrollHeight, view: clientHeight };
  }

  #scrolled(scroller: HTMLElement): void {
    const { top, content, view } = this.#last;
    const byHand = this.#byHand;
    this.#byHand = false;
    this.#look(scroller);
    const now = this.#last;
    // A view that changed, or content that shrank, is moved by the browser to where there is
    // something to show. What only grows never lowers the position.
    const moved = now.view !== view || now.content < content;
    if (now.content - now.top - now.view <= NEAR) this.following = true;
    else if (now.top < top - 1 && (byHand || !moved)) this.following = false;
    else if (this.following && moved) this.#toEnd();
  }
}

/** Whether a key asks for the end of this scroller, and not of a text field or one inside it. */
function asksForEnd(event: Event, scroller: HTMLElement): boolean {
  if (!(event instanceof KeyboardEvent) || event.key !== "End" || event.shiftKey) return false;
  const { target } = event;
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLInputElement) return false;
  return target instanceof Element && target.closest(".scroller") === scroller;
}
