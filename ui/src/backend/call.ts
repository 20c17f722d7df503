/** How the page calls the app: the only file that calls commands. */
import { convertFileSrc, invoke } from "@tauri-apps/api/core";
import type { Ticket } from "./generated";
import { wellFormed } from "./well-formed";

/** Every call goes out through here, with text that the app can read. */
export async function call<T>(command: string, given: Record<string, unknown> = {}): Promise<T> {
  const reply = await invoke<T | Ticket>(command, wellFormed(given));
  return isTicket(reply) ? collect(reply.replyTicket) : reply;
}

function isTicket(reply: unknown): reply is Ticket {
  return typeof reply === "object" && reply !== null && "replyTicket" in reply;
}

/**
 * Reads a large reply, beside which buttons go on to work. Where that fails it comes as small ones
 * do, for which they wait.
 */
async function collect<T>(ticket: string): Promise<T> {
  try {
    const response = await fetch(convertFileSrc(ticket, "reply"));
    if (response.ok) return (await response.json()) as T;
  } catch {
    // The other way tells what is wrong, if it fails too.
  }
  return invoke<T>("collect_reply", { ticket }, { headers: { "tacet-whole-reply": "" } });
}
