/** What a person saves to a file of their own. Each says where that is, or what failed. */
import type { Backend } from "../backend/backend";
import type { Conversation } from "../backend/generated";
import { failureStrings } from "../strings/failure";
import type { Notices } from "./notices.svelte";

export class Saving {
  constructor(
    private readonly backend: Backend,
    private readonly notices: Notices,
  ) {}

  /** Saves all conversations. */
  copy(): Promise<void> {
    return this.#sayWhere(this.backend.saveCopy());
  }

  /** Saves a conversation as Markdown. */
  markdown({ id }: Conversation): Promise<void> {
    const offset = -new Date().getTimezoneOffset();
    return this.#sayWhere(this.backend.exportMarkdown(id, offset));
  }

  /** Saves a file that a model made. */
  madeFile(messageId: string, part: number): Promise<void> {
    return this.#sayWhere(this.backend.saveMadeFile(messageId, part));
  }

  async #sayWhere(saved: Promise<string | null>): Promise<void> {
    try {
      const path = await saved;
      if (path !== null) this.notices.add("info", failureStrings.saved(path));
    } catch (error) {
      this.notices.report(error);
    }
  }
}
