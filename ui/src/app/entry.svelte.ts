/** One message as the page holds it: what changes is reactive, the text that streams is not. */
import type {
  ApprovalRequest,
  Attachment,
  Cause,
  Citation,
  ElicitationRequest,
  FinishReason,
  Message,
  MessageState,
  Part,
  Phase,
  ProviderError,
  Receipt,
  RequestRecord,
  ResultContent,
  Retrying,
  Role,
  ToolCallState,
  ToolProgress,
  TurnEnd,
  TurnSnapshot,
  Usage,
} from "../backend/generated";
import { LiveText } from "../stream/live-text";
import { boundMarks } from "../stream/marks";
import type { TurnChange } from "../stream/turn-stream";

/** The state that the end of a turn leaves on a call; rule C14. */
export function whenInterrupted(state: ToolCallState): ToolCallState {
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

/** One part: its text grows outside Svelte, the rest is reactive. */
export class EntryPart {
  readonly kind: Part["kind"];
  /** The sources of the text before. */
  readonly citations: readonly Citation[];
  /** The tool's name, or the attachment's, as it is shown. */
  readonly name: string;
  readonly text: LiveText;
  /** A provider's mark alone, such as that on reasoning that it does not show: there is nothing to
   * see. */
  readonly hidden: boolean;
  /** The file, for one that the person sent along, or that the model made. The bytes of one that was
   * read from the disk are not here: see {@link bytes}. */
  readonly attachment: Attachment | null;
  #bytes: Promise<string> | null = null;
  /** Whether the file is left out of requests, after a provider did not take it. */
  leftOut = $state(false);
  toolState = $state<ToolCallState>("receiving-arguments");
  /** The provider's id of a tool's call, for the call and for its result. */
  readonly callId: string | null;
  /** What a tool gave beside words. */
  contents = $state.raw<ResultContent[]>([]);
  durationMs = $state<number | null>(null);

  constructor(part: Part, live: boolean) {
    this.kind = part.kind;
    this.#take(part);
    const named =
      part.kind === "tool-call" || part.kind === "attachment" || part.kind === "server-tool";
    this.name = boundMarks(named ? part.name : "");
    this.callId = part.kind === "tool-call" || part.kind === "tool-result" ? part.callId : null;
    this.attachment = part.kind === "attachment" ? part : null;
    this.leftOut = this.attachment?.leftOut ?? false;
    this.citations = part.kind === "citations" ? part.citations : [];
    this.hidden =
      (part.kind === "reasoning" && part.text === "" && part.seal !== undefined) ||
      (part.kind === "server-tool" && part.input === "");
    this.text = new LiveText(bodyOf(part), !live);
  }

  /** What is in a file that is not text, in base64; `read` reads it, once. */
  bytes(read: () => Promise<string>): Promise<string> {
    this.#bytes ??= read().catch((error: unknown) => {
      this.#bytes = null;
      throw error;
    });
    return this.#bytes;
  }

  /** Takes the rest of it; what is there is where the text of `part` begins. */
  catchUp(part: Part | undefined): void {
    if (!part) return;
    this.#take(part);
    const rest = bodyOf(part).slice(this.text.length);
    if (rest !== "") this.text.append(rest);
    this.text.finish();
  }

  #take(part: Part): void {
    if (part.kind === "reasoning") this.durationMs = part.durationMs;
    if (part.kind === "tool-call" || part.kind === "tool-result") this.toolState = part.state;
    if (part.kind === "tool-result") this.contents = part.contents ?? [];
  }
}

/** What grows of a part. */
export function bodyOf(part: Part): string {
  switch (part.kind) {
    case "text":
    case "reasoning":
    case "tool-result":
      return part.text;
    case "tool-call":
      return part.arguments;
    case "attachment":
      return part.base64 ? "" : part.text;
    case "citations":
      return "";
    case "server-tool":
      return part.input;
  }
}

/** A request that failed before its first word, and will be made again. */
export interface Wait {
  /** The retry's number, from 1. */
  retry: number;
  of: number;
  /** When it will be made, in milliseconds since the epoch. */
  until: number;
  error: ProviderError;
}

function wait({ retry, of, error, waitMs }: Retrying): Wait {
  return { retry, of, error, until: Date.now() + waitMs };
}

