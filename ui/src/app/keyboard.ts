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
  tool: mac ? "⌘J" : "Ctrl J",
};

/** Shows or hides the conversations, whichever way the window shows them. */
export function toggleSidebar({ layers }: Workspace): void {
  if (matchMedia(NARROW).matches) layers.overlay = !layers.overlay;
  else layers.sidebar = !layers.sidebar;
}

/**
 * Whether a key belongs to an input method: pressed while it composes, or the Enter and the Esc
 * that ended it. WebKit on macOS sends that one after the composition's end, as the key code 229
 * (UI Events, section on legacy key codes).
 */
export function isInputMethods({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/**
 * Handles a key before anything else in the page does, so that one press does one thing: what is
 * taken here, nobody else hears of. Stopping comes before all else, since its time is counted from
 * the key.
 */
export function onKey(workspace: Workspace, event: KeyboardEvent): void {
  if (stopsEverything(event)) {
    if (!event.repeat) workspace.stopAll(Date.now());
    take(event);
  } else if (isInputMethods(event)) {
    // It acts by itself. No field and no dialog may take its Enter or its Esc for its own.
    event.stopImmediatePropagation();
  } else if (event.key === "Escape" && event.shiftKey) {
    if (!event.repeat) void workspace.stopAfterStep(Date.now());
    take(event);
  } else if (event.key === "Escape") {
    if (!event.repeat && !workspace.layers.closeTop()) workspace.stop(Date.now());
    take(event);
  } else if (isHeldOn(event)) {
    take(event);
  } else if (isShortcut(workspace, event)) {
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

function stopsEverything(event: KeyboardEvent): boolean {
  if (mac && event.metaKey && event.shiftKey && event.code === "Period") return true;
  // An input method may hide the key's meaning, never its place.
  const escape = event.key === "Escape" || event.code === "Escape";
  return escape && event.ctrlKey && event.shiftKey;
}

/** An Enter that is held on after it did its work elsewhere would press what has the focus now. */
function isHeldOn({ key, repeat, target }: KeyboardEvent): boolean {
  return key === "Enter" && repeat && !(target instanceof HTMLTextAreaElement);
}

/** Does what a shortcut stands for, and says whether the key was one. */
function isShortcut(workspace: Workspace, event: KeyboardEvent): boolean {
  const { layers } = workspace;
  const command = hasCommand(event);
  const plain = command && !event.shiftKey && !event.altKey;
  const key = event.key.toLowerCase();
  if (plain && key === "n") {
    layers.overlay = false;
    workspace.newConversation();
  } else if (command && key === ",") {
    layers.settings = true;
  } else if (plain && key === "b") {
    toggleSidebar(workspace);
  } else if (plain && key === "u") {
    layers.usage = true;
  } else if (plain && key === "j") {
    goToTool();
  } else if (event.altKey && !command && (key === "arrowup" || key === "arrowdown")) {
    workspace.walk(key === "arrowup" ? -1 : 1);
  } else if (key === "?" && !command && !inTextField(event.target)) {
    layers.keys = true;
  } else {
    return false;
  }
  return true;
}

/** Goes to the first question of a tool, or else to the button that stops one. */
function goToTool(): void {
  const question = document.querySelector<HTMLElement>("[data-testid='approve-once']");
  const stop = document.querySelector<HTMLElement>("[data-testid='stop-tool']");
  (question ?? stop)?.focus();
}

function hasCommand({ metaKey, ctrlKey }: KeyboardEvent): boolean {
  return mac ? metaKey : ctrlKey;
}

/** Whether a key writes something. Space does not: where nothing has the focus, it turns the page. */
function writes(event: KeyboardEvent): boolean {
  const { key, altKey, ctrlKey, metaKey } = event;
  if (hasCommand(event)) return key.toLowerCase() === "v";
  return key.length === 1 && key !== " " && !altKey && !ctrlKey && !metaKey;
}

function inTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, [contenteditable]") !== null;
}
