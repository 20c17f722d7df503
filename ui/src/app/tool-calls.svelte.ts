/** What the person says to the tools that an answer calls: their answers, and what they stop. */
import type { Backend } from "../backend/backend";
import type {
  ApprovalAnswer,
  ElicitationReply,
  FieldProblem,
  FieldValue,
  TakenUpTask,
} from "../backend/generated";
import { toolStrings } from "../strings/tools";
import type { Notices } from "./notices.svelte";

/** What stands in the fields of a form, by their names. */
export type FieldValues = Partial<Record<string, FieldValue>>;

export class ToolCalls {
  /** What servers still work on for an earlier run, which ended without notice. */
  tasks = $state.raw<readonly TakenUpTask[]>([]);
  /** What was typed into the forms of servers, by the form's id: it stays when its conversation is left. */
  readonly forms = new Map<number, FieldValues>();

  constructor(
    private readonly backend: Backend,
    private readonly notices: Notices,
  ) {}

  /** Answers whether a tool may run; `part` is the call's place in the turn's answer. */
  async answerApproval(turnId: string, part: number, answer: ApprovalAnswer): Promise<void> {
    try {
      const taken = await this.backend.answerApproval(turnId, part, answer);
      if (!taken) this.notices.add("info", toolStrings.late);
    } catch (error) {
      this.notices.report(error);
    }
  }

  /** Replies to a server's question; gives what is to be mended in its form first. */
  async reply(turnId: string, question: number, reply: ElicitationReply): Promise<FieldProblem[]> {
    try {
      const outcome = await this.backend.answerElicitation(turnId, question, reply);
      switch (outcome.outcome) {
        case "unfit":
          return outcome.problems;
        case "closed":
          this.notices.add("info", toolStrings.closedAlready);
          break;
        case "taken":
          break;
      }
    } catch (error) {
      this.notices.report(error);
    }
    return [];
  }

  /** Stops one tool, and no other. */
  async stop(turnId: string, part: number): Promise<void> {
    await this.backend.stopTool(turnId, part).catch(this.notices.report);
  }

  /** Reads anew what servers still work on for an earlier run. */
  async readTasks(): Promise<void> {
    this.tasks = await this.backend.takenUpTasks();
  }

  /** What a server still works on for the call at `part` of a message. */
  task(messageId: string, part: number): TakenUpTask | null {
    return this.tasks.find((task) => task.messageId === messageId && task.part === part) ?? null;
  }

  /** Stops that, and tells the person what its server said. */
  async stopTask({ messageId, part, server }: TakenUpTask): Promise<void> {
    try {
      const said = await this.backend.stopTask(messageId, part);
      if (said?.kind === "confirmed") {
        this.notices.add("info", toolStrings.taskEnded(server, said.ms));
      } else if (said?.kind !== "not-needed") {
        this.notices.add("warning", toolStrings.taskMayGoOn(server, said !== null));
      }
    } catch (error) {
      this.notices.report(error);
    }
  }

  /** Ends a server that was told to stop and is silent; false where that failed. */
  async endServer(name: string): Promise<boolean> {
    try {
      await this.backend.endToolServer(name);
      return true;
    } catch (error) {
      this.notices.report(error);
      return false;
    }
  }

  /** Lets a turn go on that has come to its limit of steps. */
  async continueSteps(turnId: string): Promise<void> {
    await this.backend.continueSteps(turnId).catch(this.notices.report);
  }
}