export class Entry {
  readonly id: string;
  readonly parentId: string | null;
  readonly turnId: string | null;
  readonly role: Role;
  readonly model: string | null;
  readonly createdAt: number;
  state = $state<MessageState>("streaming");
  cause = $state<Cause | null>(null);
  parts = $state.raw<EntryPart[]>([]);
  finishReason = $state<FinishReason | null>(null);
  usage = $state.raw<Usage | null>(null);
  /** What the requests took that failed before it. */
  failedAttempts = $state.raw<Usage[]>([]);
  receipt = $state.raw<Receipt | null>(null);
  error = $state.raw<ProviderError | null>(null);
  /** Why what was received is not saved, while it is not. */
  unsaved = $state<string | null>(null);
  /** Whether something of it is damaged on the disk, so that only the rest is shown. */
  damaged = $state(false);
  /** Whether it ended while this page showed it; what is read from the disk is no news. */
  endedHere = $state(false);
  phase = $state<Phase | null>(null);
  /** The wait before the request is made again; stands while the phase is `waiting-to-retry`. */
  wait = $state.raw<Wait | null>(null);
  /** All requests in their order, where there were several steps. */
  requests = $state.raw<RequestRecord[]>([]);
  /** What the person is asked; a question closes when its call leaves `waiting-for-approval`. */
  approvals = $state.raw<ApprovalRequest[]>([]);
  /** What the servers of running tools ask. */
  elicitations = $state.raw<ElicitationRequest[]>([]);
  /** How far each running tool is, by the place of its call. */
  progress = $state.raw<ReadonlyMap<number, ToolProgress>>(new Map());
  /** After how many steps the person is asked whether the turn shall go on, while they are. */
  stepLimit = $state<number | null>(null);
  /** Whether the turn ends after this step. */
  endsAfterStep = $state(false);

  constructor(message: Message) {
    this.id = message.id;
    this.parentId = message.parentId;
    this.turnId = message.turnId;
    this.role = message.role;
    this.model = message.model;
    this.createdAt = message.createdAt;
    this.#take(message);
  }

  /** All text parts with their sources, as Markdown. */
  markdown(): string {
    const texts = this.parts
      .filter((part) => part.kind === "text")
      .map((part) => part.text.toString());
    const sources = this.sources.map(({ title, url }, index) => {
      const label = title.replace(/[\\[\]]/g, "\\$&").replace(/\s+/g, " ");
      return `${index + 1}. [${label}](<${url.replace(/[<>]/g, encodeURIComponent)}>)`;
    });
    return [...texts, ...(sources.length > 0 ? [sources.join("\n")] : [])].join("\n\n");
  }

  /** The pages that the provider named for all of it, each once, in their order. */
  get sources(): Citation[] {
    const all = this.parts.flatMap(({ citations }) => citations);
    return all.filter(({ url }, index) => all.findIndex((one) => one.url === url) === index);
  }

  /** The tool whose result stands at that place: ids of calls may come again in a later step. */
  toolOf(place: number): string {
    const id = this.parts[place]?.callId;
    const calls = this.parts.slice(0, place).filter(({ kind }) => kind === "tool-call");
    return calls.findLast(({ callId }) => callId === id)?.name ?? "";
  }

  /** Whether it calls tools, so that it may have further steps. */
  get usesTools(): boolean {
    return this.parts.some((part) => part.kind === "tool-call");
  }

  /** Whether something of it can be seen. */
  get said(): boolean {
    return this.parts.some((part) => part.attachment || (!part.hidden && !part.text.blank));
  }

  /** Whether it holds more than reasoning: words, or a call of a tool. */
  get answers(): boolean {
    return this.parts.some((part) => {
      if (part.kind === "reasoning" || part.kind === "citations") return false;
      return part.kind === "text" ? !part.text.blank : !part.hidden;
    });
  }

  /** Whether a model can go on with it: it ended early, in the middle of its text. */
  get continuable(): boolean {
    const early =
      this.state === "interrupted" ||
      this.state === "incomplete" ||
      (this.state === "complete" && this.finishReason === "length");
    const last = this.parts.findLast((part) => !part.hidden && part.kind !== "citations");
    return early && last?.kind === "text" && !last.text.blank;
  }

  /** The files that went with it; of those that are not text, the content is in the app alone. */
  get files(): Attachment[] {
    return this.parts.flatMap(({ attachment, leftOut }) => {
      if (!attachment) return [];
      const { name, mediaType, text, base64 } = attachment;
      return [{ name, mediaType, text, base64, ...(leftOut && { leftOut }) }];
    });
  }

  /** Puts the snapshot in the place of all that was known. */
  replace(snapshot: TurnSnapshot): void {
    this.phase = snapshot.phase;
    this.wait = snapshot.retrying === null ? null : wait(snapshot.retrying);
    this.unsaved = snapshot.unsaved;
    this.approvals = snapshot.approvals;
    this.elicitations = snapshot.elicitations;
    this.stepLimit = snapshot.atStepLimit;
    this.endsAfterStep = snapshot.endsAfterStep;
    this.#take(snapshot.message);
  }

