/** The words of a message: its parts, its states, its end, and what is done with it. */
import type {
  Cause,
  ErrorCategory,
  MessageState,
  Phase,
  RepairChange,
  ToolCallState,
} from "../backend/generated";
import type { Remedy } from "../features/chat/message/remedy";

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
  "waiting-for-approval": "Waiting for your approval",
  "running-tools": "Running tools",
  "between-requests": "Between two requests",
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
    case "server-tool-left-out":
      return {
        what: "Left out: what another provider's own tool did",
        detail: change.tool,
      };
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

export const messageStrings = {
  continue: "Continue",
  you: "You",
  assistant: "Answer",
  thinking: "Thinking…",
  thought: "Thoughts",
  thoughtFor: (duration: string) => `Thought for ${duration}`,
  stop: "Stop",
  stoppedHere: "stopped here",
  toolCall: (name: string) => `Tool call: ${name}`,
  incompleteAfterError: "Incomplete.",
  incomplete: "Incomplete: the stream ended before the provider confirmed it was complete.",
  interruptedWithoutReceipt: (cause: string) => `${cause}.`,
  arrivedIsKept: (remark: string) => `${remark} What arrived is kept.`,
  sources: "Sources",
  serverTool: (name: string, input: string) =>
    name === "web_search" ? `Searched the web: ${input}` : `${name.replaceAll("_", " ")}: ${input}`,
  paused: "The provider paused here. Write something for it to go on.",
  generatedImage: (name: string) => `Image made by the model: ${name}`,
  saveImage: "Save image",
  saveImageNamed: (name: string) => `Save image ${name}`,
  imageCutOff: "Stopped before this image was finished",
  emptyAnswer: "The model returned no text. Retry to ask again.",
  reasoningAlone: "The model ended after its reasoning, without an answer. Retry to ask again.",
  lengthLimit: "The model stopped at its token limit.",
  filtered: "Cut off by the provider's filter.",
  damaged:
    "Something of this message is damaged on the disk and can’t be read. The rest is shown, and nothing was changed. An older copy of your conversations may have it whole.",
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
  edit: "Edit",
  editing: "Edit your message",
  editSend: "Send as a new branch",
  cancel: "Cancel",
  branches: "Branches",
  previousBranch: "Previous branch",
  nextBranch: "Next branch",
  deleteBranch: "Delete this branch",
  branchOf: (index: number, count: number) => `${index}/${count}`,
  answerStarted: "Answer started",
  stillWriting: "Still writing",
  lostTurn: "Lost connection to this answer:",
};
