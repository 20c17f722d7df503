/** What the page can ask of the app that stands in place of the conversations. */
import { call } from "./call";
import type { Failure, RecoveredView } from "./generated";

/** Every call rejects with a `CommandError`. Files are named by their whole paths. */
export interface FailureBackend {
  failure(): Promise<Failure>;
  /** Gives the number of turns that were stopped. */
  stopAll(clickedAt: number | null): Promise<number>;
  /** Leads to the app's page, at the place where it was. */
  reload(): void;
  /** Starts the app anew, as do the next two. */
  tryAgain(): Promise<void>;
  /** The same, to show the conversations and change nothing. */
  openReadOnly(): Promise<void>;
  useFolder(folder: string): Promise<void>;
  /** Null when the person chooses none. */
  pickFolder(): Promise<string | null>;
  /** Puts what can be read into the place of the database. */
  recover(): Promise<RecoveredView>;
  /** Puts a copy in the place of the database, and gives that one's new place, if there was one. */
  restoreCopy(name: string): Promise<string | null>;
  /** Puts the database aside, and gives its new place, if there was one. */
  startEmpty(): Promise<string | null>;
  /** Saves all conversations that can be read, and gives the new file. */
  saveCopy(): Promise<string>;
  quit(): Promise<void>;
}

export const failureBackend: FailureBackend = {
  failure: () => call("failure"),
  stopAll: (clickedAt) => call("stop_all", { clickedAt }),
  reload: () => location.replace(`/${location.hash}`),
  tryAgain: () => call("try_again"),
  openReadOnly: () => call("open_read_only"),
  useFolder: (folder) => call("use_folder", { folder }),
  pickFolder: () => call("pick_folder"),
  recover: () => call("recover"),
  restoreCopy: (name) => call("restore_copy", { name }),
  startEmpty: () => call("start_empty"),
  saveCopy: () => call("save_copy"),
  quit: () => call("quit"),
};
