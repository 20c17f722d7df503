/** What the person sent, as the message that it has become. */
import type { Attachment, Message, Part, SavedMessage, StartTurn } from "../backend/generated";
import { wellFormed } from "../backend/well-formed";

/**
 * The message of `request`, as it stands in the store: the app does not send it back. `taken` are the
 * files that came from an earlier one. What is not text stays in the store alone.
 */
export function sentMessage(
  request: StartTurn,
  taken: readonly Attachment[],
  { id, createdAt }: SavedMessage,
): Message {
  const { conversationId, parentId, turnId, model, attachments, text } = wellFormed(request);
  const parts: Part[] = [...taken, ...attachments].map((file) => ({
    kind: "attachment",
    ...file,
    text: file.base64 ? "" : file.text,
  }));
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
