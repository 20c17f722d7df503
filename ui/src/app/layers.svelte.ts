/** What lies open above the conversation: one stack, of which Esc closes the top. */
import { untrack } from "svelte";

/** The provider whose form is open. */
export interface OpenProvider {
  /** Null for one that is being added. */
  id: string | null;
  /** Whether its key is what the person came for. */
  key: boolean;
}

/** A form that can be open, in the settings or among the assistants. */
export type FormName = "provider" | "tool-server" | "tool-servers" | "prompt" | "assistant";

/** Those of the settings. */
const SETTINGS: readonly FormName[] = ["provider", "tool-server", "tool-servers", "prompt"];

/** Of these, one is open at a time. */
const BESIDE_THEIR_LIST: readonly FormName[] = ["provider", "tool-server", "tool-servers"];

/** One thing that lies open. */
interface Layer {
  close: () => void;
}

export class Layers {
  settings = $state(false);
  /** What the settings show of the providers beside their list. */
  provider = $state.raw<OpenProvider | null>(null);
  /** The form of servers of tools that the settings show: the one to paste into, or that of one
   * server (null for a new one). It and a provider's are not open at once. */
  toolServers = $state.raw<"paste" | { name: string | null } | null>(null);
  keys = $state(false);
  usage = $state(false);
  models = $state(false);
  /** What tool servers offer to attach. */
  offers = $state(false);
  /** The dial of how much the model reasons. */
  effort = $state(false);
  assistants = $state(false);
  /** The instructions and settings of the conversation. */
  conversation = $state(false);
  /** The map of the conversation's branches. */
  branches = $state(false);
  /** The conversation whose folder and tags are asked for, by its id; null for none. */
  filing = $state<string | null>(null);
  /** The list over a narrow window. */
  overlay = $state(false);
  /** Whether a wide window shows the list. */
  sidebar = $state(true);
  /** The last one lies on top. */
  readonly #stack: Layer[] = [];

  /** The forms that are open, the last one last: each asks before what is typed into
   * it is thrown away. */
  readonly #guards: { form: FormName; ask: (leave: () => void) => void }[] = [];

  /** Leads to a provider's form. */
  openProvider(id: string | null, key: boolean): void {
    this.leaveForms(BESIDE_THEIR_LIST, () => {
      this.provider = { id, key };
      this.toolServers = null;
      this.settings = true;
    });
  }

  /** Leads to a form of servers of tools. */
  openToolServers(form: "paste" | { name: string | null }): void {
    this.leaveForms(BESIDE_THEIR_LIST, () => {
      this.provider = null;
      this.toolServers = form;
      this.settings = true;
    });
  }

  /** Closes the settings, with the forms that are open in them. */
  closeSettings(): void {
    this.leaveForms(SETTINGS, () => {
      this.settings = false;
    });
  }

  /** Has `ask` carry out what would throw away a form; gives back how to end that. */
  guard(form: FormName, ask: (leave: () => void) => void): () => void {
    const guard = { form, ask };
    this.#guards.push(guard);
    return () => {
      const at = this.#guards.indexOf(guard);
      if (at >= 0) this.#guards.splice(at, 1);
    };
  }

  /** Does what throws away the open ones of these forms once each of them was asked: where one is kept,
   * all are. */
  leaveForms(forms: readonly FormName[], leave: () => void): void {
    const open = this.#guards.filter(({ form }) => forms.includes(form));
    const act = open.reduce(
      (next, { ask }) =>
        () =>
          ask(next),
      leave,
    );
    act();
  }

  /** Whether anything lies open. */
  get open(): boolean {
    return this.#stack.length > 0;
  }

  /** Puts what `close` closes on top; gives back how to take it off, wherever it lies by then. */
  add(close: () => void): () => void {
    const layer = { close };
    this.#stack.push(layer);
    return () => {
      const at = this.#stack.indexOf(layer);
      if (at >= 0) this.#stack.splice(at, 1);
    };
  }

  /** Closes what lies on top, and nothing else; false where nothing does. */
  closeTop(): boolean {
    const top = this.#stack.at(-1);
    top?.close();
    return top !== undefined;
  }
}

/**
 * Keeps a component's surface on the stack while `open` is true and the component lives. Every
 * dialog, menu, list, filter and field that Esc closes calls this while it is set up, and there is
 * no other record of what lies open. `open` is absent where the component is the surface.
 */
export function onStack(layers: Layers, close: () => void, open: () => boolean = () => true): void {
  const shown = $derived(open());
  // Before the page changes: what lies inside another is set up after it, and so comes above it.
  $effect.pre(() => (shown ? untrack(() => layers.add(close)) : undefined));
}
