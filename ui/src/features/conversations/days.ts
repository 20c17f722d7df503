/** Sorts conversations under the days and months that people speak of. */
import type { Conversation } from "../../backend/generated";
import { conversationStrings } from "../../strings/conversations";

export interface Group {
  title: string;
  conversations: Conversation[];
}

/** Groups by when each was last written in: today, yesterday, then by month. The order is kept. */
export function byDay(conversations: readonly Conversation[], now: Date): Group[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime();
  const groups = new Map<string, Group>();
  for (const conversation of conversations) {
    const at = conversation.updatedAt;
    const title =
      at >= today
        ? conversationStrings.today
        : at >= yesterday
          ? conversationStrings.yesterday
          : conversationStrings.month(at);
    const group = groups.get(title);
    if (group) group.conversations.push(conversation);
    else groups.set(title, { title, conversations: [conversation] });
  }
  return [...groups.values()];
}
