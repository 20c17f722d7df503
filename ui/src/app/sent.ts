/** What the person sent, as the message that it has become. */
import type { Message, Part, SavedMessage, StartTurn } from "../backend/generated";
import { wellFormed } from "../backend/well-formed";

/** The message of `request`, as it stands in the store: the app does not send it back. */
export function sentMessage(request: StartTurn, { id, createdAt }: SavedMessage): Message {
  const { conversationId, parentId, turnId, model, attachments, text } = wellFormed(request);
  const parts: Part[] = attachments.map((file) => ({ kind: "attachment", ...file }));
  if (text !== null && text.trim() !== "") parts.push({ kind: "text", text });
  return {
    id,
    conversationId,
    parentId,
    turnId,
    role: "user",
    state: "complete",
    cause: null,
    model,
    parts,
    finishReason: null,
    usage: null,
    receipt: null,
    error: null,
    createdAt,
    endedAt: createdAt,
  };
}
