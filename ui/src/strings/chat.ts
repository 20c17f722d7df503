/** The words of the conversation's frame: opening it, and the composer. */
import type { StopEffect } from "../backend/generated";

/** What the composer says before a stop; rule C24. */
export const stopEffectHints: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `${provider} stops billing when you stop`,
  "goes-on": (provider) => `${provider} may keep billing after you stop`,
  cancels: (provider) => `Stop also cancels on ${provider}'s server`,
  unknown: (provider) => `${provider} doesn't say whether billing stops`,
  local: () => "Local, no provider billing",
};

export const chatStrings = {
  opening: "Opening…",
  cannotOpen: "This conversation could not be opened, and nothing in it was changed:",
  openAgain: "Try again",
  transcript: "Conversation",
  composer: "Message",
  composerFirst: "Ask anything…",
  composerNext: "Reply…",
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
  noModel: "Choose a model to send.",
  follow: "Jump to latest",
  find: "Find in the conversation",
  findCount: (at: number, count: number, isMost: boolean) =>
    count === 0 ? "No match" : `${String(at)} of ${String(count)}${isMost ? "+" : ""}`,
  findPrevious: "Previous match",
  findNext: "Next match",
  firstTitle: "What is on your mind?",
  firstLocal: (model: string) =>
    `${model} is selected: a small built-in model. It works offline, and nothing leaves this computer.`,
  firstOther: (model: string, provider: string) => `${model} by ${provider} is selected.`,
  firstNone: "No model is selected yet.",
  firstBetter: "Add a better one in the settings",
  filesNotKept: (names: readonly string[]) =>
    `Too large to keep while this page was loaded again: ${names.join(", ")}. Attach ${
      names.length === 1 ? "it" : "them"
    } once more.`,
  draftsNotKept: (reason: string) =>
    "What you typed and did not send can’t be saved for the next start. It stays as long as Tacet " +
    `runs, and is saved with your next change if that can be. ${reason}`,
  damagedSettings:
    "The settings or tags of this conversation are damaged and can’t be read, so it has the defaults " +
    "and no tags. Its messages are all here.",
  pastedText: (number: number) => `Pasted text${number > 1 ? ` ${String(number)}` : ""}.txt`,
  insertAsText: (name: string) => `Insert “${name}” as text`,
};
