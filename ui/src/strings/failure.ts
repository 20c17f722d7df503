/** What stands in place of the conversations when they cannot be shown. */
import type { CopyView, FailureAction, FailureKind, RecoveredView } from "../backend/generated";
import { count } from "./format";
import { lazy } from "./lazy";

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

const dates = lazy(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
);

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
    `${dates().format(copy.modified)} · ${conversations(copy.conversations)} · ${copy.name}`,
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
