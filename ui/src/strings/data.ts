/** The words of what is taken in, out and back. */
import type { MoveProgress, Report } from "../backend/generated";
import { count } from "./format";
import { lazy } from "./lazy";

const moments = lazy(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
);

function conversations(number: number): string {
  return number === 1 ? "1 conversation" : `${count(number)} conversations`;
}

function megabytes(bytes: number): string {
  return `${count(Math.ceil(bytes / 1_000_000))} MB`;
}

export const dataStrings = {
  move: "Move the data folder",
  moveHint:
    "To a new or an empty folder, on another disk for example. Tacet starts again there; the old folder is emptied once that has worked.",
  movePath: "New folder",
  moveSure: "Move and restart?",
  moving: "Moving…",
  movedSoFar: ({ bytes, total }: MoveProgress) =>
    total === 0
      ? ""
      : bytes < total
        ? `${megabytes(bytes)} of ${megabytes(total)} copied`
        : "Copied; the copy is checked and Tacet starts again",
  import: "Import",
  importHint:
    "An export of Tacet, ChatGPT or Claude (ZIP or JSON), Open WebUI, LibreChat, Jan or llama-server. Conversations that are already here are updated, not doubled.",
  importPath: "File to import",
  browse: "Browse…",
  stopImport: "Stop",
  importing: (number: number) => `${conversations(number)} so far`,
  imported: ({ added, updated, unchanged, stopped }: Report) =>
    `${stopped ? "Stopped. " : ""}${conversations(added)} added, ${count(updated)} updated, ${count(unchanged)} unchanged.`,
  notUnderstood: "Some of it could not be imported as it is",
  export: "Export all",
  exportHint: "Saves all conversations as one JSON file in your downloads, for Tacet to import.",
  exportMarkdown: "Save as Markdown",
  backups: "Backups",
  backupsHint:
    "Copies in the data folder. One is also made before a new version changes the format. What you delete later stays in them.",
  backUp: "Back up now",
  backedUp: "A backup was made in the data folder.",
  copy: (at: number, number: number) => `${moments().format(at)} · ${conversations(number)}`,
  restore: "Restore",
  restoreSure: "Restart with this copy?",
};
