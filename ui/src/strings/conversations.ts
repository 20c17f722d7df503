/** The words of the list of conversations. */

const months = new Intl.DateTimeFormat(undefined, { month: "long", year: "numeric" });

export const conversationStrings = {
  newConversation: "New",
  filterPlaceholder: "Find by title",
  nothingFound: "No title matches.",
  noConversations: "Your conversations will be listed here.",
  today: "Today",
  yesterday: "Yesterday",
  /** The month of a moment in milliseconds since the epoch. */
  month: (at: number) => months.format(at),
  rename: "Rename",
  delete: "Delete",
  titleOfConversation: "Title of the conversation",
  more: (title: string) => `More for “${title}”`,
  running: "An answer is being written",
  stopThis: (title: string) => `Stop the answer in “${title}”`,
};
