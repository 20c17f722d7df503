/** Every word of the interface, in one place, so that a translation replaces one file. */
import type {
  Ability,
  Api,
  Cause,
  ConnectionEnd,
  CopyView,
  ErrorCategory,
  FailureAction,
  FailureKind,
  Grouping,
  MessageState,
  Phase,
  PriceOrigin,
  RecoveredView,
  RepairChange,
  ServerCancel,
  StopEffect,
  ToolCallState,
  UsageSource,
} from "./backend/generated";
import type { Remedy } from "./features/chat/remedy";
import type { MarkdownLabels } from "./markdown";

export const causes: Record<Cause, string> = {
  user: "Stopped by you",
  "window-closed": "Stopped when the window was closed",
  "viewer-gone": "Stopped because the window stopped responding",
  "app-quit": "Stopped when Tacet quit",
  replaced: "Replaced by a newer answer",
  deadline: "Stopped by the time limit",
  crash: "Cut off when Tacet ended unexpectedly",
  "provider-error": "Cut off by the provider",
  "answer-limit": "Cut off at the limit for one answer",
};

export const phases: Record<Phase, string> = {
  queued: "Waiting for the model",
  "building-context": "Preparing the conversation",
  "loading-model": "Loading the model",
  "reading-prompt": "Reading the conversation",
  connecting: "Connecting",
  "waiting-for-headers": "Waiting for the server",
  "waiting-for-first-token": "Waiting for the first word",
  reasoning: "Thinking",
  text: "Writing",
  "tool-arguments": "Writing a tool call",
  "waiting-to-retry": "Waiting to retry",
};

export const toolStates: Record<ToolCallState, string> = {
  "receiving-arguments": "Receiving arguments…",
  "waiting-for-approval": "Waiting for your answer",
  running: "Running…",
  succeeded: "Done",
  failed: "Failed",
  denied: "Denied by you",
  "interrupted-before-run": "Cut off · not executed",
  "interrupted-while-running": "Stopped while running · its effect is unknown",
};

/** What is said of an answer's end to those who listen. */
export const endings: Record<Exclude<MessageState, "streaming">, string> = {
  complete: "Answer complete",
  incomplete: "Answer incomplete",
  interrupted: "Stopped",
};

export const errorTitles: Record<ErrorCategory, string> = {
  authentication: "The key was not accepted",
  "rate-limit": "Too many requests, or no credit",
  overloaded: "The provider cannot answer now",
  "prompt-too-long": "The conversation is too long for this model",
  "request-too-large": "The request is too large for this server",
  "bad-request": "The provider rejected the request",
  "unknown-model": "The provider doesn't know this model",
  "wrong-address": "The server's address is not right",
  file: "A file was not accepted",
  "content-filter": "Blocked by the provider's filter",
  network: "The connection failed",
  protocol: "The server's answer was not understood",
  "answer-too-long": "The answer is too long",
  engine: "The built-in model failed",
  storage: "The disk or the database failed",
  unknown: "The provider reported an error",
};

/** The button that does what an error asks for. */
export const remedies: Record<Exclude<Remedy, "leave-out">, string> = {
  key: "Change the key",
  settings: "Look at the provider's settings",
  model: "Choose another model",
  retry: "Try again",
  edit: "Edit your message",
};

export const apiNames: Record<Api, string> = {
  "openai-chat": "OpenAI-compatible (Chat Completions)",
  "openai-responses": "OpenAI Responses",
  anthropic: "Anthropic Messages",
  gemini: "Gemini",
  ollama: "Ollama",
  embedded: "Built-in model",
};

/** What an address of each API looks like. */
export const addressHints: Record<Api, string> = {
  "openai-chat": "With /v1 where the server's documentation has it: http://localhost:8080/v1",
  "openai-responses": "With /v1. Leave it empty for OpenAI itself.",
  anthropic: "Without /v1. Leave it empty for Anthropic itself.",
  gemini: "With /v1beta. Leave it empty for Google itself.",
  ollama: "Without /v1 or /api. Leave it empty for the Ollama on this computer.",
  embedded: "",
};

export const abilities: Record<Ability, string> = {
  images: "Understands images",
  documents: "Reads PDF files",
  tools: "Calls tools",
  reasoning: "Reasons before it answers",
};

