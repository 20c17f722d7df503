/** Sorts conversations under the days that people speak of. */
import type { Conversation } from "../../backend/generated";
import { strings } from "../../strings";

export interface Group {
  title: string;
  conversations: Conversation[];
}

/** Groups by the last message's day; empty groups are left out, the order is kept. */
export function byDay(conversations: readonly Conversation[], now: Date): Group[] {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1).getTime();
  const groups: Group[] = [
    { title: strings.today, conversations: [] },
    { title: strings.yesterday, conversations: [] },
    { title: strings.earlier, conversations: [] },
  ];
  for (const conversation of conversations) {
    const at = conversation.updatedAt >= today ? 0 : conversation.updatedAt >= yesterday ? 1 : 2;
    groups[at]?.conversations.push(conversation);
  }
  return groups.filter((group) => group.conversations.length > 0);
}
