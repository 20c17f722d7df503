/** Mounts the whole window over the twin, for tests. */
import { flushSync, mount, unmount } from "svelte";
import { MemoryBackend } from "../backend/memory/memory";
import type { MemoryTurn } from "../backend/memory/turn";
import { Workspace } from "../app/workspace.svelte";
import Window from "../features/shell/Window.svelte";

class NoObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

// jsdom has no layout: nothing is ever resized, and nothing comes into view.
Object.assign(globalThis, { ResizeObserver: NoObserver, IntersectionObserver: NoObserver });
globalThis.matchMedia = (media) => ({ media, matches: false }) as MediaQueryList;
Element.prototype.scrollIntoView = () => undefined;
Range.prototype.getBoundingClientRect = () => new DOMRect();

export class Page {
  readonly backend: MemoryBackend;
  readonly workspace: Workspace;
  readonly #component: ReturnType<typeof mount>;

  private constructor(backend: MemoryBackend, workspace: Workspace) {
    this.backend = backend;
    this.workspace = workspace;
    this.#component = mount(Window, { target: document.body, props: { workspace } });
    flushSync();
  }

  static async open(backend = new MemoryBackend()): Promise<Page> {
    // A new window knows nothing of the one before it.
    sessionStorage.clear();
    return Page.#load(backend);
  }

  static async #load(backend: MemoryBackend): Promise<Page> {
    document.body.replaceChildren();
    return new Page(backend, new Workspace(backend, await backend.bootstrap()));
  }

  /** What a reload does: the page starts again, the app does not. */
  async reload(): Promise<Page> {
    await this.close();
    return Page.#load(this.backend);
  }

  async close(): Promise<void> {
    await unmount(this.#component);
  }

  all(testid: string): HTMLElement[] {
    flushSync();
    return [...document.querySelectorAll<HTMLElement>(`[data-testid="${testid}"]`)];
  }

  get(testid: string): HTMLElement {
    const found = this.all(testid).at(-1);
    if (!found) throw new Error(`nothing has the data-testid ${testid}`);
    return found;
  }

  button(testid: string): HTMLButtonElement {
    return this.get(testid) as HTMLButtonElement;
  }

  get composer(): HTMLTextAreaElement {
    return this.get("composer") as HTMLTextAreaElement;
  }

  /** The last message of the model. */
  get answer(): HTMLElement {
    const answers = this.all("message").filter(({ dataset }) => dataset.role === "assistant");
    const last = answers.at(-1);
    if (!last) throw new Error("there is no answer");
    return last;
  }

  /** What is in a field, a text area or a list of choices. */
  field(testid: string): HTMLInputElement {
    return this.get(testid) as HTMLInputElement;
  }

  /** Writes into one, or chooses from it, as a person does: it has the focus. */
  fill(testid: string, value: string): HTMLInputElement {
    const field = this.field(testid);
    field.focus();
    field.value = value;
    const event = field.tagName === "SELECT" ? "change" : "input";
    field.dispatchEvent(new Event(event, { bubbles: true }));
    flushSync();
    return field;
  }

  type(text: string): void {
    this.composer.value = text;
    this.composer.dispatchEvent(new Event("input", { bubbles: true }));
    flushSync();
  }

  key(key: string, init: KeyboardEventInit = {}, target: Element = this.composer): KeyboardEvent {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    target.dispatchEvent(event);
    flushSync();
    return event;
  }

  /** The beginning of a click with a mouse: the button goes down. */
  press(testid: string, { button = 0, pointerType = "mouse" } = {}): void {
    // The tests' document knows no pointer events; they are mouse events with more to say.
    const event = new MouseEvent("pointerdown", { bubbles: true, button });
    this.button(testid).dispatchEvent(Object.assign(event, { pointerType }));
    flushSync();
  }

  /** Its end: the button goes up, and has been clicked. */
  release(testid: string): void {
    this.button(testid).dispatchEvent(new MouseEvent("click", { bubbles: true, detail: 1 }));
    flushSync();
  }

  /** Sends `text` and gives the turn, once the page follows it. */
  async send(text: string): Promise<MemoryTurn> {
    const before = this.backend.turns.size;
    this.type(text);
    this.key("Enter");
    return this.turnAfter(before);
  }

  /** The turn that follows the first `before` ones, once the page follows it. */
  async turnAfter(before: number): Promise<MemoryTurn> {
    return this.until(() => {
      const turn = [...this.backend.turns.values()][before];
      return turn && turn.viewers > 0 && this.workspace.thread?.pending === null ? turn : undefined;
    });
  }

  /** Waits until `probe` gives something: a state, not a time. */
  async until<T>(probe: () => T | undefined | false | null): Promise<T> {
    for (let turn = 0; turn < 500; turn += 1) {
      flushSync();
      const value = probe();
      if (value) return value;
      await new Promise((resolve) => setImmediate(resolve));
    }
    throw new Error(`the state never came: ${probe}`);
  }
}
