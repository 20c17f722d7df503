/** The keys that work everywhere in the window. */
import type { Workspace } from "./workspace.svelte";

/** Below this the list of conversations lies over the transcript. */
export const NARROW = "(max-width: 760px)";

const mac = navigator.platform.startsWith("Mac");

/** The names of the keys, as this system writes them. */
export const keyNames = {
  stopAll: mac ? "⌘⇧." : "Ctrl Shift Esc",
  newConversation: mac ? "⌘N" : "Ctrl N",
  settings: mac ? "⌘," : "Ctrl ,",
  sidebar: mac ? "⌘B" : "Ctrl B",
  usage: mac ? "⌘U" : "Ctrl U",
};

/** Shows or hides the conversations, whichever way the window shows them. */
export function toggleSidebar({ layers }: Workspace): void {
  if (matchMedia(NARROW).matches) layers.overlay = !layers.overlay;
  else layers.sidebar = !layers.sidebar;
}

/**
 * Handles a key before anything else in the page does: only then is what Esc would close still
 * open. Stopping comes before all else, since its time is counted from the key.
 */
export function onKey(workspace: Workspace, event: KeyboardEvent): void {
  // An input method's own Esc and Enter are not ours.
  if (event.isComposing) return;
  const { layers } = workspace;
  const command = mac ? event.metaKey : event.ctrlKey;
  if (event.key === "Escape" && event.ctrlKey && event.shiftKey) {
    workspace.stopAll(Date.now());
  } else if (mac && event.metaKey && event.shiftKey && event.code === "Period") {
    workspace.stopAll(Date.now());
  } else if (event.key === "Escape") {
    if (layers.open) {
      layers.overlay = layers.overlay && otherThanOverlay(workspace);
      return;
    }
    workspace.stop(Date.now());
  } else if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "n") {
    layers.overlay = false;
    workspace.newConversation();
  } else if (command && event.key === ",") {
    layers.settings = true;
  } else if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "b") {
    toggleSidebar(workspace);
  } else if (command && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "u") {
    layers.usage = true;
  } else if (event.altKey && !command && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
    workspace.walk(event.key === "ArrowUp" ? -1 : 1);
  } else if (event.key === "?" && !command && !inTextField(event.target)) {
    layers.keys = true;
  } else {
    // The letter itself, or what is pasted, comes after this and goes where the focus is by then.
    if (!layers.open && document.activeElement === document.body && writes(event, command))
      workspace.focusComposer();
    return;
  }
  event.preventDefault();
}

/** Whether a key writes something. Space does not: where nothing has the focus, it turns the page. */
function writes({ key, altKey, ctrlKey, metaKey }: KeyboardEvent, command: boolean): boolean {
  if (command) return key.toLowerCase() === "v";
  return key.length === 1 && key !== " " && !altKey && !ctrlKey && !metaKey;
}

/** Whether something lies open that Esc closes before the list over a narrow window. */
function otherThanOverlay({ layers }: Workspace): boolean {
  return (
    layers.settings ||
    layers.keys ||
    layers.usage ||
    layers.models ||
    layers.menu !== null ||
    layers.renaming !== null ||
    layers.editing !== null
  );
}

function inTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, [contenteditable]") !== null;
}
