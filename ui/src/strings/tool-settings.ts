/** The words of the settings of tools. */
import type { Era } from "../backend/generated";

const eras: Record<Era, string> = {
  handshake: "MCP 2025-11-25 or earlier",
  stateless: "MCP 2026-07-28 or later",
};

export const toolSettingsStrings = {
  tools: "Tools",
  loading: "Loading…",
  folders: "Folders",
  foldersHint: "Models can read, search and edit files and run commands here, with your approval.",
  foldersEmpty:
    "No folder is open to tools. Add one, and models can read, search and edit files and run commands in it, with your approval.",
  folder: "Folder",
  folderPlaceholder: "/home/you/project",
  addFolder: "Add folder",
  remove: "Remove",
  removeNamed: (name: string) => `Remove ${name}`,
  servers: "Servers",
  serversEmpty:
    "No servers yet. MCP servers give models more tools, such as a calendar or a database.",
  enabled: (name: string) => `Use ${name}`,
  start: "Start",
  restart: "Restart",
  log: "Log",
  logOf: (name: string) => `Log of ${name}`,
  logEmpty: "Nothing written yet.",
  removeServer: (name: string) => `Remove ${name} and its saved values?`,
  keepServer: "Keep",
  turnedOff: "Turned off",
  off: "Not running. Starts when a conversation needs it.",
  starting: "Starting…",
  ready: (title: string | null, version: string | null, era: Era, signedIn: boolean) => {
    const name = [title, version].filter(Boolean).join(" ");
    const parts = ["Ready", name, eras[era], signedIn ? "Signed in" : ""];
    return parts.filter(Boolean).join(" · ");
  },
  signingIn: "Continue in your browser to sign in.",
  signIn: "Sign in",
  signInTo: (name: string) => `Sign in to ${name}`,
  cancelSignIn: "Cancel",
  cancelSignInTo: (name: string) => `Cancel signing in to ${name}`,
  signOut: "Sign out",
  signOutOf: (name: string) => `Sign out of ${name}`,
  restarting: (words: string) => `Restarting. ${words}`,
  values: (names: string[]) => `Saved values: ${names.join(", ")}`,
  addServers: "Paste configuration",
  addServer: "Add server",
  edit: "Edit",
  editNamed: (name: string) => `Edit ${name}`,
  save: "Save",
  name: "Name",
  reach: "Where it runs",
  program_: "A program on this computer",
  address: "An address",
  command: "Command",
  args: "Arguments, one per line",
  cwd: "Folder",
  cwdPlaceholder: "Your home folder",
  url: "Address",
  client: "Sign-in",
  clientHint:
    "Most servers need nothing here. Fill this in only if the server's documentation gives you a client ID.",
  clientId: "Client ID",
  clientSecret: "Client secret",
  env: "Environment variables",
  headers: "Headers",
  valueSaved: "Saved. Leave empty to keep it.",
  paste: "Server configuration (JSON)",
  pasteHint:
    "Paste the mcpServers JSON from a server's documentation or another app. Values of env and headers are not saved in the settings file.",
  pastePlaceholder:
    '{ "mcpServers": { "time": { "command": "uvx", "args": ["mcp-server-time"] } } }',
  add: "Add",
  permissions: "Allowed without asking",
  permissionsEmpty: "Nothing yet. What you choose to always allow is listed here.",
  builtInTool: (tool: string) => `Built-in tool ${tool}`,
  serverTool: (tool: string, server: string) => `${tool} from ${server}`,
  program: (program: string) => `Commands that run ${program}`,
  takeBack: "Ask again",
  takeBackNamed: (what: string) => `Ask again: ${what}`,
  readOnly: (servers: string) =>
    `Read-only tools of ${servers} run without asking (settings.json).`,
  builtIn: "Tacet",
};
