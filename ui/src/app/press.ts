/** Buttons that act when they are pressed: what Stop waits until a finger is lifted, is paid for. */

/** The handlers of a button, to be spread on it. */
export interface Press {
  onpointerdown: (event: PointerEvent) => void;
  onclick: (event: MouseEvent) => void;
}

/**
 * Acts when a mouse or a pen goes down. A finger may be about to scroll, so it acts when it is
 * lifted; keys and assistive technology click without a press.
 */
export function onPress(act: () => void): Press {
  let pressed = false;
  return {
    onpointerdown: (event) => {
      pressed = event.button === 0 && event.pointerType !== "touch";
      if (!pressed) return;
      act();
      // The mouse goes on to take the focus away, to a button that is disabled by then.
      const focused = document.activeElement;
      if (focused instanceof HTMLElement) setTimeout(() => focused.focus({ preventScroll: true }));
    },
    onclick: (event) => {
      // The end of a press that has acted: by now the button may speak of the next turn.
      if (pressed && event.detail > 0) return;
      act();
    },
  };
}
