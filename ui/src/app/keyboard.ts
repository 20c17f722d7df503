/** What a press of a key does, before anything else in the page hears of it. */
import { commandFor } from "./commands";
import { isHeldOn, isInputMethods, writes } from "./keys";
import type { Workspace } from "./workspace.svelte";

/**
 * Handles a key before anything else in the page does, so that one press does one thing: what is
 * taken here, nobody else hears of. Stopping everything comes before all else, since its time is
 * counted from the key and an input method may hide what the key means.
 */
export function onKey(workspace: Workspace, event: KeyboardEvent): void {
  const command = commandFor(event);
  if (isInputMethods(event) && !command?.overtakesInputMethods) {
    // It acts by itself. No field and no dialog may take its Enter or its Esc for its own.
    event.stopImmediatePropagation();
  } else if (command) {
    // A key that is still down from before, or held on, asks for nothing new.
    if (!event.repeat || command.repeats) command.run(workspace, Date.now());
    take(event);
  } else if (isHeldOn(event)) {
    take(event);
  } else if (
    // The letter itself, or what is pasted, comes after this and goes where the focus is by then.
    !workspace.layers.open &&
    document.activeElement === document.body &&
    writes(event)
  ) {
    workspace.focusComposer();
  }
}

function take(event: KeyboardEvent): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