export const usageSources: Record<UsageSource, string> = {
  reported: "reported by the provider",
  running: "provider's last count",
  estimated: "estimated",
  unknown: "unknown",
};

/** What the composer says before a stop; rule C24. */
export const stopEffectHints: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `${provider} stops billing when you stop`,
  "goes-on": (provider) => `${provider} may keep billing after you stop`,
  cancels: (provider) => `Stop also cancels on ${provider}'s server`,
  unknown: (provider) => `${provider} doesn't say whether billing stops`,
  local: () => "Local, no provider billing",
};

/** The same on a receipt. */
export const stopEffects: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `${provider} stops billing here`,
  "goes-on": (provider) => `${provider} may keep billing`,
  cancels: (provider) => `${provider} was asked to cancel`,
  unknown: (provider) => `${provider} doesn't say whether billing stops`,
  local: () => "local, no provider billing",
};

/** What became of the connection, around the time that it took. */
export const connectionEnds: Record<ConnectionEnd, { before: string; timed: boolean }> = {
  "never-opened": { before: "no connection had been opened", timed: false },
  closed: { before: "connection closed in", timed: true },
  "worker-stopped": { before: "model stopped in", timed: true },
  "worker-killed": { before: "model's process was ended after", timed: true },
  "read-on": { before: "hidden at once, still being received for the exact usage", timed: false },
  unconfirmed: { before: "the end of the connection was not confirmed", timed: false },
};

/** The same without the time. */
export const connectionNames: Record<ConnectionEnd, string> = {
  "never-opened": "had not been opened",
  closed: "closed",
  "worker-stopped": "the built-in model confirmed that it stopped",
  "worker-killed":
    "the built-in model had not loaded or did not answer in time, and its process was ended",
  "read-on":
    "hidden at once and, as set for this provider, received to its end for the exact usage",
  unconfirmed: "its end was not confirmed",
};

/** What the server said when it was asked to end an answer. */
export const serverCancels: Record<ServerCancel, string> = {
  confirmed: "confirmed that it ended the answer",
  refused: "refused to end the answer",
  unanswered: "was told to end the answer and has not confirmed it",
};

/** What the next request says otherwise than the conversation on screen; rule C22. */
export function repairWords(change: RepairChange): { what: string; detail: string | null } {
  switch (change.kind) {
    case "note-added":
      return { what: "Added: a note that the answer ended early", detail: change.text };
    case "result-added":
      return { what: `Added: a neutral result for ${change.tool}`, detail: change.text };
    case "result-filled":
      return { what: `Added: text for the empty result of ${change.tool}`, detail: change.text };
    case "result-left-out":
      return { what: "Left out: a tool result that belongs to no call", detail: change.callId };
    case "arguments-wrapped":
      return {
        what: `Rewritten: the cut-off arguments of ${change.tool}, as plain text`,
        detail: null,
      };
    case "name-rewritten":
      return { what: "Rewritten: a tool's name", detail: `${change.from} → ${change.to}` };
    case "call-id-rewritten":
      return { what: "Rewritten: a tool call's id", detail: `${change.from} → ${change.to}` };
    case "reasoning-left-out":
      return { what: "Left out: reasoning this model can't accept", detail: null };
    case "message-left-out":
      return { what: "Left out: an empty answer", detail: null };
    case "messages-joined":
      return { what: "Rewritten: two of your messages in a row, as one", detail: null };
    case "end-added":
      return { what: "Added: closing message after a tool result", detail: change.text };
    case "file-replaced":
      return {
        what: "Rewritten: a file this model can't read, as its name",
        detail: change.name,
      };
    case "file-left-out":
      return { what: "Left out: a file that was not accepted", detail: change.name };
  }
}

const months = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

