/** Every word of the interface, in one place, so that a translation replaces one file. */
import type {
  Ability,
  Api,
  Cause,
  ConnectionEnd,
  ErrorCategory,
  Grouping,
  MessageState,
  Phase,
  PriceOrigin,
  RepairChange,
  ServerCancel,
  StopEffect,
  ToolCallState,
  UsageSource,
} from "./backend/generated";
import type { Remedy } from "./features/chat/remedy";

export const causes: Record<Cause, string> = {
  user: "Stopped by you",
  "window-closed": "Stopped when the window was closed",
  "viewer-gone": "Stopped because nobody was watching",
  "app-quit": "Stopped when Tacet quit",
  replaced: "Stopped for a newer answer",
  deadline: "Stopped by the time limit",
  crash: "Cut off when Tacet ended unexpectedly",
  "provider-error": "Cut off by the provider",
};

export const phases: Record<Phase, string> = {
  queued: "Waiting for the model to be free",
  "building-context": "Preparing the conversation",
  "loading-model": "Loading the model",
  "reading-prompt": "Reading the conversation",
  connecting: "Connecting",
  "waiting-for-headers": "Waiting for the server",
  "waiting-for-first-token": "Waiting for the first word",
  reasoning: "Thinking",
  text: "Writing",
  "tool-arguments": "Writing a tool call",
  "waiting-to-retry": "Waiting to ask again",
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
  "bad-request": "The provider did not understand the request",
  "content-filter": "The provider's filter refused",
  network: "The connection failed",
  protocol: "The server's answer was not understood",
  engine: "The embedded model failed",
  storage: "The disk or the database failed",
};

/** The button that does what an error asks for. */
export const remedies: Record<Remedy, string> = {
  key: "Change the key",
  settings: "Look at the provider's settings",
  model: "Choose another model",
  retry: "Try again",
  edit: "Edit your message",
};

export const apiNames: Record<Api, string> = {
  "openai-chat": "OpenAI Chat Completions, and what is compatible",
  "openai-responses": "OpenAI Responses",
  anthropic: "Anthropic Messages",
  gemini: "Gemini",
  ollama: "Ollama",
  embedded: "The model inside Tacet",
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
  images: "Looks at images",
  documents: "Reads PDF files",
  tools: "Calls tools",
  reasoning: "Reasons before it answers",
};

export const usageSources: Record<UsageSource, string> = {
  reported: "reported by the provider",
  running: "last figure of the provider",
  estimated: "estimated",
  unknown: "unknown",
};

/** What the composer says before a stop; rule C24. */
export const stopEffectHints: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `Stop ends the computing and the billing at ${provider}`,
  "goes-on": (provider) => `After a stop ${provider} goes on computing and billing`,
  cancels: (provider) => `Stop asks ${provider} to end the answer there`,
  unknown: (provider) => `Whether ${provider} goes on billing after a stop is not known`,
  local: () => "Runs on this computer",
};

/** The same on a receipt. */
export const stopEffects: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `${provider} stops billing here`,
  "goes-on": (provider) => `${provider} goes on billing`,
  cancels: (provider) => `${provider} was asked to end the answer`,
  unknown: (provider) => `billing by ${provider} after a stop is not known`,
  local: () => "ran on this computer",
};

/** What became of the connection, around the time that it took. */
export const connectionEnds: Record<ConnectionEnd, { before: string; timed: boolean }> = {
  "never-opened": { before: "no connection had been opened", timed: false },
  closed: { before: "connection closed in", timed: true },
  "worker-stopped": { before: "model stopped in", timed: true },
  "worker-killed": { before: "model's process was ended after", timed: true },
  "read-on": { before: "hidden at once, read on unseen for the exact usage", timed: false },
  unconfirmed: { before: "the end of the connection was not confirmed", timed: false },
};

