/** Files that are dropped anywhere in the window. */

/** The handlers of the window for what is dragged over it. */
export class FileDrop {
  /** Whether files are held over the window now. */
  over = $state(false);
  /** How many elements the drag has entered and not left: it enters the next before it leaves one. */
  #entered = 0;
  readonly #take: (files: File[]) => void;

  constructor(take: (files: File[]) => void) {
    this.#take = take;
  }

  readonly enter = (event: DragEvent): void => {
    this.#entered += 1;
    this.over = carriesFiles(event);
  };

  readonly leave = (): void => {
    this.#entered = Math.max(0, this.#entered - 1);
    if (this.#entered === 0) this.over = false;
  };

  readonly hover = (event: DragEvent): void => {
    if (isTextForField(event)) return;
    event.preventDefault();
    if (event.dataTransfer) {
      event.dataTransfer.dropEffect = carriesFiles(event) ? "copy" : "none";
    }
  };

  /** What nobody takes, the web view would open in the place of the page. */
  readonly drop = (event: DragEvent): void => {
    this.#entered = 0;
    this.over = false;
    if (isTextForField(event)) return;
    event.preventDefault();
    if (carriesFiles(event)) this.#take([...(event.dataTransfer?.files ?? [])]);
  };
}

function carriesFiles({ dataTransfer }: DragEvent): boolean {
  return dataTransfer?.types.includes("Files") ?? false;
}

/** Text that is dropped on a text field is written there, as everywhere. */
function isTextForField(event: DragEvent): boolean {
  const { target } = event;
  const field = target instanceof Element && target.closest("input, textarea") !== null;
  return field && !carriesFiles(event);
}
