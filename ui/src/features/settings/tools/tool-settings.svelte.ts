/** The settings of tools while they are looked at: what is set, and what the servers do. */
import { errorText, type Backend } from "../../../backend/backend";
import type { ServerState, ServerView, ToolsView } from "../../../backend/generated";

/** How often the servers are asked what they do, in ms. */
const BETWEEN_LOOKS = 1000;

const OFF: ServerState = { kind: "off" };

export class ToolSettings {
  /** Null until it was read. */
  view = $state.raw<ToolsView | null>(null);
  /** Why it, or what the servers do, could not be read; null where it could. */
  problem = $state.raw<string | null>(null);
  /** The path that is typed. */
  folder = $state("");
  /** A new list with each look. */
  states = $state.raw<ServerView[]>([]);
  readonly backend: Backend;
  /** Counts the changes: what was asked for before one is out of date after it. */
  #changes = 0;

  constructor(backend: Backend) {
    this.backend = backend;
  }

  /** What a server does. */
  stateOf(name: string): ServerState {
    return this.states.find((server) => server.name === name)?.state ?? OFF;
  }

  /** Looks again and again; gives back how to end that. */
  watch(): () => void {
    let timer: ReturnType<typeof setTimeout>;
    let watched = true;
    const again = async (): Promise<void> => {
      await this.look();
      if (watched) timer = setTimeout(() => void again(), BETWEEN_LOOKS);
    };
    void again();
    return () => {
      watched = false;
      clearTimeout(timer);
    };
  }

  /** Reads what is set and what the servers do. */
  async look(): Promise<void> {
    const asked = this.#changes;
    try {
      const view = await this.backend.tools();
      if (asked !== this.#changes) return;
      this.view = view;
      const states = await this.backend.toolServers();
      if (asked !== this.#changes) return;
      this.states = states;
      this.problem = null;
    } catch (error) {
      this.problem = errorText(error);
    }
  }

  /** Takes what a command gives back; gives its error in words, or null where there was none. */
  async change(call: Promise<ToolsView>): Promise<string | null> {
    try {
      const view = await call;
      this.#changes += 1;
      this.view = view;
    } catch (error) {
      return errorText(error);
    }
    await this.look();
    return null;
  }

  /** Has the person sign in to a server; gives the error in words, or null where there was none. */
  signIn(name: string): Promise<string | null> {
    return this.#follow(this.backend.signInToToolServer(name));
  }

  /** Ends the sign-in to a server; gives the error in words, or null where there was none. */
  cancelSignIn(name: string): Promise<string | null> {
    return this.#follow(this.backend.cancelToolSignIn(name));
  }

  /** Forgets who has signed in; gives the error in words, or null where there was none. */
  signOut(name: string): Promise<string | null> {
    return this.#follow(this.backend.signOutOfToolServer(name));
  }

  /** Starts a server anew; gives the error in words, or null where it runs. */
  restart(name: string): Promise<string | null> {
    return this.#follow(this.backend.restartToolServer(name));
  }

  /** Waits for what is done to a server; what it does meanwhile is seen at once. */
  async #follow(call: Promise<void>): Promise<string | null> {
    const done = call.then(
      () => null,
      (error: unknown) => errorText(error),
    );
    await this.look();
    const error = await done;
    await this.look();
    return error;
  }
}
