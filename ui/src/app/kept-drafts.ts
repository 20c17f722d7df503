/**
 * What was typed and not sent, kept for the page that comes after this one: after a reload, or when
 * the page's process has died. It stands in the memory of the window, never on the disk, and goes
 * with the window.
 */
import type { Attachment } from "../backend/generated";

/** How many characters are kept at most; more would not fit into every web view. */
const MOST = 1_000_000;
const PLACE = "tacet.drafts";

export interface KeptDraft {
  /** The conversation; null is the one that does not exist yet. */
  id: string | null;
  text: string;
  files: Attachment[];
}

export interface Kept {
  drafts: KeptDraft[];
  /** Texts of questions that are being edited, by the message's id. */
  edits: [string, string][];
  /** The names of files that were too large. */
  lost: string[];
}

/** Keeps what fits: all texts before any file. */
export function keep(drafts: readonly KeptDraft[], edits: readonly [string, string][]): void {
  let room = MOST;
  const fits = (text: string): boolean => {
    if (text.length > room) return false;
    room -= text.length;
    return true;
  };
  const kept: Kept = {
    drafts: drafts.map(({ id, text }) => ({ id, text: fits(text) ? text : "", files: [] })),
    edits: edits.filter(([, text]) => fits(text)),
    lost: [],
  };
  for (const [index, { files }] of drafts.entries()) {
    for (const file of files) {
      if (fits(file.text)) kept.drafts[index]?.files.push(file);
      else kept.lost.push(file.name);
    }
  }
  try {
    sessionStorage.setItem(PLACE, JSON.stringify(kept));
  } catch {
    // A web view without room for it keeps what it had; what is on the screen is not touched.
  }
}

/** What the page before this one kept. */
export function kept(): Kept {
  try {
    const found = sessionStorage.getItem(PLACE);
    if (found !== null) return JSON.parse(found) as Kept;
  } catch {
    // Without it, this is a first page.
  }
  return { drafts: [], edits: [], lost: [] };
}
