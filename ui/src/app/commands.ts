/** What can be done by a key: one registry, which the keyboard, the buttons and the list of keys read. */
import { shellStrings } from "../strings/shell";
import {
  commandName,
  commandShiftName,
  hasCommand,
  inTextField,
  isAltWith,
  isCommandWith,
  isShiftCommandWith,
  stopEverythingName,
  stopsEverything,
} from "./keys";
import type { Workspace } from "./workspace.svelte";

/** Below this the list of conversations lies over the transcript. */
const NARROW = "(max-width: 760px)";

export type CommandId = keyof typeof shellStrings.commands;

/** A key that what has the focus hears by itself. */
export interface LocalKey {
  readonly id: CommandId;
  /** What it does, in words for the person. */
  readonly title: string;
  /** The key's name, as this system writes it. */
  readonly key: string;
}

/** What works everywhere in the window. */
export interface Command extends LocalKey {
  /** Whether that was its key. */
  readonly isKey: (event: KeyboardEvent) => boolean;
  /** Where its key means it; absent where it always does. */
  readonly when?: (target: EventTarget | null) => boolean;
  /** Does it; `at` is the time of the key or the click. */
  readonly run: (workspace: Workspace, at: number) => void;
  /** Whether it comes before an input method's own keys. */
  readonly overtakesInputMethods?: boolean;
  /** Whether it goes on while its key is held. */
  readonly repeats?: boolean;
}

const { commands: titles, keyNames } = shellStrings;

function local(id: CommandId & keyof typeof keyNames): LocalKey {
  return { id, title: titles[id], key: keyNames[id] };
}

function command(
  id: CommandId,
  key: string,
  isKey: Command["isKey"],
  run: Command["run"],
  rest: Partial<Pick<Command, "when" | "overtakesInputMethods" | "repeats">> = {},
): Command {
  return { id, title: titles[id], key, isKey, run, ...rest };
}

/** All keys, in the order in which they are listed. */
export const keys: readonly (LocalKey | Command)[] = [
  local("send"),
  local("breakLine"),
  command(
    "escape",
    keyNames.escape,
    ({ key, shiftKey }) => key === "Escape" && !shiftKey,
    (workspace, at) => {
      if (!workspace.layers.closeTop()) workspace.stop(at);
    },
  ),
  command(
    "stopAfterStep",
    keyNames.stopAfterStep,
    (event) => event.key === "Escape" && event.shiftKey && !stopsEverything(event),
    (workspace, at) => void workspace.stopAfterStep(at),
  ),
  command(
    "stopAll",
    stopEverythingName,
    stopsEverything,
    (workspace, at) => workspace.stopAll(at),
    { overtakesInputMethods: true },
  ),
  command("tool", commandName("J"), (event) => isCommandWith(event, "j"), goToTool),
  local("answer"),
  command(
    "newConversation",
    commandName("N"),
    (event) => isCommandWith(event, "n"),
    (workspace) => {
      workspace.layers.overlay = false;
      workspace.newConversation();
    },
  ),
  command(
    "newWindow",
    commandShiftName("N"),
    (event) => isShiftCommandWith(event, "n"),
    (workspace) => workspace.openWindow(null),
  ),
  command("search", commandShiftName("F"), (event) => isShiftCommandWith(event, "f"), goToSearch),
  command(
    "find",
    commandName("F"),
    (event) => isCommandWith(event, "f"),
    (workspace) => {
      workspace.beginFind();
    },
    { when: () => document.querySelector("[role=dialog]") === null },
  ),
  command("previous", keyNames.previous, isAltWith("ArrowUp"), (workspace) => workspace.walk(-1), {
    repeats: true,
  }),
  command("next", keyNames.next, isAltWith("ArrowDown"), (workspace) => workspace.walk(1), {
    repeats: true,
  }),
  command(
    "settings",
    commandName(","),
    (event) => hasCommand(event) && event.key === ",",
    ({ layers }) => (layers.settings = true),
  ),
  command("sidebar", commandName("B"), (event) => isCommandWith(event, "b"), toggleSidebar),
  command(
    "usage",
    commandName("U"),
    (event) => isCommandWith(event, "u"),
    ({ layers }) => (layers.usage = true),
  ),
  command(
    "conversation",
    commandName("I"),
    (event) => isCommandWith(event, "i"),
    ({ layers }) => (layers.conversation = true),
  ),
  command(
    "branches",
    commandShiftName("B"),
    (event) => isShiftCommandWith(event, "b"),
    ({ layers, thread }) => (layers.branches = thread !== null),
  ),
  command(
    "assistants",
    commandShiftName("A"),
    (event) => isShiftCommandWith(event, "a"),
    ({ layers }) => (layers.assistants = true),
  ),
  command(
    "effort",
    commandName("E"),
    (event) => isCommandWith(event, "e"),
    ({ layers, model }) => (layers.effort = (model?.efforts.length ?? 0) > 0),
  ),
  command(
    "filing",
    commandShiftName("M"),
    (event) => isShiftCommandWith(event, "m"),
    ({ layers, list, currentId }) => (layers.filing = list.find(currentId)?.id ?? null),
  ),
  local("rename"),
  local("pin"),
  local("fileUnder"),
  local("archive"),
  local("openInWindow"),
  local("delete"),
  command(
    "keys",
    keyNames.keys,
    (event) => event.key === "?" && !hasCommand(event),
    ({ layers }) => (layers.keys = true),
    { when: (target) => !inTextField(target) },
  ),
];

const commands = keys.filter((key): key is Command => "run" in key);

/** Does what a key or a button asks for. */
export function run(workspace: Workspace, id: CommandId): void {
  commands.find((command) => command.id === id)?.run(workspace, Date.now());
}

/** The name of a command's key. */
export function keyOf(id: CommandId): string {
  return keys.find((key) => key.id === id)?.key ?? "";
}

/** The command whose key that was, where it means it. */
export function commandFor(event: KeyboardEvent): Command | undefined {
  return commands.find(({ isKey, when }) => isKey(event) && (when?.(event.target) ?? true));
}

/** Shows or hides the conversations, whichever way the window shows them. */
function toggleSidebar(workspace: Workspace): void {
  const { layers } = workspace;
  if (matchMedia(NARROW).matches) layers.overlay = !layers.overlay;
  else layers.sidebar = !layers.sidebar;
  // What is hidden has no focus.
  if (!layers.sidebar && document.activeElement?.closest("aside")) workspace.focusComposer();
}

/** Goes to the field of the search, wherever the conversations are by then. */
function goToSearch(workspace: Workspace): void {
  const { layers, finder } = workspace;
  if (matchMedia(NARROW).matches) layers.overlay = true;
  else layers.sidebar = true;
  finder.focus();
}

/** Goes to the first question of a tool, or else to the button that stops one. */
function goToTool(): void {
  const question = document.querySelector<HTMLElement>(
    "[data-testid='approve-once'], [data-testid='elicitation'] :is(input, select, button)",
  );
  const stop = document.querySelector<HTMLElement>("[data-testid='stop-tool']");
  (question ?? stop)?.focus();
}