export const strings = {
  app: "Tacet",
  newConversation: "New",
  newConversationTitle: "New conversation",
  conversations: "Conversations",
  filterPlaceholder: "Find by title",
  nothingFound: "No title matches.",
  noConversations: "Your conversations will be listed here.",
  today: "Today",
  yesterday: "Yesterday",
  /** The month of a moment in milliseconds since the epoch. */
  month: (at: number) => months.format(at),
  rename: "Rename",
  delete: "Delete",
  titleOfConversation: "Title of the conversation",
  more: (title: string) => `More for “${title}”`,
  running: "An answer is being written",
  stopThis: (title: string) => `Stop the answer in “${title}”`,
  deleted: (title: string) => `“${title}” was deleted.`,
  undo: "Undo",
  dismiss: "Dismiss",
  toggleSidebar: "Show or hide the conversations",
  closeSidebar: "Close the conversations",

  opening: "Opening…",
  cannotOpen: "This conversation could not be opened, and nothing in it was changed:",
  openAgain: "Try again",
  transcript: "Conversation",
  composer: "Message",
  composerFirst: "Ask anything…",
  composerNext: "Reply…",
  continue: "Continue",
  attach: "Attach files",
  dropFiles: "Drop files to attach them",
  removeFile: (name: string) => `Remove ${name}`,
  fileTooLarge: (name: string) => `“${name}” is larger than 10 MB and was not attached.`,
  fileLeftOut: "left out",
  leaveOutFile: (name: string) => `Leave out “${name}” and retry`,
  fileUnreadable: (name: string) =>
    `“${name}” was not attached: images, PDF files and files of text can be sent.`,
  repairSummary: (count: number) =>
    `${count === 1 ? "1 change" : `${String(count)} changes`} before sending · what the model will see`,
  retrying: (retry: number, of: number, seconds: number) =>
    seconds <= 0
      ? `Retrying (${String(retry)} of ${String(of)})…`
      : `Retrying in ${String(seconds)} s (${String(retry)} of ${String(of)})`,
  send: "Send",
  stop: "Stop",
  stopping: "Stopping…",
  stopAll: "Stop all",
  stopAllCount: (count: number) => (count > 1 ? `Stop all ${count}` : "Stop all"),
  keysHint: "Enter sends · Esc stops",
  sendWaits: "Stop the answer, or wait for its end, to send",
  noModel: "Choose a model above to send.",
  follow: "Jump to latest",

  firstTitle: "What is on your mind?",
  firstLocal: (model: string) =>
    `${model} is selected: a small built-in model. It works offline, and nothing leaves this computer.`,
  firstOther: (model: string, provider: string) => `${model} by ${provider} is selected.`,
  firstNone: "No model is selected yet.",
  firstBetter: "Add a better one in the settings",

  you: "You",
  assistant: "Answer",
  thinking: "Thinking…",
  thought: "Thoughts",
  thoughtFor: (duration: string) => `Thought for ${duration}`,
  stoppedHere: "stopped here",
  toolCall: (name: string) => `Tool call: ${name}`,
  toolResult: "Result",
  receipt: "receipt",
  tokensKept: "tokens kept",
  atLeast: (figure: string) => `at least ${figure}`,
  tokens: "tokens",
  charactersKept: "characters kept",
  nothingKept: "nothing had arrived",
  unknownUsage: "tokens unknown",
  incompleteAfterError: "Incomplete.",
  incomplete: "Incomplete: the stream ended before the provider confirmed it was complete.",
  interruptedWithoutReceipt: (cause: string) => `${cause}.`,
  arrivedIsKept: (remark: string) => `${remark} What arrived is kept.`,
  emptyAnswer: "The model returned no text. Retry to ask again.",
  reasoningAlone: "The model ended after its reasoning, without an answer. Retry to ask again.",
  lengthLimit: "The model stopped at its token limit.",
  filtered: "Cut off by the provider's filter.",
  filesNotKept: (names: readonly string[]) =>
    `Too large to keep while this page was loaded again: ${names.join(", ")}. Attach ${
      names.length === 1 ? "it" : "them"
    } once more.`,
  unsaved: "Not saved yet.",
  unsavedKept:
    "Nothing is lost while Tacet is open: saving is tried again until it works. To be safe, copy the answer.",
  failedAttempts: (figures: string) => `Attempts that failed before took as well: ${figures}.`,
  providersWords: "Provider's message",
  httpStatus: (status: number) => `HTTP ${status}`,
  retry: "Retry",
  copy: "Copy",
  copied: "Copied",
  showAll: (characters: string) => `Show all ${characters} characters`,
  showLess: "Show less",
  pastedText: (number: number) => `Pasted text${number > 1 ? ` ${String(number)}` : ""}.txt`,
  insertAsText: (name: string) => `Insert “${name}” as text`,
  edit: "Edit",
  editing: "Edit your message",
  editSend: "Send as a new branch",
  cancel: "Cancel",
  branches: "Branches",
  previousBranch: "Previous branch",
  nextBranch: "Next branch",
  branchOf: (index: number, count: number) => `${index}/${count}`,

  answerStarted: "Answer started",
  stillWriting: "Still writing",

  receiptTitle: "What Stop did",
  receiptCause: "Why",
  receiptPhase: "Stopped while",
  receiptStoppedAt: "Stopped at",
  receiptClick: "Click to stop signal",
  receiptServer: "Server",
  receiptClosed: "Stop signal to closed connection",
  receiptClosedHint: "Measured on this computer. When the server noticed is not known here.",
  receiptNoCommit: "not known",
  receiptCommit: "Stop signal to saved",
  receiptConnection: "Connection",
  receiptEffect: "The provider",
  receiptTools: "Tools",
  receiptProcesses: "Processes ended",
  receiptBytes: "Received",
  receiptKept: "Kept",
  receiptUsage: "Usage",
  receiptMethod: "Estimated by",
  receiptUnconfirmed: "Not confirmed within 2 s",
  receiptNoClick: "not stopped manually",
  receiptNoTools: "none",
  receiptToolConfirmed: "confirmed",
  receiptToolUnconfirmed: "not confirmed",
  bytes: (count: string) => `${count} bytes`,
  characters: (count: string) => `${count} characters`,
  inputTokens: (count: string) => `${count} in`,
  cachedTokens: (count: string) => `${count} of them cached`,
  outputTokens: (count: string) => `${count} out`,
  reasoningTokens: (count: string) => `${count} of them reasoning`,

  model: "Model",
  chooseModel: "Choose a model",
  searchModels: "Search models",
  noModels: "No model matches.",
  refreshing: "Asking the servers for their models…",
  favourites: "Favourites",
  favourite: (model: string) => `Favourite: ${model}`,
  favouriteHint: "Favourites are listed first",
  foundServer: (name: string) => `Found on this computer: ${name}`,
  contextTokens: (tokens: number) => `${count(tokens)}-token context`,
  addProvider: "Add a provider",

  settings: "Settings",
  close: "Close",
  providers: "Providers",
  theme: "Appearance",
  themes: { system: "System", light: "Light", dark: "Dark" },
  data: "Data",
  dataDir: "Data folder:",
  version: (version: string) => `Tacet ${version}`,
  embedded: "Built-in, works offline",
  editProvider: "Edit",
  removeProvider: "Remove",
  providerName: "Name",
  providerId: "Id",
  providerIdHint: "Letters, digits, - _ and . : it stands before the model's name",
  providerUrl: "Address",
  preset: "Provider",
  presetNone: "Another server",
  providerApi: "API",
  keysPage: (provider: string) => `Get an API key from ${provider}`,
  providerModels: "Models",
  providerModelsHint: "One per line; leave empty to use the server's own list",
  providerKey: "API key",
  providerKeyEnv: "or the environment variable that holds it",
  keyStored: "Key saved. Type to replace it.",
  keyLocked: "The keychain is locked and holds this provider's key. Unlock it to use the key.",
  keyElsewhere: (origin: string) =>
    `The saved key is for ${origin} and is sent nowhere else. Enter the key for this address.`,
  keyInAddress:
    "There is a key in this address. Addresses are saved in a file that can be read; keys are not.",
  moveKey: "Move it to the key field",
  requestsGoTo: "Requests go to",
  inClear: (origin: string) =>
    `Send unencrypted: ${origin} is another machine, and over http:// the key and conversations can be read on the way.`,
  localModel: "The model runs on this computer",
  localModelHint: "Then nobody bills for it. Leave it off for a proxy that asks a paid service.",
  useAddress: (address: string) => `Use ${address}`,
  advanced: "Advanced",
  discard: "Discard what you typed?",
  discardYes: "Discard",
  keepEditing: "Keep editing",
  keyFromEnvironment: "Taken from the environment variable.",
  keyNone: "No key saved. Local servers often need none.",
  keyPlaces: {
    keychain: "Keys are stored in the system's keychain, never in a file.",
    locked:
      "The keychain is locked: keys are stored in memory until Tacet quits. Unlock it to save them.",
    memory:
      "There is no keychain here: keys are stored in memory until Tacet quits, never in a file.",
  },
  forgetKey: "Remove key",
  test: "Test",
  testing: "Testing…",
  save: "Save",
  onStop: "When you stop an answer",
  onStopClose: "Close the connection at once",
  onStopCloseCost:
    "Costs least where the provider stops with the connection. Most providers then report no usage, and the figure is an estimate.",
  onStopDrain: "Hide it, and keep receiving for the exact usage, up to",
  drainTokens: "tokens or",
  drainSeconds: "seconds",
  onStopDrainCost:
    "You pay for what is still written after the stop, as if you had not stopped. The figure is exact only if the answer ends within these limits.",
  background: "Answer in the background",
  backgroundHint:
    "Stop then also cancels the answer at OpenAI by a request of its own. OpenAI keeps such an answer for about ten minutes.",
  caCertificate: "Extra trusted certificates",
  caCertificateHint:
    "A PEM file, for a server whose certificate this system does not know; from the data folder if it is not a whole path",
  settingsProblem: "The settings file could not be read, so nothing can be saved:",

  keys: "Keyboard shortcuts",
  keyList: {
    send: "Send",
    breakLine: "New line",
    escape: "Close what is open, else stop the answer",
    stopAll: "Stop everything",
    newConversation: "New conversation",
    walk: "Previous, next conversation",
    settings: "Settings",
    sidebar: "Show or hide the conversations",
    usage: "Show usage and cost",
    keys: "Show this list",
    rename: "Rename the conversation (in the list)",
    delete: "Delete the conversation (in the list)",
  },
  /** Keys that are the same on each system. */
  keyNames: {
    send: "Enter",
    breakLine: "Shift Enter",
    escape: "Esc",
    walk: "Alt ↑  Alt ↓",
    rename: "F2",
    delete: "Del",
    keys: "?",
  },

  cannotStart: "Tacet could not start:",
  lostTurn: "Lost connection to this answer:",
};

