/** Buttons that act when they are pressed: what Stop waits until a finger is lifted, is paid for. */

/** The handlers of a button, to be spread on it. */
export interface Press {
  onpointerdown: (event: PointerEvent) => void;
  onclick: (event: MouseEvent) => void;
}

/**
 * Acts when a mouse or a pen goes down. A finger may be about to scroll, so it acts when it is
 * lifted; keys and assistive technology click without a press. Afterwards `keeper` has the focus,
 * or else what had it before a mouse took it away, to a button that is disabled by then. Where a key
 * pressed a button that goes, `leave` says where the focus goes.
 */
export function onPress(
  act: () => void,
  keeper?: () => HTMLElement | null | undefined,
  leave?: () => void,
): Press {
  let pressed = false;
  return {
    onpointerdown: (event) => {
      pressed = event.button === 0 && event.pointerType !== "touch";
      if (!pressed) return;
      act();
      focusLater(keeper?.() ?? document.activeElement);
    },
    onclick: (event) => {
      // The end of a press that has acted: by now the button may speak of the next turn.
      if (pressed && event.detail > 0) return;
      act();
      focusLater(keeper?.());
      if (event.detail === 0) leave?.();
    },
  };
}

/**
 * With the next frame: the focus has the page laid out, and until that was done the message that
 * was just given to the app might wait for a core to leave on.
 */
function focusLater(element: Element | null | undefined): void {
  if (element instanceof HTMLElement)
    requestAnimationFrame(() => element.focus({ preventScroll: true }));
}
