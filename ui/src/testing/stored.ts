/** What an earlier run has stored, for tests. */
import type { Conversation, Message, Part } from "../backend/generated";
import { noSettings } from "../backend/memory/samples";
import type { Tree } from "../backend/memory/tree";

/** A finished message of the conversation `c`: the first one asks, the others answer. */
export function message(id: string, parentId: string | null, parts: Part[] = []): Message {
  return {
    id,
    conversationId: "c",
    parentId,
    turnId: id,
    role: parentId === null ? "user" : "assistant",
    state: "complete",
    cause: null,
    model: "example/large",
    parts,
    finishReason: "stop",
    usage: null,
    receipt: null,
    error: null,
    createdAt: 0,
    endedAt: 0,
  };
}

/** A conversation of these messages that shows the last of them. */
export function stored(
  { id = "c", title = id, ...rest }: Partial<Conversation>,
  messages: Message[] = [],
): Tree {
  const head = messages.at(-1)?.id ?? null;
  const conversation = { id, title, createdAt: 0, updatedAt: 0, head, ...rest };
  return { conversation, messages, unsaved: [], settings: noSettings, modelOption: null };
}
