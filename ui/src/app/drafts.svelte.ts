/** What the person is writing: a text and files for each conversation, and for one to come. */
import { SvelteMap } from "svelte/reactivity";
import type { Backend } from "../backend/backend";
import type { Attachment, Unsent } from "../backend/generated";
import { Edit } from "./edit.svelte";
import { attachment } from "./files";
import { fitting, KeptDrafts } from "./kept-drafts";

/** A message that is not sent yet. */
export interface Draft {
  text: string;
  files: readonly Attachment[];
}

const EMPTY: Draft = { text: "", files: [] };

/** Drafts by the conversation's id; null is the conversation that does not exist yet. */
export class Drafts {
  readonly #backend: Backend;
  readonly #drafts = new SvelteMap<string | null, Draft>();
  /** Questions that are being edited, by the message's id. */
  readonly edits = new SvelteMap<string, Edit>();
  /** How many times files are being read for a draft. */
  readonly #reading = new SvelteMap<string | null, number>();

  readonly #kept: KeptDrafts;

  /** `unsent` is what an earlier run kept; `failed` hears why nothing more can be kept, once. */
  constructor(backend: Backend, unsent: Unsent, failed: (error: unknown) => void) {
    this.#backend = backend;
    this.#kept = new KeptDrafts(unsent, (all) => backend.keepDrafts(all), failed);
  }

  get(id: string | null): Draft {
    return this.#drafts.get(id) ?? EMPTY;
  }

  write(id: string | null, text: string): void {
    this.#drafts.set(id, { ...this.get(id), text });
  }

  /** Whether files of it are still being read: it is not whole. */
  isReading(id: string | null): boolean {
    return (this.#reading.get(id) ?? 0) > 0;
  }

  /** Adds files, in their order; `failed` hears of those that cannot be sent. */
  async attach(
    id: string | null,
    files: Iterable<File>,
    failed: (error: unknown) => void,
  ): Promise<void> {
    const count = (step: number): void => {
      this.#reading.set(id, (this.#reading.get(id) ?? 0) + step);
    };
    count(1);
    for (const file of files) {
      try {
        this.add(id, await attachment(file, this.#backend));
      } catch (error) {
        failed(error);
      }
    }
    count(-1);
  }

  add(id: string | null, ...files: Attachment[]): void {
    const draft = this.get(id);
    this.#drafts.set(id, { ...draft, files: [...draft.files, ...files] });
  }

  detach(id: string | null, file: Attachment): void {
    const draft = this.get(id);
    this.#drafts.set(id, { ...draft, files: draft.files.filter((other) => other !== file) });
  }

  /** Takes the draft away, to send it. */
  take(id: string | null): Draft {
    const draft = this.get(id);
    this.#drafts.delete(id);
    return draft;
  }

  /** Puts what could not be sent back, before what was typed meanwhile. */
  giveBack(id: string | null, { text, files }: Draft): void {
    const typed = this.get(id);
    const texts = [text, typed.text].filter((one) => one !== "");
    this.#drafts.set(id, { text: texts.join("\n\n"), files: [...files, ...typed.files] });
  }

  /** Keeps what is not sent for the page after this one, of the conversations that are there and of a
   * new one. */
  keepFor(isThere: (conversationId: string) => boolean): void {
    const drafts = [...this.#drafts]
      .filter(([id]) => id === null || isThere(id))
      .filter(([, { text, files }]) => text !== "" || files.length > 0)
      .map(([id, { text, files }]) => ({ id, text, files: [...files] }));
    const edits = [...this.edits].map(([id, { text }]): [string, string] => [id, text]);
    this.#kept.keep(fitting(drafts, edits));
  }

  /** Goes on with what the page before this one kept, or the last run; gives the names of files that it could not. */
  takeUp(): string[] {
    const { drafts, edits, lost } = this.#kept.kept();
    for (const { id, ...draft } of drafts) this.giveBack(id, draft);
    for (const [id, text] of edits) this.edits.set(id, new Edit(text));
    return lost;
  }
}
