/** What the window does about news: of answers whose turns have ended, and of what other windows change. */
import type { News } from "../backend/generated";
import { shellStrings } from "../strings/shell";
import type { Branches } from "./branches";
import type { Drafts } from "./drafts.svelte";
import type { Turns } from "./turns.svelte";
import type { Workspace } from "./workspace.svelte";

/** What only news reaches beside the workspace itself. */
interface Reached {
  readonly running: Turns;
  readonly branches: Branches;
  readonly drafts: Drafts;
  /** The end of an answer was saved after it was told. */
  saved(messageId: string): void;
}

export class Hearing {
  constructor(
    private readonly workspace: Workspace,
    private readonly reached: Reached,
  ) {}

  /** What is not on the screen is read when it is opened. */
  hear(news: News): void {
    const { workspace, reached } = this;
    const { list, report } = workspace;
    const shown =
      "conversationId" in news && workspace.currentId === news.conversationId
        ? workspace.thread
        : null;
    switch (news.type) {
      case "usage-settled":
        shown?.get(news.messageId)?.settle(news.usage);
        return;
      case "conversations-changed":
        void workspace.refresh();
        return;
      case "wanted":
        void workspace.open(news.conversationId);
        return;
      case "naming-began":
        reached.running.namings.set(news.conversationId, news.turnId);
        return;
      case "naming-ended":
        reached.running.namings.delete(news.conversationId);
        if (news.title !== null) list.retitle(news.conversationId, news.title);
        return;
      case "saved":
        reached.saved(news.messageId);
        shown?.get(news.messageId)?.saved(news.receipt);
        return;
      case "result-arrived":
        if (shown) void reached.branches.renew(shown, news.messageId);
        return;
      case "tasks-changed":
        workspace.toolCalls.readTasks().catch(report);
        return;
      case "turn-began":
        reached.running.join(news.turnId, news.conversationId, news.messageId);
        return;
      case "conversation-changed":
        list.put(news.conversation);
        return;
      case "conversation-deleted": {
        const dropped = list.drop(news.conversationId);
        if (!shown) return;
        workspace.newConversation();
        const title = dropped?.title ?? "";
        workspace.notices.add("info", shellStrings.deletedElsewhere(title));
        return;
      }
      case "conversation-settings-changed":
        if (shown) void workspace.answering.hear();
        return;
      case "messages-changed":
        if (shown) void workspace.readAnew();
        return;
      case "branch-chosen":
        if (shown) void reached.branches.chosenElsewhere(shown, news.head);
        return;
      case "settings-changed":
        void workspace.change(workspace.backend.readSettings());
        return;
      case "drafts-changed":
        reached.drafts.hear(report);
    }
  }
}