/** The words that rendered Markdown puts on the screen by itself. */
export const markdownLabels: MarkdownLabels = {
  copy: strings.copy,
  copied: strings.copied,
  plainCode: "text",
  image: (alt, host) => `image: ${alt || "no description"}${host ? ` (${host})` : ""}`,
  footnote: (label) => `Footnote ${label}`,
  alert: (kind) =>
    ({
      note: "Note",
      tip: "Tip",
      important: "Important",
      warning: "Warning",
      caution: "Caution",
    })[kind],
};

/** What stands in place of the conversations when they cannot be shown. */
export const failureTitles: Record<FailureKind, string> = {
  page: "Tacet's page keeps ending",
  "in-use": "Tacet is already open",
  folder: "The data folder can't be used",
  damaged: "Your conversations can't be read",
  newer: "A newer Tacet was here",
  "disk-full": "The disk is full",
  locked: "Your conversations are in use by another program",
  other: "Tacet could not start",
};

export const failureActions: Record<FailureAction, { name: string; effect: string }> = {
  "stop-all": {
    name: "Stop everything",
    effect: "Closes every connection now; what has arrived is kept.",
  },
  reload: { name: "Load the page again", effect: "Answers that are being received go on." },
  "try-again": { name: "Try again", effect: "Starts Tacet once more on the same folder." },
  "read-only": {
    name: "Open read-only",
    effect: "Read, search and copy your conversations; nothing can be sent or saved.",
  },
  recover: {
    name: "Recover conversations",
    effect: "Saves what can be read into a new file, and keeps the damaged one beside it.",
  },
  "start-empty": {
    name: "Start without conversations",
    effect: "Renames the file that can't be read; nothing is deleted.",
  },
  "other-folder": {
    name: "Use another folder…",
    effect: "Until Tacet quits. To keep using it, start Tacet with --data-dir.",
  },
  "save-copy": {
    name: "Save conversations to a file",
    effect: "All that can be read, as JSON in your downloads folder.",
  },
  quit: { name: "Quit Tacet", effect: "Anything still running is stopped, and kept, first." },
};

