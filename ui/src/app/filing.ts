/** How conversations are kept: pinned, in folders, in the archive; and so the sections of their list. */
import type { Conversation, Filing } from "../backend/generated";

/** A part of the list that has a place of its own. */
export interface Section {
  readonly kind: "pinned" | "folder" | "recent" | "archive";
  /** The folder's name; empty for the others. */
  readonly name: string;
  readonly conversations: readonly Conversation[];
}

/** What tells a section from all others. */
export function keyOfSection({ kind, name }: Section): string {
  return `${kind} ${name}`;
}

/** What a conversation says of how it is kept. */
export function filingOf(conversation: Conversation): Filing {
  const { folder, pinned, archived, tags } = conversation;
  return {
    ...(folder === undefined ? {} : { folder }),
    ...(pinned === undefined ? {} : { pinned }),
    ...(archived === undefined ? {} : { archived }),
    ...(tags === undefined ? {} : { tags }),
  };
}

/**
 * The sections in the order in which they are listed, none of them empty: what is pinned, the folders
 * by name, the others, the archive. Each conversation stands in one; their order is kept.
 */
export function sectionsOf(conversations: readonly Conversation[]): Section[] {
  const pinned: Conversation[] = [];
  const recent: Conversation[] = [];
  const archive: Conversation[] = [];
  const folders = new Map<string, Conversation[]>();
  const inFolder = (name: string): Conversation[] => {
    const inside = folders.get(name) ?? [];
    folders.set(name, inside);
    return inside;
  };
  for (const conversation of conversations) {
    const { folder } = conversation;
    if (conversation.archived === true) archive.push(conversation);
    else if (conversation.pinned === true) pinned.push(conversation);
    else if (folder === undefined) recent.push(conversation);
    else inFolder(folder).push(conversation);
  }
  const named = [...folders].sort(([one], [other]) => one.localeCompare(other));
  const sections: Section[] = [
    { kind: "pinned", name: "", conversations: pinned },
    ...named.map(([name, inside]) => ({ kind: "folder" as const, name, conversations: inside })),
    { kind: "recent", name: "", conversations: recent },
    { kind: "archive", name: "", conversations: archive },
  ];
  return sections.filter((section) => section.conversations.length > 0);
}

/** The sections with no more than `most` conversations of those that are unfolded, from the first on. */
export function beginningOf(
  sections: readonly Section[],
  most: number,
  isUnfolded: (section: Section) => boolean,
): { section: Section; near: readonly Conversation[] }[] {
  let left = most;
  const rows: { section: Section; near: readonly Conversation[] }[] = [];
  for (const section of sections) {
    if (left <= 0) break;
    const near = isUnfolded(section) ? section.conversations.slice(0, left) : [];
    left -= near.length;
    rows.push({ section, near });
  }
  return rows;
}

/** All names of folders, those in the archive too, in alphabetical order. */
export function foldersOf(conversations: readonly Conversation[]): string[] {
  const names = conversations.flatMap(({ folder }) => (folder === undefined ? [] : [folder]));
  return [...new Set(names)].sort((one, other) => one.localeCompare(other));
}

/** All tags, in alphabetical order. */
export function tagsOf(conversations: readonly Conversation[]): string[] {
  const names = new Set(conversations.flatMap(({ tags }) => tags ?? []));
  return [...names].sort((one, other) => one.localeCompare(other));
}

/** The tags that are written in a line, between commas. */
export function tagsIn(line: string): string[] {
  return line
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
}
