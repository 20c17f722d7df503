/** The words of which tools a conversation uses. */

export const toolChoiceStrings = {
  tools: "Tools",
  loading: "Asking the servers for their tools…",
  none: "No tools yet. Add a folder or a server in the settings.",
  settings: "Open settings",
  all: "All tools, including ones added later",
  own: "Built-in tools",
  count: (count: number) => (count === 1 ? "1 tool" : `${String(count)} tools`),
  failed: "not available",
  nothing: "This conversation uses no tools.",
  hint: "A change counts from the next message on. Providers then read the whole conversation anew.",
  cannotCall: (model: string) => `${model} can't use tools, so none are offered to it.`,
  failedServers: (names: readonly string[]) =>
    names.length === 1
      ? `The server “${names[0] ?? ""}” isn't available, so its tools are missing.`
      : `These servers aren't available, so their tools are missing: ${names.join(", ")}.`,
  closedServers: (names: readonly string[]) =>
    names.length === 1
      ? `The server “${names[0] ?? ""}” wants you to sign in, so its tools are missing.`
      : `These servers want you to sign in, so their tools are missing: ${names.join(", ")}.`,
  allowed: (what: readonly string[]) => `Runs here without asking: ${what.join(", ")}.`,
  askAgain: "Ask again",
  look: "See what to do",
};
