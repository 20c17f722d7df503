/** What a press of a key means on this system. */

const mac = navigator.platform.startsWith("Mac");

/** The name of a key with the command key of this system: `⌘N`, `Ctrl N`. */
export function commandName(key: string): string {
  return mac ? `⌘${key}` : `Ctrl ${key}`;
}

/** The same with Shift. */
export function commandShiftName(key: string): string {
  return mac ? `⌘⇧${key}` : `Ctrl Shift ${key}`;
}

/** The name of the key that stops everything. */
export const stopEverythingName = mac ? "⌘⇧." : "Ctrl Shift Esc";

export function hasCommand({ metaKey, ctrlKey }: KeyboardEvent): boolean {
  return mac ? metaKey : ctrlKey;
}

/** Whether it is this key with the command key alone. */
export function isCommandWith(event: KeyboardEvent, key: string): boolean {
  return hasCommand(event) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === key;
}

/** The same with Shift. */
export function isShiftCommandWith(event: KeyboardEvent, key: string): boolean {
  return hasCommand(event) && event.shiftKey && !event.altKey && event.key.toLowerCase() === key;
}

/** Whether it is this key with Alt. */
export function isAltWith(key: string): (event: KeyboardEvent) => boolean {
  return (event) => event.altKey && !hasCommand(event) && event.key === key;
}

export function stopsEverything(event: KeyboardEvent): boolean {
  if (mac && event.metaKey && event.shiftKey && event.code === "Period") return true;
  // An input method may hide the key's meaning, never its place.
  const escape = event.key === "Escape" || event.code === "Escape";
  return escape && event.ctrlKey && event.shiftKey;
}

/**
 * Whether a key belongs to an input method: pressed while it composes, or the Enter and the Esc
 * that ended it. WebKit on macOS sends that one after the composition's end, as the key code 229
 * (UI Events, section on legacy key codes).
 */
export function isInputMethods({ isComposing, keyCode }: KeyboardEvent): boolean {
  return isComposing || keyCode === 229;
}

/** An Enter that is held on after it did its work elsewhere would press what has the focus now. */
export function isHeldOn({ key, repeat, target }: KeyboardEvent): boolean {
  return key === "Enter" && repeat && !(target instanceof HTMLTextAreaElement);
}

/** Whether a key writes something. Space does not: where nothing has the focus, it turns the page. */
export function writes(event: KeyboardEvent): boolean {
  const { key, altKey, ctrlKey, metaKey } = event;
  if (hasCommand(event)) return key.toLowerCase() === "v";
  return key.length === 1 && key !== " " && !altKey && !ctrlKey && !metaKey;
}

export function inTextField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("input, textarea, [contenteditable]") !== null;
}
