// What crosses the border to the page, in the shape of the Rust types of the same names.

export type ConversationId = string;
export type MessageId = string;
export type TurnId = string;
export type ModelRef = string;

export type Role = "system" | "user" | "assistant";
export type MessageState = "streaming" | "complete" | "incomplete" | "interrupted";
export type Cause =
  | "user"
  | "window-closed"
  | "viewer-gone"
  | "app-quit"
  | "replaced"
  | "deadline"
  | "crash"
  | "provider-error";
export type ToolCallState =
  | "receiving-arguments"
  | "waiting-for-approval"
  | "running"
  | "succeeded"
  | "failed"
  | "denied"
  | "interrupted-before-run"
  | "interrupted-while-running";
export type FinishReason = "stop" | "length" | "tool-calls" | "content-filter" | "other";
export type Phase =
  | "queued"
  | "building-context"
  | "loading-model"
  | "reading-prompt"
  | "connecting"
  | "waiting-for-headers"
  | "waiting-for-first-token"
  | "reasoning"
  | "text"
  | "tool-arguments";
export type ConnectionEnd =
  "never-opened" | "closed" | "worker-stopped" | "worker-killed" | "unconfirmed";
export type StopEffect = "stops" | "goes-on" | "unknown" | "local";
export type UsageSource = "reported" | "running" | "estimated" | "unknown";
export type ErrorCategory =
  | "authentication"
  | "rate-limit"
  | "overloaded"
  | "prompt-too-long"
  | "bad-request"
  | "content-filter"
  | "network"
  | "protocol"
  | "engine";

export type ToolCall = { callId: string; name: string; arguments: string; state: ToolCallState };
export type ToolResult = { callId: string; text: string; state: ToolCallState };
export type Reasoning = { text: string; durationMs: number | null };
export type Attachment = { name: string; mediaType: string; text: string };
export type Part =
  | { kind: "text"; text: string }
  | ({ kind: "reasoning" } & Reasoning)
  | ({ kind: "tool-call" } & ToolCall)
  | ({ kind: "tool-result" } & ToolResult)
  | ({ kind: "attachment" } & Attachment);

export type Usage = {
  source: UsageSource;
  method: string | null;
  inputTokens: number | null;
  cachedInputTokens: number | null;
  outputTokens: number | null;
  reasoningTokens: number | null;
};
export type ProviderError = {
  category: ErrorCategory;
  message: string;
  providerText: string | null;
  status: number | null;
};
export type ToolReceipt = {
  callId: string;
  name: string;
  state: ToolCallState;
  confirmed: boolean;
};
export type Receipt = {
  turnId: TurnId;
  phase: Phase;
  cause: Cause;
  stoppedAt: number;
  clickToTokenMs: number | null;
  tokenToClosedMs: number;
  tokenToCommitMs: number;
  connection: ConnectionEnd;
  stopEffect: StopEffect;
  tools: Array<ToolReceipt>;
  processesEnded: number;
  bytesReceived: number;
  charactersKept: number;
  usage: Usage;
  unconfirmed: Array<string>;
};
export type Message = {
  id: MessageId;
  conversationId: ConversationId;
  parentId: MessageId | null;
  turnId: TurnId | null;
  role: Role;
  state: MessageState;
  cause: Cause | null;
  model: ModelRef | null;
  parts: Array<Part>;
  finishReason: FinishReason | null;
  usage: Usage | null;
  receipt: Receipt | null;
  error: ProviderError | null;
  createdAt: number;
  endedAt: number | null;
};
export type Conversation = {
  id: ConversationId;
  title: string;
  createdAt: number;
  updatedAt: number;
  head: MessageId | null;
};

export type TurnEnd = {
  state: MessageState;
  cause: Cause | null;
  finishReason: FinishReason | null;
  usage: Usage | null;
  receipt: Receipt | null;
  error: ProviderError | null;
  endedAt: number;
  unsaved: string | null;
};
export type TurnEventKind =
  | { type: "phase"; phase: Phase }
  | { type: "part-added"; index: number; part: Part }
  | { type: "appended"; index: number; offset: number; text: string }
  | { type: "reasoning-ended"; index: number; durationMs: number }
  | { type: "tool-call-state"; index: number; state: ToolCallState }
  | { type: "usage"; usage: Usage }
  | { type: "stopping" }
  | { type: "are-you-there" }
  | { type: "resync" }
  | ({ type: "ended" } & TurnEnd);
export type TurnEvent = { turnId: TurnId; seq: number; event: TurnEventKind };
export type TurnSnapshot = {
  turnId: TurnId;
  seq: number;
  message: Message;
  phase: Phase;
  stopping: boolean;
};
export type StartTurn = {
  turnId: TurnId;
  conversationId: ConversationId;
  parentId: MessageId | null;
  text: string | null;
  model: ModelRef;
};
export type TurnStarted = {
  conversation: Conversation;
  userMessage: Message | null;
  answer: Message;
  already: boolean;
};
export type RunningTurn = {
  turnId: TurnId;
  conversationId: ConversationId;
  messageId: MessageId;
};
export type StopOutcome =
  | { outcome: "stopped"; receipt: Receipt | null }
  | { outcome: "already-stopped"; receipt: Receipt | null }
  | { outcome: "already-ended" }
  | { outcome: "unknown" };

export type NoticeLevel = "info" | "warning";
export type Notice = { level: NoticeLevel; text: string };
export type ThemeView = "system" | "light" | "dark";
export type KeyPlaceView = "keychain" | "memory";
export type ApiView = "openai-chat" | "embedded";
export type KeyView = "none" | "stored" | "environment";
export type ProviderView = {
  id: string;
  name: string;
  api: ApiView;
  baseUrl: string | null;
  models: Array<string>;
  apiKeyEnv: string | null;
  key: KeyView;
  stopEffect: StopEffect;
  problem: string | null;
};
export type ModelOption = {
  model: ModelRef;
  name: string;
  providerName: string;
  stopEffect: StopEffect;
};
export type SettingsView = {
  defaultModel: ModelRef | null;
  providers: Array<ProviderView>;
  models: Array<ModelOption>;
  theme: ThemeView;
  keyPlace: KeyPlaceView;
  dataDir: string;
  problem: string | null;
};
export type Bootstrap = {
  version: string;
  conversations: Array<Conversation>;
  running: Array<RunningTurn>;
  settings: SettingsView;
  notices: Array<Notice>;
};
export type ConversationView = { conversation: Conversation; messages: Array<Message> };
export type ProviderDraft = {
  id: string;
  name: string;
  api: ApiView;
  baseUrl: string | null;
  models: Array<string>;
  apiKeyEnv: string | null;
};
export type ProviderTest = { ok: boolean; message: string; models: Array<string> };
export type ErrorCode = "not-found" | "invalid" | "storage";
export type CommandError = { code: ErrorCode; message: string };
