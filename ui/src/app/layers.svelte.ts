/** What lies open above the conversation, so that Esc closes it before it stops anything. */

/** The provider whose form is open. */
export interface OpenProvider {
  /** Null for one that is being added. */
  id: string | null;
  /** Whether its key is what the person came for. */
  key: boolean;
}

export class Layers {
  settings = $state(false);
  /** What the settings show of the providers beside their list. */
  provider = $state.raw<OpenProvider | null>(null);
  keys = $state(false);
  usage = $state(false);
  models = $state(false);
  menu = $state<string | null>(null);
  /** The conversation that is being renamed. */
  renaming = $state<string | null>(null);
  /** The message that is being edited. */
  editing = $state<string | null>(null);
  /** The list over a narrow window. */
  overlay = $state(false);
  /** Whether a wide window shows the list. */
  sidebar = $state(true);

  /** Leads to a provider's form. */
  openProvider(id: string | null, key: boolean): void {
    this.provider = { id, key };
    this.settings = true;
  }

  get open(): boolean {
    return (
      this.settings ||
      this.keys ||
      this.usage ||
      this.models ||
      this.menu !== null ||
      this.renaming !== null ||
      this.editing !== null ||
      this.overlay
    );
  }
}
