/** One running turn of the twin, moved forward by hand. */
import type {
  ApprovalAnswer,
  ApprovalRequest,
  Cause,
  ElicitationOutcome,
  ElicitationReply,
  ElicitationRequest,
  Message,
  MessageState,
  Part,
  Phase,
  ProviderError,
  Receipt,
  ToolCallState,
  TurnEnd,
  TurnEvent,
  TurnEventKind,
  TurnSnapshot,
  Usage,
} from "../generated";

type Viewer = (event: TurnEvent) => void;

export class MemoryTurn {
  readonly message: Message;
  stopping = false;
  unsaved: string | null = null;
  /** The end, once it has come. */
  end: TurnEnd | null = null;
  /** After how many steps the person is asked whether to go on, while they are. */
  stepLimit: number | null = null;
  /** What the person is asked, and what they answered. */
  approvals: ApprovalRequest[] = [];
  readonly answers: { part: number; answer: ApprovalAnswer }[] = [];
  /** What servers ask, and what they were told. */
  elicitations: ElicitationRequest[] = [];
  readonly replies: { id: number; reply: ElicitationReply }[] = [];
  readonly acknowledgements: { viewerId: string; shown: number }[] = [];
  readonly #viewers = new Map<string, Viewer>();
  #phase: Phase = "connecting";
  #seq = 0;

  constructor(
    readonly turnId: string,
    message: Message,
  ) {
    this.message = message;
  }

  snapshot(): TurnSnapshot {
    return {
      turnId: this.turnId,
      seq: this.#seq,
      message: structuredClone(this.message),
      phase: this.#phase,
      retrying: null,
      stopping: this.stopping,
      approvals: structuredClone(this.approvals),
      elicitations: structuredClone(this.elicitations),
      atStepLimit: this.stepLimit,
      endsAfterStep: false,
      unsaved: this.unsaved,
    };
  }

  attach(viewerId: string, viewer: Viewer): void {
    this.#viewers.set(viewerId, viewer);
  }

  detach(viewerId: string): void {
    this.#viewers.delete(viewerId);
  }

  get viewers(): number {
    return this.#viewers.size;
  }