const dates = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

function conversations(number: number): string {
  return number === 1 ? "1 conversation" : `${count(number)} conversations`;
}

/** Nothing in such a file is changed, not even by a deletion. */
const KEPT =
  "What you delete in Tacet from now on stays in it: delete the file once nothing is missing.";

export const failureStrings = {
  busy: "Working…",
  quit: "Nothing is running, and nothing is changed.",
  open: "Open Tacet",
  folder: "Data folder",
  browse: "Browse…",
  useFolder: "Open this folder",
  copies: "Backups in the data folder",
  restore: "Restore",
  copy: (copy: CopyView) =>
    `${dates.format(copy.modified)} · ${conversations(copy.conversations)} · ${copy.name}`,
  stopped: (number: number) =>
    number === 0
      ? "Nothing was running."
      : `Stopped ${number === 1 ? "one answer" : `${count(number)} answers`}. What had arrived is kept.`,
  saved: (path: string) => `Saved to ${path}`,
  recovered: (recovered: RecoveredView) =>
    `Recovered ${conversations(recovered.conversations)} with ${count(recovered.messages)} messages. ${
      recovered.isWhole ? "Nothing is missing." : "Some of it could not be read and is missing."
    } The damaged file is kept as ${recovered.keptAs}. ${KEPT}`,
  restored: (copy: CopyView, keptAs: string | null) =>
    `Restored ${conversations(copy.conversations)} from ${copy.name}.${
      keptAs === null ? "" : ` The file before it is kept as ${keptAs}. ${KEPT}`
    }`,
  emptied: (keptAs: string | null) =>
    keptAs === null ? "There was no file to keep." : `The file is kept as ${keptAs}. ${KEPT}`,
};

