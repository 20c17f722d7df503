/** What the twin's settings say of tools, and what its servers do. */
import type {
  CommandError,
  ServerOffers,
  ServerState,
  ServerView,
  ToolGroup,
  ToolServerDraft,
  ToolServerView,
  ToolsView,
} from "../generated";

/** A server as other clients write it. */
interface PastedServer {
  command?: string;
  args?: string[];
  env?: Record<string, string>;
  cwd?: string;
  url?: string;
  headers?: Record<string, string>;
  oauth?: { clientId?: string; clientSecret?: string };
  disabled?: boolean;
}

const WANTED = "It wants you to sign in.";

export class MemoryTools {
  view: ToolsView = {
    folders: [],
    servers: [],
    always: [],
    programs: [],
    readOnly: [],
    stepLimit: 50,
  };
  /** What servers do that are not off. */
  readonly states = new Map<string, ServerState>();
  /** What may run in each conversation without asking. */
  readonly allowed = new Map<string, string[]>();
  /** The tools that conversations can use. */
  catalogue: ToolGroup[] = [];
  /** What servers offer to people. */
  offers: ServerOffers[] = [];
  /** The servers that were saved, with their values. */
  readonly saved: ToolServerDraft[] = [];
  readonly logs = new Map<string, string>();
  /** What a server that is started becomes. */
  onStart: (name: string) => ServerState = () => ({
    kind: "ready",
    era: "stateless",
    title: null,
    version: null,
    signedIn: false,
  });
  /** Ends the sign-in that is under way, as the browser does. */
  onReturn: ((came: ServerState) => void) | null = null;

  servers(): ServerView[] {
    return this.view.servers.map(({ name }) => ({
      name,
      state: this.states.get(name) ?? { kind: "off" },
    }));
  }

  restart(name: string): void {
    const state = this.onStart(name);
    this.states.set(name, state);
    if (state.kind === "failed") throw invalid(state.words);
  }

  async signIn(name: string): Promise<void> {
    this.states.set(name, { kind: "signing-in" });
    const came = await new Promise<ServerState>((resolve) => (this.onReturn = resolve));
    this.states.set(name, came);
    if (came.kind === "sign-in-needed" && came.words !== WANTED) throw invalid(came.words);
  }

  cancelSignIn(name: string): void {
    this.states.set(name, { kind: "sign-in-needed", words: WANTED });
    this.onReturn?.({ kind: "sign-in-needed", words: WANTED });
  }

  add(json: string): ToolsView {
    let pasted: Record<string, PastedServer>;
    try {
      pasted = (JSON.parse(json) as { mcpServers: Record<string, PastedServer> }).mcpServers;
    } catch {
      // The core knows the line and the reason.
      throw invalid("Line 1 of what was pasted: expected value.");
    }
    const added = Object.entries(pasted).map(([name, server]) => shown(name, server));
    const names = new Set(added.map(({ name }) => name));
    const kept = this.view.servers.filter(({ name }) => !names.has(name));
    return (this.view = { ...this.view, servers: [...kept, ...added] });
  }

  save(draft: ToolServerDraft, isNew: boolean): ToolsView {
    const { env, headers, clientSecret, ...rest } = draft;
    const known = this.view.servers.find(({ name }) => name === draft.name);
    if (isNew && known) throw invalid(`There is a server “${draft.name}” already.`);
    this.saved.push(draft);
    const server = {
      ...rest,
      env: Object.keys(env),
      headers: Object.keys(headers),
      hasClientSecret:
        clientSecret === null ? (known?.hasClientSecret ?? false) : clientSecret !== "",
      enabled: known?.enabled ?? true,
    };
    const servers = known
      ? this.view.servers.map((other) => (other === known ? server : other))
      : [...this.view.servers, server];
    return (this.view = { ...this.view, servers });
  }

  enable(name: string, enabled: boolean): ToolsView {
    if (!enabled) this.states.delete(name);
    const servers = this.view.servers.map((server) =>
      server.name === name ? { ...server, enabled } : server,
    );
    return (this.view = { ...this.view, servers });
  }

  remove(name: string): ToolsView {
    this.states.delete(name);
    const servers = this.view.servers.filter((server) => server.name !== name);
    return (this.view = { ...this.view, servers });
  }

  setFolders(folders: string[]): ToolsView {
    for (const folder of folders) {
      if (!folder.startsWith("/")) throw invalid(`${folder} is not the whole path of a folder.`);
    }
    return (this.view = { ...this.view, folders });
  }

  takeBack(permission: string): ToolsView {
    const others = (all: string[]): string[] => all.filter((known) => known !== permission);
    const { always, programs } = this.view;
    return (this.view = { ...this.view, always: others(always), programs: others(programs) });
  }
}

function shown(name: string, server: PastedServer): ToolServerView {
  return {
    name,
    command: server.command ?? null,
    args: server.args ?? [],
    env: Object.keys(server.env ?? {}),
    cwd: server.cwd ?? null,
    url: server.url ?? null,
    headers: Object.keys(server.headers ?? {}),
    clientId: server.oauth?.clientId ?? null,
    hasClientSecret: server.oauth?.clientSecret !== undefined,
    enabled: server.disabled !== true,
  };
}

function invalid(message: string): CommandError {
  return { code: "invalid", message };
}
