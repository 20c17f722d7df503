/** The words of the list of conversations. */

import type { HitKind, Role } from "../backend/generated";
import { count } from "./format";

const hitKinds: Record<HitKind, string> = {
  title: "Title",
  text: "Text",
  reasoning: "Reasoning",
  "tool-call": "Tool call",
  "tool-result": "Tool result",
  attachment: "File",
};

// Written out: the list is part of the first picture, which formatters would hold up.
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

export const conversationStrings = {
  newConversation: "New",
  searchPlaceholder: "Search",
  searchHint:
    'Words, "exact words", -without, folder:, tag:, assistant:, model:, before:, after:, stopped:',
  searchResults: "Search results",
  found: (hits: number, more: boolean) =>
    more
      ? `The first ${count(hits)} results.`
      : hits === 0
        ? "Nothing found."
        : hits === 1
          ? "1 result."
          : `${count(hits)} results.`,
  indexing: (done: number, total: number) =>
    `Still indexing (${count(done)} of ${count(total)}); older messages may be missing.`,
  /** Where a hit stands. */
  hitOf: (kind: HitKind, role: Role | null) =>
    kind === "text" ? (role === "user" ? "You" : "Answer") : hitKinds[kind],
  noConversations: "Your conversations will be listed here.",
  today: "Today",
  yesterday: "Yesterday",
  /** The month of a moment in milliseconds since the epoch. */
  month: (at: number) => {
    const day = new Date(at);
    return `${months[day.getMonth()]} ${day.getFullYear()}`;
  },
  rename: "Rename",
  delete: "Delete",
  pin: "Pin",
  unpin: "Unpin",
  pinned: "Pinned",
  archive: "Archive",
  unarchive: "Move out of the archive",
  openInWindow: "Open in a new window",
  inArchive: "In the archive",
  fileUnder: "Folder and tags…",
  filing: "Folder and tags",
  folder: "Folder",
  folders: "Folders",
  noFolder: "No folder",
  newFolder: "New folder",
  nameOfFolder: "Name of the folder",
  removeFolder: "Remove the folder, keep its conversations",
  tags: "Tags",
  tagsHint: "Separate tags with commas.",
  knownTags: "Tags in use",
  searchTag: (tag: string) => `Search conversations tagged “${tag}”`,
  save: "Save",
  titleOfConversation: "Title of the conversation",
  more: (title: string) => `More for “${title}”`,
  running: "An answer is being written",
  stopThis: (title: string) => `Stop the answer in “${title}”`,
};
