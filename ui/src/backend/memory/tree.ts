/** A conversation as the twin keeps it, and what the app gives of it at once. */
import type {
  BranchEnd,
  BranchView,
  Conversation,
  ConversationSettings,
  MappedMessage,
  Message,
  ModelOption,
  Stretch,
  UnsavedAnswer,
} from "../generated";

/** So many messages are read at once, as the app does. */
const PAGE = 30;

export interface Messages {
  conversation: Conversation;
  /** In the order of their making. */
  messages: Message[];
  unsaved: UnsavedAnswer[];
}

export interface Tree extends Messages {
  settings: ConversationSettings;
  modelOption: ModelOption | null;
}

/** `limit` messages up to the head, or as `end` has it; null where that message is not there. */
export function branchOf(
  { conversation, messages, unsaved }: Messages,
  end?: BranchEnd,
  limit = PAGE,
): BranchView | null {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const childrenOf = (id: string | null): Message[] =>
    messages.filter(({ parentId }) => parentId === id);
  let leaf = byId.get(conversation.head ?? "") ?? messages.at(-1);
  const upFrom = (start: Message | undefined): Message[] => {
    const way: Message[] = [];
    for (let at = start; at; at = byId.get(at.parentId ?? "")) way.push(at);
    return way;
  };
  let least = limit;
  if (end && !("through" in end)) {
    const { before, through } = "before" in end ? { ...end, through: null } : end.between;
    const below = byId.get(before);
    if (!below) return null;
    leaf = byId.get(below.parentId ?? "");
    least = Math.max(limit, upFrom(leaf).findIndex(({ id }) => id === through) + 1);
  } else if (end) {
    const top = byId.get(end.through);
    if (!top) return null;
    let levels = 0;
    for (let at: Message | undefined = top; at; at = childrenOf(at.id).at(-1)) {
      leaf = at;
      levels += 1;
    }
    least = Math.max(limit, levels);
  }
  const way = upFrom(leaf).slice(0, least).reverse();
  const siblings: Record<string, string[]> = {};
  for (const { id, parentId } of way) {
    const all = childrenOf(parentId);
    if (all.length > 1) siblings[id] = all.map((sibling) => sibling.id);
  }
  return { messages: way, siblings, unsaved, damagedMessages: [] };
}

/** Where these messages fork, and where their branches end. */
export function mapOf(messages: readonly Message[]): Stretch[] {
  const map: Stretch[] = [];
  const childrenOf = (id: string | null): Message[] =>
    messages.filter(({ parentId }) => parentId === id);
  const walk = (first: Message, above: number | null): void => {
    let [last, count, below] = [first, 1, childrenOf(first.id)];
    for (; below[0] && below.length === 1; count += 1) {
      last = below[0];
      below = childrenOf(last.id);
    }
    const place = map.push({
      above,
      messages: count,
      first: mapped(first),
      last: last === first ? null : mapped(last),
    });
    for (const child of below) walk(child, place - 1);
  };
  for (const root of childrenOf(null)) walk(root, null);
  return map;
}

function mapped({ id, role, state, cause, model, createdAt, parts }: Message): MappedMessage {
  const text = parts.find((part) => part.kind === "text" && part.text.trim() !== "");
  const file = parts.find((part) => part.kind === "attachment");
  const words = text?.kind === "text" ? text.text : file?.kind === "attachment" ? file.name : "";
  return { id, role, state, cause, model, createdAt, excerpt: words.slice(0, 120) };
}

/** A page as the app gives it: files that are not text are read one by one. */
export function shown(page: BranchView): BranchView {
  const messages = page.messages.map((message) => ({
    ...message,
    parts: message.parts.map((part) =>
      part.kind === "attachment" && part.base64 ? { ...part, text: "" } : part,
    ),
  }));
  return { ...page, messages };
}
