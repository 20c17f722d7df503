/** Chooses between the real app and its twin. */
import type { Backend } from "./backend";
import { tauriBackend } from "./tauri";

/** The shell's backend inside the app; in a plain browser the twin, loaded only then. */
export async function selectBackend(): Promise<Backend> {
  if ("__TAURI_INTERNALS__" in window) return tauriBackend;
  return (await import("./memory/browser")).browserBackend();
}
