/** The words of the map of a conversation's branches. */
import type { MessageState } from "../backend/generated";
import { count } from "./format";

/** How a branch ended, where that is worth a word. */
export const branchStates: Record<MessageState, string> = {
  streaming: "Being written",
  complete: "",
  incomplete: "Incomplete",
  interrupted: "Stopped",
};

export const branchStrings = {
  map: "Branches",
  summary: (branches: number, forks: number) =>
    `${count(branches)} branches, ${forks === 1 ? "1 fork" : `${count(forks)} forks`}. Choose one to show it.`,
  messages: (messages: number) => (messages === 1 ? "1 message" : `${count(messages)} messages`),
  onScreen: "On the screen",
  noWords: "No text",
  noWordsYet: "No text yet",
  deleted: "A branch was deleted.",
  fold: "Fold or unfold what is below",
  loading: "Reading the branches…",
  failed: "The branches could not be read, and nothing was changed:",
  oneBranch: "This conversation has one branch.",
  howBranchesCome:
    "Retry an answer, or edit one of your messages, and the version before is kept: both become branches, and stand here.",
};