/** The same without the time. */
export const connectionNames: Record<ConnectionEnd, string> = {
  "never-opened": "had not been opened",
  closed: "closed",
  "worker-stopped": "the embedded model confirmed that it stopped",
  "worker-killed":
    "the embedded model had not loaded or did not answer in time, and its process was ended",
  "read-on": "hidden at once and, as the provider's settings say, read on for the exact usage",
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
      return { what: `Added: words for the empty result of ${change.tool}`, detail: change.text };
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
      return { what: "Left out: reasoning that this model cannot take back", detail: null };
    case "message-left-out":
      return { what: "Left out: an answer without a word", detail: null };
    case "messages-joined":
      return { what: "Rewritten: two messages of yours in a row, as one", detail: null };
    case "end-added":
      return { what: "Added: an end after a tool's result", detail: change.text };
    case "file-replaced":
      return {
        what: "Rewritten: a file that this model cannot read, as its name",
        detail: change.name,
      };
  }
}

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
  earlier: "Earlier",
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

  transcript: "Conversation",
  composer: "Message",
  composerFirst: "Ask anything…",
  composerNext: "Reply…",
  continue: "Continue",
  attach: "Attach files",
  removeFile: (name: string) => `Remove ${name}`,
  fileTooLarge: (name: string) => `“${name}” is larger than 10 MB and was not attached.`,
  fileUnreadable: (name: string) =>
    `“${name}” was not attached: images, PDF files and files of text can be sent.`,
  repairSummary: (count: number) =>
    count === 1
      ? "The next request differs in one thing from what you see"
      : `The next request differs in ${String(count)} things from what you see`,
  retrying: (retry: number, of: number, seconds: number) =>
    seconds <= 0
      ? `Asking again (${String(retry)} of ${String(of)})…`
      : `Asking again in ${String(seconds)} s (${String(retry)} of ${String(of)})`,
  send: "Send",
  stop: "Stop",
  stopping: "Stopping…",
  stopAll: "Stop all",
  stopAllCount: (count: number) => (count > 1 ? `Stop all ${count}` : "Stop all"),
  keysHint: "Enter sends · Esc stops",
  sendWaits: "Stop the answer, or wait for its end, to send",
  noModel: "Choose a model above to send.",
  follow: "To the end",

  firstTitle: "What is on your mind?",
  firstLocal: (model: string) =>
    `${model} is selected: a small model inside Tacet. It works offline, and nothing leaves this computer.`,
  firstOther: (model: string, provider: string) => `${model} by ${provider} is selected.`,
  firstNone: "No model is selected yet.",
  firstBetter: "Add a better one in the settings",

  you: "You",
  assistant: "Answer",
  thinking: "Thinking…",
  thought: "Thoughts",
  thoughtFor: (duration: string) => `Thought for ${duration}`,
  stoppedHere: "stopped here",
  toolCall: (name: string) => `Call of the tool ${name}`,
  toolResult: "Result",
  receipt: "receipt",
  tokensKept: "tokens kept",
  tokens: "tokens",
  charactersKept: "characters kept",
  nothingKept: "nothing had arrived",
  unknownUsage: "tokens unknown",
  incompleteAfterError: "Incomplete. What had arrived is kept.",
  incomplete:
    "Incomplete: the stream broke off before the provider said that the answer was whole. What had arrived is kept.",
  interruptedWithoutReceipt: (cause: string) => `${cause}. What had arrived is kept.`,
  lengthLimit: "The model stopped at its limit of tokens.",
  filtered: "The provider's filter cut the answer.",
  unsaved: "This answer could not be saved:",
  providersWords: "The provider's own words",
  httpStatus: (status: number) => `HTTP ${status}`,
  retry: "Retry",
  copy: "Copy",
  copied: "Copied",
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
  receiptClick: "From the click to the core",
  receiptServer: "Server",
  receiptClosed: "From there to the closed connection",
  receiptCommit: "From there to the answer on disk",
  receiptConnection: "Connection",
  receiptEffect: "The provider",
  receiptTools: "Tools",
  receiptProcesses: "Processes ended",
  receiptBytes: "Received",
  receiptKept: "Kept",
  receiptUsage: "Usage",
  receiptMethod: "Estimated by",
  receiptUnconfirmed: "Not confirmed within 2 s",
  receiptNoClick: "no click: it was not stopped by hand",
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
  favouriteHint: "Favourites stand first",
  foundServer: (name: string) => `Found on this computer: ${name}`,
  contextTokens: (tokens: number) => `Takes ${count(tokens)} tokens`,
  addProvider: "Add a provider",

  settings: "Settings",
  close: "Close",
  providers: "Providers",
  theme: "Colours",
  themes: { system: "System", light: "Light", dark: "Dark" },
  data: "Data",
  dataDir: "Everything that Tacet writes is in",
  version: (version: string) => `Tacet ${version}`,
  embedded: "Inside Tacet, works offline",
  editProvider: "Change",
  removeProvider: "Remove",
  providerName: "Name",
  providerId: "Id",
  providerIdHint: "Letters, digits, - _ and . : it stands before the model's name",
  providerUrl: "Address",
  preset: "Provider",
  presetNone: "Another server",
  providerApi: "API",
  keysPage: (provider: string) => `Where ${provider} makes keys`,
  providerModels: "Models",
  providerModelsHint: "One a line; leave empty to use the server's own list",
  providerKey: "API key",
  providerKeyEnv: "or the environment variable that holds it",
  keyStored: "A key is kept. Type to replace it.",
  keyFromEnvironment: "Taken from the environment variable.",
  keyNone: "None is kept. Servers of your own often need none.",
  keyPlaces: {
    keychain: "Keys are kept in the system's keychain, never in a file.",
    memory: "There is no keychain here: keys stay in memory until Tacet quits, never in a file.",
  },
  forgetKey: "Forget the key",
  test: "Test",
  testing: "Testing…",
  save: "Save",
  onStop: "When you stop an answer",
  onStopClose: "Close the connection at once",
  onStopCloseCost:
    "Costs least where the provider stops with the connection. Most providers then report no usage, and the figure is an estimate.",
  onStopDrain: "Hide it, and read on for the exact usage, up to",
  drainTokens: "tokens or",
  drainSeconds: "seconds",
  onStopDrainCost:
    "You pay for what is still written after the stop, as if you had not stopped. The figure is exact only if the answer ends within these limits.",
  background: "Answer in the background",
  backgroundHint:
    "Stop then also cancels the answer at OpenAI by a request of its own. OpenAI keeps such an answer for about ten minutes.",
  caCertificate: "Certificates to trust as well",
  caCertificateHint:
    "A PEM file, for a server whose certificate this system does not know; from the data folder if it is not a whole path",
  settingsProblem: "The settings file could not be read, so nothing can be saved:",

  keys: "Keys",
  keyList: {
    send: "Send",
    breakLine: "Break the line",
    escape: "Close what is open, else stop the answer",
    stopAll: "Stop everything",
    newConversation: "New conversation",
    walk: "Previous, next conversation",
    settings: "Settings",
    sidebar: "Show or hide the conversations",
    usage: "Show what answers took and cost",
    keys: "Show this list",
    rename: "Rename the conversation (in the list)",
    delete: "Delete the conversation (in the list)",
  },

  cannotStart: "Tacet could not start:",
  lostTurn: "The answer could not be followed any further:",
};

