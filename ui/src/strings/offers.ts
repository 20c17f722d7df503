/** The words of what tool servers offer to people. */

export const offerStrings = {
  title: "Attach from a server",
  attach: "Attach from a tool server",
  loading: "Asking the servers…",
  noServers: "No tool servers yet. MCP servers can offer files and prompts here.",
  addServer: "Add server",
  filter: "Filter",
  nothing: "Nothing to attach.",
  prompt: (description: string) => (description === "" ? "Prompt" : `Prompt: ${description}`),
  back: "Back",
  use: "Use prompt",
};