  /** Applies a change; false when it does not fit. */
  change(change: TurnChange): boolean {
    switch (change.type) {
      case "phase":
        this.phase = change.phase;
        if (change.phase !== "waiting-to-retry") this.wait = null;
        if (change.phase !== "between-requests") this.stepLimit = null;
        return true;
      case "retrying":
        this.wait = wait(change);
        return true;
      case "part-added":
        if (change.index !== this.parts.length) return false;
        this.parts.at(-1)?.text.flush();
        this.parts = [...this.parts, new EntryPart(change.part, true)];
        return true;
      case "appended": {
        const part = this.parts[change.index];
        if (!part || part.text.length !== change.offset) return false;
        part.text.append(change.text);
        return true;
      }
      case "reasoning-ended": {
        const part = this.parts[change.index];
        if (!part) return false;
        part.durationMs = change.durationMs;
        return true;
      }
      case "tool-call-state": {
        const part = this.parts[change.index];
        if (!part) return false;
        part.toolState = change.state;
        if (change.state !== "waiting-for-approval") {
          this.approvals = this.approvals.filter((asked) => asked.part !== change.index);
        }
        if (change.state !== "running" && this.progress.has(change.index)) {
          this.progress = new Map([...this.progress].filter(([at]) => at !== change.index));
        }
        return true;
      }
      case "tool-result-state": {
        const part = this.parts[change.index];
        if (!part) return false;
        part.toolState = change.state;
        return true;
      }
      case "approval-asked": {
        const { type: _, ...asked } = change;
        const others = this.approvals.filter((known) => known.part !== asked.part);
        this.approvals = [...others, asked];
        return true;
      }
      case "elicitation-asked": {
        const { type: _, ...asked } = change;
        this.elicitations = [...this.elicitations.filter(({ id }) => id !== asked.id), asked];
        return true;
      }
      case "elicitation-closed":
        this.elicitations = this.elicitations.filter(({ id }) => id !== change.id);
        return true;
      case "tool-progress": {
        const { type: _, ...progress } = change;
        this.progress = new Map([...this.progress, [progress.part, progress]]);
        return true;
      }
      case "at-step-limit":
        this.stepLimit = change.steps;
        return true;
      case "ends-after-step":
        this.endsAfterStep = true;
        return true;
      case "usage":
        this.usage = change.usage;
        return true;
      case "unsaved":
        this.unsaved = change.reason;
        return true;
      case "stopping":
        return true;
      case "ended":
        this.#end(change);
        return true;
    }
  }

  /** Takes figures that became known after the end. */
  settle(usage: Usage): void {
    this.usage = usage;
    if (this.receipt) this.receipt = { ...this.receipt, usage };
  }

  /** Its end is saved after all. */
  saved(receipt: Receipt | null): void {
    this.unsaved = null;
    if (receipt) this.receipt = receipt;
  }

  /** Takes the rest of an answer whose end was told before all of its text. */
  catchUp(message: Message): void {
    const fits = this.parts.every((known, index) => {
      const part = message.parts[index];
      if (part?.kind !== known.kind) return false;
      // A sketch gives way to the image.
      if (part.kind === "attachment") return part.text === known.attachment?.text;
      return bodyOf(part).startsWith(known.text.toString());
    });
    if (!fits) {
      this.#take(message);
      return;
    }
    this.parts.forEach((known, index) => known.catchUp(message.parts[index]));
    const rest = message.parts.slice(this.parts.length).map((part) => new EntryPart(part, false));
    if (rest.length > 0) this.parts = [...this.parts, ...rest];
  }

  /** No more text follows. */
  finish(): void {
    for (const part of this.parts) part.text.finish();
  }

  #take(message: Message): void {
    const live = message.state === "streaming";
    this.parts = message.parts.map((part) => new EntryPart(part, live));
    this.state = message.state;
    this.cause = message.cause;
    this.finishReason = message.finishReason;
    this.usage = message.usage;
    this.failedAttempts = message.failedAttempts ?? [];
    this.requests = message.requests ?? [];
    this.receipt = message.receipt;
    this.error = message.error;
  }

  #end(end: TurnEnd): void {
    if (!end.behind) this.finish();
    for (const part of this.parts) {
      if (part.kind === "tool-call") part.toolState = whenInterrupted(part.toolState);
    }
    this.cause = end.cause;
    this.finishReason = end.finishReason;
    this.usage = end.usage ?? this.usage;
    this.failedAttempts = end.failedAttempts;
    this.requests = end.requests;
    this.approvals = [];
    this.elicitations = [];
    this.progress = new Map();
    this.stepLimit = null;
    this.endsAfterStep = false;
    this.receipt = end.receipt;
    this.error = end.error;
    this.unsaved = end.unsaved;
    this.endedHere = true;
    this.state = end.state;
  }
}