/** What answers took and cost. */
export const usageStrings = {
  title: "Usage",
  open: "Usage",
  groupBy: "Sum up by",
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
  total: "Together",
  whole: "Not stopped",
  stopped: "Stopped",
  nameless: "No model named",
  empty: "No answer has been asked for yet. What each one takes will be summed up here.",
  loading: "Summing up…",
  absent: "–",
  absentHint: "Not known for any of these answers",
  known: {
    reported: (count: string) => `${count} reported`,
    running: (count: string) => `${count} with a last figure`,
    estimated: (count: string) => `${count} estimated`,
    unknown: (count: string) => `${count} unknown`,
  } satisfies Record<UsageSource, (count: string) => string>,
  costUnknown: "unknown",
  onThisComputer: "on this computer",
  billed: "billed by the provider",
  withoutCost: (count: string) => `and ${count} of unknown cost`,
  prices: (date: string) =>
    `US dollars. The prices that come with Tacet are of ${date}; a provider's own list goes before them, and prices.json in the data folder before both.`,
  ranges:
    "≈ marks what was counted here: from 70 % of the answer without the request, to 130 % of both.",
  priceOf: (input: string, output: string) => `${input} in and ${output} out for a million tokens`,
  origins: {
    "own-table": (date: string) => `your own table of ${date}`,
    "provider-list": () => "the provider's list",
    table: (date: string) => `the table of ${date}`,
  } satisfies Record<PriceOrigin, (date: string) => string>,
  receiptCost: "Cost",
  receiptReplaced: "Said before",
};

const numbers = new Intl.NumberFormat("en");

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
