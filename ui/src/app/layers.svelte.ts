/** What lies open above the conversation, so that Esc closes it before it stops anything. */

export class Layers {
  settings = $state(false);
  keys = $state(false);
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

  get open(): boolean {
    return (
      this.settings ||
      this.keys ||
      this.models ||
      this.menu !== null ||
      this.renaming !== null ||
      this.editing !== null ||
      this.overlay
    );
  }
}
