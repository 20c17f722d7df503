/**
 * What the person is writing: a text and files for each branch that something was typed on, and for a
 * conversation to come. A composer shows the draft of the branch on the screen.
 */
import { SvelteMap } from "svelte/reactivity";
import type { Backend } from "../backend/backend";
import type { Attachment, Unsent, UnsentDraft } from "../backend/generated";
import { Edit } from "./edit.svelte";
import { attachment } from "./files";
import { fitting, isSame, KeptDrafts, placeOf, type Heard } from "./kept-drafts";

/** A message that is not sent yet. */
export class Draft {
  text = $state("");
  files = $state.raw<readonly Attachment[]>([]);
  /** How many times files are being read for it: it is not whole until that is 0. */
  reading = $state(0);
  /** The one that it was joined to, which is given what is still being read for this one. */
  #whole: Draft | null = null;

  constructor(text = "", files: readonly Attachment[] = []) {
    this.text = text;
    this.files = files;
  }

  get isEmpty(): boolean {
    return this.text === "" && this.files.length === 0;
  }

  /** Itself, or what it has become a part of. */
  get whole(): Draft {
    return this.#whole?.whole ?? this;
  }

  /** Adds files, and a text behind what stands here. */
  add(files: readonly Attachment[], text = ""): void {
    this.files = [...this.files, ...files];
    if (text !== "") this.text = this.text.trim() === "" ? text : `${this.text}\n\n${text}`;
  }

  /** Takes another in, before what stands here. */
  join(before: Draft): void {
    this.text = [before.text, this.text].filter((one) => one !== "").join("\n\n");
    this.files = [...before.files, ...this.files];
    this.reading += before.reading;
    before.#whole = this;
  }
}

/** A draft of a branch that is not on the screen. */
interface Waiting {
  readonly conversationId: string;
  readonly draft: Draft;
}

/** What was typed on a branch that was deleted, and on its messages. */
export interface TypedThere {
  readonly waiting: readonly [string, Waiting][];
  readonly edits: readonly [string, Edit][];
}

export class Drafts {
  readonly #backend: Backend;
  /** What stands in composers, by the conversation's id; null is the one that does not exist yet. */
  readonly #shown = new SvelteMap<string | null, Draft>();
  /** What waits, by the id of the message that its branch ended with when it was left. */
  readonly #waiting = new SvelteMap<string, Waiting>();
  /** Questions that are being edited, by the message's id. */
  readonly edits = new SvelteMap<string, Edit>();
  /** The conversations that another window has typed in: they are there, listed here yet or not. */
  readonly #elsewhere = new Set<string>();
  readonly #kept: KeptDrafts;

  /** `unsent` is what an earlier run kept; `failed` hears why nothing more can be kept, once. */
  constructor(backend: Backend, unsent: Unsent, failed: (error: unknown) => void) {
    this.#backend = backend;
    this.#kept = new KeptDrafts(unsent, (changes) => backend.keepDrafts(changes), failed);
  }

  /** What stands in the composer of a conversation; undefined where nothing was typed. */
  get(id: string | null): Draft | undefined {
    return this.#shown.get(id);
  }

  write(id: string | null, text: string): void {
    this.#of(id).text = text;
  }

  /**
   * Has `read` add what it reads to what is shown now, wherever that waits by then: it adds to the draft
   * that it is given at that time.
   */
  async reading(id: string | null, read: (draft: () => Draft) => Promise<void>): Promise<void> {
    const draft = this.#of(id);
    draft.reading += 1;
    try {
      await read(() => draft.whole);
    } finally {
      draft.whole.reading -= 1;
    }
  }