  get viewerIds(): string[] {
    return [...this.#viewers.keys()];
  }

  /** Sends one event; a lost one counts, and reaches nobody. */
  send(event: TurnEventKind, lost = false, acknowledge = false): void {
    this.#seq += 1;
    if (lost) return;
    for (const viewer of this.#viewers.values()) {
      viewer({
        turnId: this.turnId,
        seq: this.#seq,
        ...(acknowledge && { acknowledge }),
        event: structuredClone(event),
      });
    }
  }

  phase(phase: Phase): void {
    this.#phase = phase;
    this.send({ type: "phase", phase });
  }

  text(text: string, lost = false): void {
    this.#grow((part) => part.kind === "text", { kind: "text", text: "" }, text, lost);
  }

  reasoning(text: string): void {
    const fresh: Part = { kind: "reasoning", text: "", durationMs: null };
    this.#grow((part) => part.kind === "reasoning", fresh, text, false);
  }

  reasoningEnded(durationMs: number): void {
    const index = this.message.parts.length - 1;
    const part = this.message.parts[index];
    if (part?.kind !== "reasoning") throw new Error("the last part is no reasoning");
    part.durationMs = durationMs;
    this.send({ type: "reasoning-ended", index, durationMs });
  }

  toolArguments(callId: string, name: string, text: string): void {
    const fresh: Part = {
      kind: "tool-call",
      callId,
      name,
      arguments: "",
      state: "receiving-arguments",
    };
    this.#grow((part) => part.kind === "tool-call" && part.callId === callId, fresh, text, false);
  }

  /** Asks whether the call at `part`, its place in the answer, may run. */
  ask(part: number, request: Partial<ApprovalRequest> = {}): void {
    const call = this.message.parts[part];
    if (call?.kind !== "tool-call") throw new Error("there is no call at that place");
    this.toolState(part, "waiting-for-approval");
    const asked: ApprovalRequest = {
      part,
      callId: call.callId,
      server: "",
      tool: call.name,
      title: call.name,
      arguments: call.arguments,
      command: null,
      host: null,
      program: null,
      canBeLasting: true,
      diff: null,
      folder: null,
      withheld: [],
      ...request,
    };
    this.approvals = [...this.approvals, asked];
    this.phase("waiting-for-approval");
    this.send({ type: "approval-asked", ...asked });
  }

  /** The server of the call at `part` asks. */
  elicit(part: number, request: Pick<ElicitationRequest, "wanted"> & Partial<ElicitationRequest>) {
    const id = Math.max(0, ...this.elicitations.map((asked) => asked.id)) + 1;
    const asked = { id, part, server: "files", message: "Who are you?", ...request };
    this.elicitations = [...this.elicitations, asked];
    this.send({ type: "elicitation-asked", ...asked });
  }

  /** A reply to it; what a form leaves empty that has to be filled in is to be mended. */
  reply(id: number, reply: ElicitationReply): ElicitationOutcome {
    const asked = this.elicitations.find((it) => it.id === id);
    if (!asked) return { outcome: "closed" };
    if (reply.action === "accept" && asked.wanted.kind === "form") {
      const missing = asked.wanted.fields.filter((field) => {
        const value = reply.values[field.name];
        return field.required && (value === undefined || value === "");
      });
      const problems = missing.map(({ name }) => ({ name, words: "Fill in this field." }));
      if (problems.length > 0) return { outcome: "unfit", problems };
    }
    this.replies.push({ id, reply });
    this.closeElicitation(id);
    return { outcome: "taken" };
  }

  /** A question is not open any more. */
  closeElicitation(id: number): void {
    this.elicitations = this.elicitations.filter((asked) => asked.id !== id);
    this.send({ type: "elicitation-closed", id });
  }

  /** Gives the call, or the result, at that place another state. */
  toolState(index: number, state: ToolCallState): void {
    const part = this.message.parts[index];
    if (part?.kind !== "tool-call") throw new Error("there is no call at that place");
    part.state = state;
    this.approvals = this.approvals.filter((asked) => asked.part !== index);
    this.send({ type: "tool-call-state", index, state });
  }

  /** More of what a running tool writes. */
  toolOutput(callId: string, text: string): void {
    const fresh: Part = { kind: "tool-result", callId, text: "", state: "running" };
    this.#grow((part) => part.kind === "tool-result" && part.callId === callId, fresh, text, false);
  }

  /** What is received cannot be saved, for that reason; null once it can. */
  cannotSave(reason: string | null): void {
    this.unsaved = reason;
    this.send({ type: "unsaved", reason });
  }

  retrying(error: Partial<ProviderError>, waitMs: number): void {
    this.phase("waiting-to-retry");
    this.send({ type: "retrying", retry: 1, of: 3, waitMs, error: failure(error) });
  }

  complete(usage: Usage): void {
    this.finish({ state: "complete", finishReason: "stop", usage });
  }

  fail(error: Partial<ProviderError>): void {
    this.finish({ state: "incomplete", cause: "provider-error", error: failure(error) });
  }

  interrupt(cause: Cause, receipt: Receipt): void {
    this.finish({ state: "interrupted", cause, receipt, usage: receipt.usage });
  }

  /** The receipt that a stop at this moment gives. */
  receipt(cause: Cause, clickedAt: number | null): Receipt {
    const characters = this.message.parts.reduce((sum, part) => sum + body(part).length, 0);
    return {
      version: 2,
      requests: [],
      turnId: this.turnId,
      phase: this.#phase,
      cause,
      stoppedAt: Date.now(),
      clickToTokenMs: clickedAt === null ? null : 1,
      tokenToClosedMs: 3,
      tokenToCommitMs: 5.2,
      connection: "closed",
      serverCancel: null,
      stopEffect: "goes-on",
      tools: this.message.parts.flatMap((part) =>
        part.kind === "tool-call"
          ? [{ callId: part.callId, name: part.name, state: cut(part.state), confirmed: true }]
          : [],
      ),
      processesEnded: 0,
      bytesReceived: characters * 9,
      charactersKept: characters,
      usage: {
        source: characters === 0 ? "unknown" : "estimated",
        method: characters === 0 ? null : "kinds of characters, answer only: 9 tokens or more",
        inputTokens: null,
        cachedInputTokens: null,
        outputTokens: characters === 0 ? null : Math.ceil(characters / 4),
        reasoningTokens: null,
        ...(characters > 0 && { atLeast: true }),
      },
      unconfirmed: [],
    };
  }

  finish(end: Partial<TurnEnd> & { state: MessageState }): void {
    if (this.end) return;
    this.end = {
      cause: null,
      finishReason: null,
      usage: null,
      failedAttempts: [],
      requests: [],
      receipt: null,
      error: null,
      endedAt: Date.now(),
      unsaved: null,
      behind: false,
      ...end,
    };
    const { unsaved: _, behind: __, ...stored } = this.end;
    Object.assign(this.message, stored);
    for (const part of this.message.parts) {
      if (part.kind === "tool-call") part.state = cut(part.state);
    }
    this.send({ type: "ended", ...this.end });
    this.#viewers.clear();
  }

  /** Text that is received and not sent: the page is behind. */
  unsent(text: string): void {
    const part = this.message.parts.at(-1);
    if (part?.kind !== "text") throw new Error("the last part is no text");
    part.text += text;
  }

  #grow(same: (part: Part) => boolean, fresh: Part, text: string, lost: boolean): void {
    const parts = this.message.parts;
    let index = parts.findLastIndex(same);
    if (index < 0 || (fresh.kind !== "tool-call" && index !== parts.length - 1)) {
      index = parts.push(fresh) - 1;
      this.send({ type: "part-added", index, part: fresh }, lost);
    }
    const part = parts[index];
    if (!part) throw new Error("a part that was just added is missing");
    const offset = body(part).length;
    grow(part, text);
    this.send({ type: "appended", index, offset, text }, lost);
  }
}

function failure(error: Partial<ProviderError>): ProviderError {
  return {
    category: "network",
    message: "The connection failed.",
    providerText: null,
    status: null,
    retryAfterMs: null,
    retryable: false,
    ...error,
  };
}

function body(part: Part): string {
  switch (part.kind) {
    case "tool-call":
      return part.arguments;
    case "server-tool":
      return part.input;
    case "citations":
      return "";
    case "text":
    case "reasoning":
    case "tool-result":
    case "attachment":
      return part.text;
  }
}

/** Adds to the text of a part that grows. */
function grow(part: Part, text: string): void {
  switch (part.kind) {
    case "tool-call":
      part.arguments += text;
      return;
    case "text":
    case "reasoning":
    case "tool-result":
      part.text += text;
      return;
    case "attachment":
    case "citations":
    case "server-tool":
      throw new Error(`${part.kind} does not grow`);
  }
}

function cut(state: ToolCallState): ToolCallState {
  switch (state) {
    case "receiving-arguments":
    case "waiting-for-approval":
      return "interrupted-before-run";
    case "running":
      return "interrupted-while-running";
    case "succeeded":
    case "failed":
    case "denied":
    case "interrupted-before-run":
    case "interrupted-while-running":
      return state;
  }
}