/** What answers took and cost. */
export const usageStrings = {
  title: "Usage",
  open: "Usage",
  groupBy: "Group by",
  groupings: {
    conversation: "Conversation",
    day: "Day",
    model: "Model",
    provider: "Provider",
  } satisfies Record<Grouping, string>,
  answers: "Answers",
  input: "Tokens in",
  output: "Tokens out",
  cost: "Cost",
  total: "Total",
  whole: "Completed",
  stopped: "Stopped",
  nameless: "Unknown model",
  empty: "No answers yet. What each one uses and costs will be added up here.",
  loading: "Adding up…",
  absent: "–",
  absentHint: "Not known for any of these answers",
  known: {
    reported: (count: string) => `${count} reported`,
    running: (count: string) => `${count} provider's last count`,
    estimated: (count: string) => `${count} estimated`,
    unknown: (count: string) => `${count} unknown`,
  } satisfies Record<UsageSource, (count: string) => string>,
  costUnknown: "unknown",
  onThisComputer: "on this computer",
  billed: "billed by the provider",
  withoutCost: (count: string) => `and ${count} of unknown cost`,
  prices: (date: string) =>
    `US dollars. Priority: your prices.json, the provider's list, built-in prices (${date})`,
  ranges:
    "≈ estimated here: from the fewest tokens the answer can be to the most that prompt and answer can be",
  noUpperEnd:
    "“At least”: reasoning may be hidden, the provider may have kept writing, or a file can't be counted",
  priceOf: (input: string, output: string) => `${input} in and ${output} out for a million tokens`,
  origins: {
    "own-table": (date: string) => `your own table of ${date}`,
    "provider-list": () => "the provider's list",
    table: (date: string) => `the table of ${date}`,
  } satisfies Record<PriceOrigin, (date: string) => string>,
  receiptCost: "Cost",
  receiptReplaced: "Earlier estimate",
};

const numbers = new Intl.NumberFormat();

/** A count with separators. */
export function count(value: number): string {
  return numbers.format(value);
}

/** A short time: fractions of milliseconds where they say something, else seconds. */
export function milliseconds(value: number): string {
  if (value < 0.05) return "under 0.1 ms";
  if (value < 9.95) return `${Number(value.toFixed(1))} ms`;
  if (value < 1000) return `${Math.round(value)} ms`;
  return `${(value / 1000).toFixed(1)} s`;
}

/** A time that a person waited, in words. */
export function seconds(ms: number): string {
  const whole = Math.max(1, Math.round(ms / 1000));
  if (whole < 60) return `${whole} s`;
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
