/** What the twin does with windows, and with what is typed in them. */
import type { DraftChanges, Unsent, UnsentDraft } from "../generated";

export class MemoryWindows {
  /** What was typed and not sent, in whatever window. */
  unsent: Unsent = { drafts: [], edits: [], lost: [] };
  /** The windows that were opened: the conversation of each, null for a new one. */
  readonly openedWindows: (string | null)[] = [];

  async openWindow(conversationId: string | null): Promise<void> {
    this.openedWindows.push(conversationId);
  }

  async keepDrafts({ drafts, edits, lost }: DraftChanges): Promise<void> {
    const place = ({ id, leaf }: UnsentDraft): string => `${id ?? ""} ${leaf ?? ""}`;
    const changed = new Set(drafts.map(place));
    const texts = new Map<string, string | null>([...this.unsent.edits, ...edits]);
    this.unsent = {
      drafts: [
        ...this.unsent.drafts.filter((draft) => !changed.has(place(draft))),
        ...drafts.filter(({ text, files }) => text !== "" || files.length > 0),
      ],
      edits: [...texts].filter((edit): edit is [string, string] => edit[1] !== null),
      lost,
    };
  }

  async readDrafts(): Promise<Unsent> {
    return this.unsent;
  }
}