  /** Adds files, in their order, once they are read; `failed` hears of those that cannot be sent. */
  attach(
    id: string | null,
    files: Iterable<File>,
    failed: (error: unknown) => void,
  ): Promise<void> {
    return this.reading(id, async (draft) => {
      for (const file of files) {
        try {
          const read = await attachment(file, this.#backend);
          draft().add([read]);
        } catch (error) {
          failed(error);
        }
      }
    });
  }

  add(id: string | null, ...files: Attachment[]): void {
    this.#of(id).add(files);
  }

  detach(id: string | null, file: Attachment): void {
    const draft = this.#of(id);
    draft.files = draft.files.filter((other) => other !== file);
  }

  /** Takes the draft away, to send it. */
  take(id: string | null): Draft {
    const draft = this.get(id) ?? new Draft();
    this.#shown.delete(id);
    return draft;
  }

  /** Puts what could not be sent back, before what was typed meanwhile. */
  giveBack(id: string | null, draft: Draft): void {
    const typed = this.get(id);
    if (typed) typed.join(draft);
    else this.#shown.set(id, draft);
  }

  /** Has a draft wait for the branch that ends with `leaf`, before what waits there. */
  wait(conversationId: string, leaf: string, draft: Draft): void {
    if (draft.isEmpty && draft.reading === 0) return;
    const waiting = this.#waiting.get(leaf);
    if (waiting) waiting.draft.join(draft);
    else this.#waiting.set(leaf, { conversationId, draft });
  }

  /**
   * Shows what waits for the branch that `path` leads along. What is in the composer goes along where
   * the branch that ended with `left` is this one, grown, and waits for that one else. A branch may
   * have grown while it was away, so that what waits for it does so above its leaf.
   */
  show(
    conversationId: string,
    left: string | null,
    path: readonly { readonly id: string }[],
  ): void {
    if (left !== null && !path.some(({ id }) => id === left)) {
      this.wait(conversationId, left, this.take(conversationId));
    }
    for (const { id } of path.toReversed()) {
      const waiting = this.#waiting.get(id);
      if (!waiting) continue;
      this.#waiting.delete(id);
      this.giveBack(conversationId, waiting.draft);
    }
  }

  /** Takes away what was typed on a branch that was deleted: it waits for nothing but an undo. */
  takeFrom(messages: readonly string[]): TypedThere {
    const gone = new Set(messages);
    const waiting = [...this.#waiting].filter(([leaf]) => gone.has(leaf));
    const edits = [...this.edits].filter(([id]) => gone.has(id));
    for (const [leaf] of waiting) this.#waiting.delete(leaf);
    for (const [id] of edits) this.edits.delete(id);
    return { waiting, edits };
  }

  /** Has it wait for its branch again, which comes back. */
  bringBack({ waiting, edits }: TypedThere): void {
    for (const [leaf, { conversationId, draft }] of waiting) this.wait(conversationId, leaf, draft);
    for (const [id, edit] of edits) this.edits.set(id, edit);
  }

  /** Keeps what is not sent for the page after this one, of the conversations that are there and of a
   * new one. */
  keepFor(isThere: (conversationId: string) => boolean): void {
    const shown = [...this.#shown].map(([id, draft]) => ({ id, draft }));
    const waiting = [...this.#waiting].map(([leaf, { conversationId: id, draft }]) => ({
      id,
      leaf,
      draft,
    }));
    const drafts = [...shown, ...waiting]
      .filter(({ id }) => id === null || isThere(id) || this.#elsewhere.has(id))
      .filter(({ draft }) => !draft.isEmpty)
      .map(({ draft: { text, files }, ...place }) => ({ ...place, text, files: [...files] }));
    const edits = [...this.edits].map(([id, { text }]): [string, string] => [id, text]);
    this.#kept.keep(fitting(drafts, edits));
  }

  /** A conversation was deleted: what was typed in it is kept for nothing but an undo. */
  deleted(conversationId: string): void {
    this.#elsewhere.delete(conversationId);
  }

  /** Goes on with what the page before this one kept, or the last run; gives the names of files that it could not. */
  takeUp(): string[] {
    const { drafts, edits, lost } = this.#kept.kept();
    for (const { id, leaf, text, files } of drafts) {
      const draft = new Draft(text, files);
      if (id !== null && leaf !== undefined) this.wait(id, leaf, draft);
      else this.giveBack(id, draft);
    }
    for (const [id, text] of edits) this.edits.set(id, new Edit(text));
    return lost;
  }

  /** Has the app keep what was typed now: another window may be used next. */
  flush(): void {
    this.#kept.flush();
  }

  /** Takes over what was typed, sent or thrown away in another window; `failed` hears why that cannot be
   * read. */
  hear(failed: (error: unknown) => void): void {
    this.#kept.hear(
      () => this.#backend.readDrafts(),
      (heard) => {
        this.#takeOver(heard);
      },
      failed,
    );
  }

  /** Where nothing was typed here since, what is there takes the place of what was here. Where
   * something was, that stays, and what was typed there stands before it: neither is lost. */
  #takeOver({ before, here, there }: Heard): void {
    const find = ({ drafts }: Unsent, place: string): UnsentDraft | undefined =>
      drafts.find((draft) => placeOf(draft) === place);
    const drafts = [...before.drafts, ...there.drafts].map(
      (draft) => [placeOf(draft), draft] as const,
    );
    for (const [place, { id, leaf }] of new Map(drafts)) {
      const [old, own, other] = [find(before, place), find(here, place), find(there, place)];
      // What stands in the composer of a new conversation is each window's own.
      if (id === null || isSame(old, other)) continue;
      if (other) this.#elsewhere.add(id);
      if (isSame(own, other)) continue;
      if (isSame(own, old)) this.#put(id, leaf, other);
      else if (other && !own?.text.includes(other.text)) {
        const typed = new Draft(other.text, other.files);
        if (leaf === undefined) this.giveBack(id, typed);
        else this.wait(id, leaf, typed);
      }
    }
    const edit = ({ edits }: Unsent, id: string): string | undefined =>
      edits.find(([one]) => one === id)?.[1];
    for (const id of new Set([...before.edits, ...there.edits].map(([one]) => one))) {
      const [old, own, other] = [edit(before, id), edit(here, id), edit(there, id)];
      if (old === other || own === other) continue;
      if (own === old) {
        const known = this.edits.get(id);
        if (other === undefined) this.edits.delete(id);
        else if (known) known.text = other;
        else this.edits.set(id, new Edit(other));
      } else if (own !== undefined && other !== undefined && !own.includes(other)) {
        this.edits.set(id, new Edit(`${other}\n\n${own}`));
      }
    }
  }

  /** Puts a draft in the place of the one before it; undefined takes that away. */
  #put(id: string, leaf: string | undefined, other: UnsentDraft | undefined): void {
    const { text, files } = other ?? { text: "", files: [] };
    const known = leaf === undefined ? this.get(id) : this.#waiting.get(leaf)?.draft;
    if (known) {
      known.text = text;
      known.files = files;
    } else if (leaf === undefined) this.#shown.set(id, new Draft(text, files));
    else this.wait(id, leaf, new Draft(text, files));
  }

  #of(id: string | null): Draft {
    const known = this.get(id);
    if (known) return known;
    const draft = new Draft();
    this.#shown.set(id, draft);
    return draft;
  }
}
