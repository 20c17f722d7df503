/** What the page can ask of the app that stands in place of the conversations. */
import { invoke } from "@tauri-apps/api/core";
import type { Failure } from "./generated";

/** Every call rejects with a `CommandError`. */
export interface FailureBackend {
  failure(): Promise<Failure>;
  /** Gives the number of turns that were stopped. */
  stopAll(clickedAt: number | null): Promise<number>;
  /** Saves all conversations that can be read, and gives the new file's path. */
  saveCopy(): Promise<string>;
  quit(): Promise<void>;
  /** Leads to the app's page, at the place where it was. */
  reload(): void;
}

export const failureBackend: FailureBackend = {
  failure: () => invoke("failure"),
  stopAll: (clickedAt) => invoke("stop_all", { clickedAt }),
  saveCopy: () => invoke("save_copy"),
  quit: () => invoke("quit"),
  reload: () => location.replace(`/${location.hash}`),
};
