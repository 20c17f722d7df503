// Generated from the Rust types. To write it anew:
// TACET_WRITE_BINDINGS=1 cargo test -p tacet --features custom-protocol --test ipc

export type Ability = "images" | "documents" | "tools" | "reasoning";
export type AddressView = { 
/**
 * Where questions go; absent where it is not the address of a server.
 */
asked: string | null, 
/**
 * Whom a key would be shown to: scheme, host and port.
 */
origin: string | null, 
/**
 * Whether that is this computer.
 */
isHere: boolean, 
/**
 * Whether what is sent there can be read on its way: `http` to another machine.
 */
isInClear: boolean, 
/**
 * The key that it has inside, which is saved in another place.
 */
key: string | null, 
/**
 * The same address without that key.
 */
withoutKey: string | null, };
export type Api = "openai-chat" | "openai-responses" | "anthropic" | "gemini" | "gemini-interactions" | "ollama" | "embedded";
export type ApprovalAnswer = "once" | "conversation" | "always" | "deny";
export type ApprovalRequest = { 
/**
 * The call's place among the parts of the answer.
 */
part: number, 
/**
 * The provider's id of the call.
 */
callId: string, 
/**
 * The server that the tool is of; empty for the app's own tools.
 */
server: string, 
/**
 * The tool's name as its server knows it.
 */
tool: string, 
/**
 * The tool's title, for people.
 */
title: string, 
/**
 * The arguments as the model wrote them.
 */
arguments: string, 
/**
 * The command, where the tool runs one.
 */
command: string | null, 
/**
 * The host, where the tool fetches from one.
 */
host: string | null, 
/**
 * The program that "always" allows, where the command runs one and nothing else.
 */
program: string | null, 
/**
 * Whether "always" can be answered.
 */
canBeLasting: boolean, 
/**
 * What the call would change in a file, as a unified diff.
 */
diff: string | null, 
/**
 * The folder that the command would run in.
 */
folder: string | null, 
/**
 * The variables of the app's environment that the command would not get; it gets all others.
 */
withheld: Array<string>, };
export type Assistant = { 
/**
 * Letters, digits, `-`, `_` and `.`; each assistant has another.
 */
id: string, 
/**
 * Its name for people, at most 100 characters; by default the id.
 */
name: string, 
/**
 * An emoji or a letter, at most 16 characters; by default the first letter of its name.
 */
icon: string, 
/**
 * What the model is told before the first message.
 */
instructions: string, 
/**
 * The model, as `PROVIDER/MODEL`; by default that of all new conversations.
 */
model: ModelRef | null, 
/**
 * How freely it chooses its words, from 0 to 2.
 */
temperature: number | null, 
/**
 * How many tokens an answer may have at most.
 */
max_output_tokens: number | null, 
/**
 * How much it reasons.
 */
effort: Effort | null, 
/**
 * The tools that it uses.
 */
tools: Array<ToolChoice> | null, 
/**
 * Messages to begin with, offered before the first one: at most 12 of 2,000 characters.
 */
prompts: Array<string>, };
export type Attachment = { 
/**
 * The file's name without its folder.
 */
name: string, 
/**
 * The media type that the person's system gave it, such as `text/plain`, by its name mostly.
 */
mediaType: string, 
/**
 * The file: its text, or its bytes in base64 where `base64` says so.
 */
text: string, 
/**
 * Whether the file is not text.
 */
base64: boolean, 
/**
 * Whether the person left it out after a provider refused it: it is kept, and not sent.
 */
leftOut?: boolean, 
/**
 * Of a file that a model made: whether it was stopped before it was whole. What is here is the
 * last that the provider showed of it.
 */
cutOff?: boolean, 
/**
 * Of a file that a model made: the provider's mark on it, which goes back with it.
 */
seal?: Seal, };
export type Bootstrap = { 
/**
 * The app's version.
 */
version: string, 
/**
 * The conversations that are listed first.
 */
conversations: Array<Conversation>, 
/**
 * Whether there are more.
 */
more: boolean, 
/**
 * The turns that run, to attach to.
 */
running: Array<RunningTurn>, 
/**
 * The settings, and what can be chosen.
 */
settings: SettingsView, 
/**
 * The providers that can be added with a word.
 */
presets: Array<PresetView>, 
/**
 * Why nothing can be sent or saved, where nothing can.
 */
readOnly: string | null, 
/**
 * What was typed in an earlier run and not sent.
 */
unsent: Unsent, 
/**
 * What the person should know now: a settings file that could not be read, answers that the
 * last run left unfinished.
 */
notices: Array<Notice>, };
export type BranchEnd = { "before": MessageId } | { "between": { 
/**
 * The message below them.
 */
before: MessageId, 
/**
 * The one that is to be among them.
 */
through: MessageId, } } | { "through": MessageId };
export type BranchView = { 
/**
 * The messages. Where the first has a parent, the branch has messages before these.
 */
messages: Array<Message>, 
/**
 * For each message that has siblings all of them and itself, in the order of their creation.
 */
siblings: { [key in MessageId]: Array<MessageId> }, 
/**
 * Those whose end is not saved yet; [`News::Saved`](tacet_turn::News::Saved) tells when it is.
 */
unsaved: Array<UnsavedAnswer>, 
/**
 * Those of which something is damaged on the disk, so that only the rest is here.
 */
damagedMessages: Array<MessageId>, };
export type Cause = "user" | "window-closed" | "viewer-gone" | "app-quit" | "replaced" | "deadline" | "crash" | "provider-error" | "answer-limit";
export type Citation = { 
/**
 * Its address, `http` or `https`.
 */
url: string, 
/**
 * Its title; the address where the provider gave none.
 */
title: string, 
/**
 * What the page says, in the words that the provider quotes.
 */
quoted?: string, 
/**
 * What of the text before is said after it; absent where the provider does not say.
 */
span?: Span, 
/**
 * The provider's mark on it, which goes back with it.
 */
seal?: Seal, };
export type CommandError = { 
/**
 * What the page may act on.
 */
code: ErrorCode, 
/**
 * What happened, what is safe, and what to do.
 */
message: string, };
export type ConnectionEnd = "never-opened" | "closed" | "worker-stopped" | "worker-killed" | "finished" | "read-on" | "unconfirmed";
export type Conversation = { 
/**
 * Its id.
 */
id: ConversationId, 
/**
 * Its title: by default the first words of its first message.
 */
title: string, 
/**
 * When it was made.
 */
createdAt: number, 
/**
 * When a message was last added.
 */
updatedAt: number, 
/**
 * The leaf of the branch that was shown last; absent for an empty conversation.
 */
head: MessageId | null, 
/**
 * The name of its folder; absent for none. A folder is there while something is in it.
 */
folder?: string, 
/**
 * Whether it stands before all others.
 */
pinned?: boolean, 
/**
 * Whether it is put away: it stands with the others that are, whatever else is said here.
 */
archived?: boolean, 
/**
 * Its tags in alphabetical order, each once.
 */
tags?: Array<string>, };
export type ConversationDefaults = { 
/**
 * What the model is told before the first message; by default nothing.
 */
instructions: string, 
/**
 * How freely the model chooses its words, from 0 to 2; by default as the provider likes.
 */
temperature: number | null, 
/**
 * How many tokens an answer may have at most; by default as many as the provider allows.
 */
max_output_tokens: number | null, 
/**
 * How much models reason that `efforts` does not name: `off`, `low`, `medium`, `high` or
 * `most`; by default as much as they do by themselves.
 */
effort: Effort | null, 
/**
 * The same by model, as `PROVIDER/MODEL`; by default none.
 */
efforts: { [key in string]: Effort }, 
/**
 * The tools that it uses, each as `SERVER` or `SERVER/TOOL`; by default all that are offered.
 */
tools: Array<ToolChoice> | null, };
export type ConversationId = string;
export type ConversationSettings = { 
/**
 * The assistant that it began with, by its id in the app's settings; absent for none.
 */
assistant: string | null, 
/**
 * The model that it asks; absent for the one that the app's settings name.
 */
model: ModelRef | null, 
/**
 * What the model is told before the first message; empty for nothing.
 */
instructions: string, 
/**
 * How freely the model chooses its words, from 0, greedy, to 2.
 */
temperature: number | null, 
/**
 * How many tokens an answer may have at most, reasoning included where the provider counts it.
 */
maxOutputTokens: number | null, 
/**
 * How much the model reasons; absent for as much as it does by itself.
 */
effort: Effort | null, 
/**
 * The tools that it uses; absent for all that the app's settings offer.
 */
tools: Array<ToolChoice> | null, };
export type ConversationView = { 
/**
 * The conversation.
 */
conversation: Conversation, 
/**
 * How it is answered.
 */
settings: ConversationSettings, 
/**
 * Whether its settings or its tags are damaged on the disk, so that it has the defaults and none.
 */
damaged: boolean, 
/**
 * The model that its settings name, which the picker may not list now; absent where its
 * provider is not in the app's settings.
 */
modelOption: ModelOption | null, 
/**
 * The messages. Where the first has a parent, the branch has messages before these.
 */
messages: Array<Message>, 
/**
 * For each message that has siblings all of them and itself, in the order of their creation.
 */
siblings: { [key in MessageId]: Array<MessageId> }, 
/**
 * Those whose end is not saved yet; [`News::Saved`](tacet_turn::News::Saved) tells when it is.
 */
unsaved: Array<UnsavedAnswer>, 
/**
 * Those of which something is damaged on the disk, so that only the rest is here.
 */
damagedMessages: Array<MessageId>, };
export type CopyView = { 
/**
 * The file's name in the data folder.
 */
name: string, 
/**
 * How many conversations are in it.
 */
conversations: number, 
/**
 * When it was last written, in milliseconds since the Unix epoch.
 */
modified: number, };
export type Cost = { 
/**
 * At least.
 */
low: number, 
/**
 * At most; the same as `low` where it is one figure, and absent where it cannot be said.
 */
high: number | null, 
/**
 * How it is known.
 */
basis: CostBasis, 
/**
 * The price that was used, where one was.
 */
price: PriceTag | null, };
export type CostBasis = "on-this-computer" | "billed" | "computed" | "estimated";
export type DeletedBranch = { 
/**
 * By what it is brought back.
 */
branchId: ConversationId, 
/**
 * The message that its conversation shows last now.
 */
head: MessageId, 
/**
 * All messages that were in it, the one that it begins with first.
 */
messages: Array<MessageId>, };
export type DraftChanges = { 
/**
 * Drafts, each as a whole; one with nothing in it goes.
 */
drafts: Array<UnsentDraft>, 
/**
 * Edits; null ends one.
 */
edits: Array<[MessageId, string | null]>, 
/**
 * The names of all files that were too large to be kept.
 */
lost: Array<string>, };
export type Drain = { 
/**
 * At most so many tokens, from 1 to 100,000.
 */
tokens: number, 
/**
 * At most so many seconds, from 1 to 600.
 */
seconds: number, };
export type Effort = "off" | "low" | "medium" | "high" | "most";
export type ElicitationOutcome = { "outcome": "taken" } | { "outcome": "closed" } | { "outcome": "unfit", 
/**
 * What, field by field.
 */
problems: Array<FieldProblem>, };
export type ElicitationReply = { "action": "accept", 
/**
 * What a field leaves out was left empty.
 */
values: { [key in string]: FieldValue }, } | { "action": "decline" } | { "action": "cancel" };
export type ElicitationRequest = { 
/**
 * By which it is answered.
 */
id: number, 
/**
 * The place of the call that it belongs to among the parts of the answer.
 */
part: number, 
/**
 * The server that asks.
 */
server: string, 
/**
 * What it asks, in its own words.
 */
message: string, 
/**
 * What it wants.
 */
wanted: Wanted, };
export type Era = "handshake" | "stateless";
export type ErrorCategory = "authentication" | "rate-limit" | "overloaded" | "prompt-too-long" | "request-too-large" | "bad-request" | "unknown-model" | "wrong-address" | "file" | "content-filter" | "network" | "protocol" | "answer-too-long" | "engine" | "storage" | "unknown";
export type ErrorCode = "not-found" | "invalid" | "storage";
export type Failure = { 
/**
 * Why.
 */
kind: FailureKind, 
/**
 * What happened, what is safe, and what to do.
 */
reason: string, 
/**
 * The data folder.
 */
folder: string, 
/**
 * The colours, as far as the settings can be read.
 */
theme: Theme, 
/**
 * What can be done, the first by Enter.
 */
actions: Array<FailureAction>, 
/**
 * The copies that can be put in the place of the database, the newest first.
 */
copies: Array<CopyView>, };
export type FailureAction = "stop-all" | "reload" | "try-again" | "read-only" | "recover" | "start-empty" | "other-folder" | "save-copy" | "quit";
export type FailureKind = "page" | "in-use" | "folder" | "damaged" | "newer" | "disk-full" | "locked" | "other";
export type FieldInput = { "kind": "text", 
/**
 * What kind of text.
 */
format: TextFormat | null, 
/**
 * The fewest characters.
 */
minLength: number | null, 
/**
 * The most characters.
 */
maxLength: number | null, 
/**
 * What stands there.
 */
default: string, } | { "kind": "number", 
/**
 * Whether it has no fraction.
 */
whole: boolean, 
/**
 * The least.
 */
minimum: number | null, 
/**
 * The greatest.
 */
maximum: number | null, 
/**
 * What stands there, as text.
 */
default: string, } | { "kind": "flag", 
/**
 * Whether it is yes.
 */
default: boolean, } | { "kind": "choice", 
/**
 * The list.
 */
options: Array<FieldOption>, 
/**
 * The value that is chosen.
 */
default: string | null, } | { "kind": "choices", 
/**
 * The list.
 */
options: Array<FieldOption>, 
/**
 * The fewest.
 */
minItems: number | null, 
/**
 * The most.
 */
maxItems: number | null, 
/**
 * The values that are chosen.
 */
default: Array<string>, };
export type FieldOption = { 
/**
 * What the server is told.
 */
value: string, 
/**
 * For people.
 */
title: string, };
export type FieldProblem = { 
/**
 * The field.
 */
name: string, 
/**
 * What is wrong, and what would be right.
 */
words: string, };
export type FieldValue = string | boolean | Array<string>;
export type Filing = { 
/**
 * The name of its folder; absent for none. A folder is there while something is in it.
 */
folder?: string, 
/**
 * Whether it stands before all others.
 */
pinned?: boolean, 
/**
 * Whether it is put away: it stands with the others that are, whatever else is said here.
 */
archived?: boolean, 
/**
 * Its tags in alphabetical order, each once.
 */
tags?: Array<string>, };
export type FinishReason = "stop" | "length" | "paused" | "tool-calls" | "content-filter" | "other";
export type Form = Array<FormField>;
export type FormField = { 
/**
 * By which the server calls it.
 */
name: string, 
/**
 * For people; the name where the server gives no title.
 */
title: string, 
/**
 * More about it, for people.
 */
description: string | null, 
/**
 * Whether it has to be filled in.
 */
required: boolean, 
/**
 * What goes into it.
 */
input: FieldInput, };
export type Found = { 
/**
 * Titles first, then messages: the best first, or the newest where there are many.
 */
hits: Array<Hit>, 
/**
 * Whether there are more.
 */
more: boolean, 
/**
 * How far the index is, while it does not have everything yet; older messages may be missing.
 */
indexing: Indexing | null, };
export type FoundAbove = { 
/**
 * The message.
 */
messageId: MessageId, 
/**
 * The part's place in it.
 */
part: number, 
/**
 * Whether it is the part's name: of a file, or of a tool.
 */
inName: boolean, 
/**
 * How often; at least once.
 */
count: number, };
export type FoundModel = { 
/**
 * Its name in requests.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * How many tokens request and answer may have together, where the server says so.
 */
contextTokens: number | null, 
/**
 * What it can do; absent where the server does not say.
 */
abilities: Array<Ability> | null, };
export type FoundServer = { 
/**
 * Its name for people, after its usual port.
 */
name: string, 
/**
 * How to speak to it.
 */
api: Api, 
/**
 * Its address.
 */
baseUrl: string, 
/**
 * Its models, in its order.
 */
models: Array<FoundModel>, };
export type Grouping = "conversation" | "day" | "model" | "provider";
export type Hit = { 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * Its title.
 */
title: string, 
/**
 * The message, on whichever branch; absent for a title.
 */
messageId: MessageId | null, 
/**
 * Who says it; absent for a title.
 */
role: Role | null, 
/**
 * When the message was made, or the conversation last added to.
 */
at: number, 
/**
 * Where it was found.
 */
kind: HitKind, 
/**
 * The part's place in the message; absent for a title.
 */
part: number | null, 
/**
 * The piece of it to show.
 */
snippet: Array<SnippetPiece>, };
export type HitKind = "title" | "text" | "reasoning" | "tool-call" | "tool-result" | "attachment";
export type HostedTool = "web-search" | "image-generation";
export type Indexing = { 
/**
 * Of those.
 */
done: number, 
/**
 * All that have ended.
 */
total: number, };
export type KeyView = "none" | "stored" | "environment" | "locked";
export type MappedMessage = { 
/**
 * The message.
 */
id: MessageId, 
/**
 * Who wrote it.
 */
role: Role, 
/**
 * Whether and how it ended.
 */
state: MessageState, 
/**
 * Why it was interrupted, where it was.
 */
cause: Cause | null, 
/**
 * The model that answered or was asked.
 */
model: ModelRef | null, 
/**
 * When it began, in milliseconds since the epoch.
 */
createdAt: number, 
/**
 * How its text begins, or, where it has none, the name of its first file or tool: at most 120
 * characters.
 */
excerpt: string, };
export type Message = { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * The conversation that it belongs to.
 */
conversationId: ConversationId, 
/**
 * The message before it; absent for the first.
 */
parentId: MessageId | null, 
/**
 * The turn that wrote it: the user's message and the answer carry the same.
 */
turnId: TurnId | null, 
/**
 * Who speaks.
 */
role: Role, 
/**
 * What has become of it.
 */
state: MessageState, 
/**
 * Why it ended early; absent for a complete one.
 */
cause: Cause | null, 
/**
 * The model that wrote it, or that the user's message was sent to.
 */
model: ModelRef | null, 
/**
 * Its parts in order.
 */
parts: Array<Part>, 
/**
 * Why the model ended by itself.
 */
finishReason: FinishReason | null, 
/**
 * What it cost, and how that is known; absent where no request was made. Of several steps it
 * is the sum.
 */
usage: Usage | null, 
/**
 * What the requests took that failed and were made again before it, in their order
 * (rule C23). These figures are not part of `usage`.
 */
failedAttempts?: Array<Usage>, 
/**
 * Its requests in their order, those that failed among them, where it consists of several steps.
 */
requests?: Array<RequestRecord>, 
/**
 * What stopping did; present for a stopped turn.
 */
receipt: Receipt | null, 
/**
 * What went wrong, where something did.
 */
error: ProviderError | null, 
/**
 * When it was made.
 */
createdAt: number, 
/**
 * When it ended; absent while it is streaming.
 */
endedAt: number | null, };
export type MessageId = string;
export type MessageState = "streaming" | "complete" | "incomplete" | "interrupted";
export type ModelOption = { 
/**
 * `PROVIDER/MODEL`.
 */
model: ModelRef, 
/**
 * Its name for people.
 */
name: string, 
/**
 * Its provider's name for people.
 */
providerName: string, 
/**
 * What Stop does there (rule C24).
 */
stopEffect: StopEffect, 
/**
 * How many tokens request and answer may have together, where the server says so.
 */
contextTokens: number | null, 
/**
 * What it can do; absent where the server does not say.
 */
abilities: Array<Ability> | null, 
/**
 * How much it can be asked to reason, from the least to the most; none where that cannot be
 * set.
 */
efforts: Array<Effort>, 
/**
 * Whether it takes a temperature.
 */
takesTemperature: boolean, 
/**
 * Whether the person wants it first.
 */
favourite: boolean, };
export type ModelRef = string;
export type MoveProgress = { 
/**
 * Bytes that are copied.
 */
bytes: number, 
/**
 * Bytes that there were at the beginning.
 */
total: number, };
export type News = { "type": "usage-settled", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The answer.
 */
messageId: MessageId, 
/**
 * What it took, in place of what was said before.
 */
usage: Usage, } | { "type": "naming-began", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The turn that it follows.
 */
turnId: TurnId, } | { "type": "naming-ended", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The title that the conversation has of it; absent where it keeps the one before.
 */
title: string | null, } | { "type": "wanted", 
/**
 * The conversation.
 */
conversationId: ConversationId, } | { "type": "conversations-changed" } | { "type": "turn-began", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The turn.
 */
turnId: TurnId, 
/**
 * The answer that it writes.
 */
messageId: MessageId, } | { "type": "conversation-changed", 
/**
 * As it is now.
 */
conversation: Conversation, } | { "type": "conversation-deleted", 
/**
 * The conversation.
 */
conversationId: ConversationId, } | { "type": "conversation-settings-changed", 
/**
 * The conversation.
 */
conversationId: ConversationId, } | { "type": "messages-changed", 
/**
 * The conversation.
 */
conversationId: ConversationId, } | { "type": "branch-chosen", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The message that it ends with.
 */
head: MessageId, } | { "type": "settings-changed" } | { "type": "drafts-changed" } | { "type": "saved", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The answer.
 */
messageId: MessageId, 
/**
 * Its receipt, where it was stopped.
 */
receipt: Receipt | null, } | { "type": "result-arrived", 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The answer.
 */
messageId: MessageId, } | { "type": "tasks-changed" };
export type Notice = { 
/**
 * How much it matters.
 */
level: NoticeLevel, 
/**
 * What happened, what is safe, and what to do.
 */
text: string, };
export type NoticeLevel = "info" | "warning";
export type OnStop = "close" | { "drain": Drain };
export type Part = { "kind": "text", 
/**
 * The text as received.
 */
text: string, } | { "kind": "reasoning" } & Reasoning | { "kind": "tool-call" } & ToolCall | { "kind": "tool-result" } & ToolResult | { "kind": "attachment" } & Attachment | { "kind": "citations", 
/**
 * In the order in which the provider named them.
 */
citations: Array<Citation>, } | { "kind": "server-tool" } & ServerTool;
export type Phase = "queued" | "building-context" | "loading-model" | "reading-prompt" | "connecting" | "waiting-for-headers" | "waiting-for-first-token" | "reasoning" | "text" | "tool-arguments" | "waiting-to-retry" | "waiting-for-approval" | "running-tools" | "between-requests";
export type PresetView = { 
/**
 * Its name for people.
 */
name: string, 
/**
 * How to speak to it.
 */
api: Api, 
/**
 * Its address. A part in capitals is the person's own.
 */
baseUrl: string, 
/**
 * The environment variable that its own tools read the key from.
 */
apiKeyEnv: string | null, 
/**
 * The page on which keys are made; absent where no key is needed.
 */
keysPage: string | null, 
/**
 * What Stop does there (rule C24).
 */
stopEffect: StopEffect, 
/**
 * Whether its model runs on this computer.
 */
local: boolean, 
/**
 * Whether it is to answer in the background, so that Stop cancels the answer there.
 */
background: boolean, };
export type Price = { 
/**
 * Of the request.
 */
input: number, 
/**
 * Of the request, where the provider had them in its cache.
 */
cachedInput: number | null, 
/**
 * Of the answer, reasoning included.
 */
output: number, };
export type PriceListView = { 
/**
 * Its date, or that on which it was read where it has none, as 2025-11-30.
 */
date: string, 
/**
 * How many models it prices.
 */
models: number, };
export type PriceOrigin = "own-table" | "provider-list" | "public-list" | "table";
export type PriceTag = { 
/**
 * US dollars for a million tokens.
 */
price: Price, 
/**
 * Who says so.
 */
origin: PriceOrigin, 
/**
 * The date of the table, as 2025-11-30; absent for a provider's list, which was read in the
 * same run of the app.
 */
date: string | null, 
/**
 * The price holds for requests of at most so many tokens; longer ones cost something else.
 */
upToInputTokens: number | null, };
export type Problem = { 
/**
 * What, in words.
 */
what: string, 
/**
 * How often.
 */
count: number, };
export type Progress = { 
/**
 * Bytes of the file that were read.
 */
bytes: number, 
/**
 * All of its bytes.
 */
total: number, 
/**
 * Conversations so far.
 */
conversations: number, };
export type PromptField = { 
/**
 * By which the server calls it.
 */
name: string, 
/**
 * For people.
 */
title: string, 
/**
 * More about it.
 */
description: string | null, 
/**
 * Whether it has to be filled in.
 */
required: boolean, };
export type PromptTemplate = { 
/**
 * By what it is found: at most 60 characters on one line, each template another.
 */
name: string, 
/**
 * The text, at most 20,000 characters. What stands in braces, such as `{language}`, is a field to
 * fill in.
 */
text: string, };
export type PromptText = { 
/**
 * The words.
 */
text: string, 
/**
 * The files.
 */
files: Array<Attachment>, };
export type ProviderDraft = { 
/**
 * Its id; a provider with the same id is replaced.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * How to speak to it.
 */
api: Api, 
/**
 * Its address; absent for the official one of its API.
 */
baseUrl: string | null, 
/**
 * The models to offer.
 */
models: Array<string>, 
/**
 * The environment variable that holds its key.
 */
apiKeyEnv: string | null, 
/**
 * The headers that each request carries; null leaves the value that is saved.
 */
headers: { [key in string]: string | null }, 
/**
 * The proxy to ask it through; null leaves the one that is saved, and an empty one is none of
 * its own.
 */
proxy: string | null, 
/**
 * What Stop does with its connection.
 */
onStop: OnStop, 
/**
 * A file of certificates that are trusted beside the system's.
 */
caCertificate: string | null, 
/**
 * Whether it answers in the background; for OpenAI Responses and Gemini Interactions only.
 */
background: boolean, 
/**
 * Its own tools that its models may use.
 */
hostedTools: Array<HostedTool>, 
/**
 * Whether its token counter is asked after a stop.
 */
countOnStop: boolean, 
/**
 * Whether its model runs on this computer, so that nobody bills for it.
 */
local: boolean, 
/**
 * Whether it may be asked over `http` on another machine.
 */
allowUnencrypted: boolean, };
export type ProviderError = { 
/**
 * What kind of failure it is.
 */
category: ErrorCategory, 
/**
 * What happened, what is safe, and what to do.
 */
message: string, 
/**
 * The provider's own words, where it said any.
 */
providerText: string | null, 
/**
 * The HTTP status, where there was one.
 */
status: number | null, 
/**
 * When the provider wants to be asked again, in milliseconds from the failure.
 */
retryAfterMs: number | null, 
/**
 * The same request may well succeed soon.
 */
retryable: boolean, 
/**
 * The files that it may be about; leaving them out lets the conversation go on.
 */
files?: Array<RefusedFile>, };
export type ProviderTest = { 
/**
 * Whether it can be used.
 */
ok: boolean, 
/**
 * What is wrong and what to do, or what was found.
 */
message: string, 
/**
 * The models that the server lists.
 */
models: Array<string>, 
/**
 * Another form of the address, at which the server does answer.
 */
suggestion: string | null, };
export type ProviderView = { 
/**
 * Its id: letters, digits, `-`, `_` and `.`.
 */
id: string, 
/**
 * Its name for people.
 */
name: string, 
/**
 * How to speak to it.
 */
api: Api, 
/**
 * Its address as the settings have it.
 */
baseUrl: string | null, 
/**
 * The address that is asked, the settings' own or the official one; absent for the embedded
 * one.
 */
address: string | null, 
/**
 * The models that the settings list.
 */
models: Array<string>, 
/**
 * The environment variable that holds its key, where the person named one.
 */
apiKeyEnv: string | null, 
/**
 * The names of the headers that each request carries.
 */
headers: Array<string>, 
/**
 * Whether it has a proxy of its own.
 */
hasProxy: boolean, 
/**
 * What Stop does with its connection.
 */
onStop: OnStop, 
/**
 * The file of certificates that are trusted beside the system's.
 */
caCertificate: string | null, 
/**
 * Whether it answers in the background.
 */
background: boolean, 
/**
 * Its own tools that its models may use.
 */
hostedTools: Array<HostedTool>, 
/**
 * Whether its token counter is asked after a stop.
 */
countOnStop: boolean, 
/**
 * Whether its model runs on this computer, so that nobody bills for it.
 */
local: boolean, 
/**
 * Whether it may be asked over `http` on another machine.
 */
allowUnencrypted: boolean, 
/**
 * Whether there is a key, and where it comes from.
 */
key: KeyView, 
/**
 * The origin that the saved key is for, and the only one that it is sent to; absent where
 * none is saved, or that is not known.
 */
keyOrigin: string | null, 
/**
 * What Stop does there (rule C24).
 */
stopEffect: StopEffect, 
/**
 * Why it cannot be used; absent when nothing is known to be wrong.
 */
problem: string | null, };
export type Reasoning = { 
/**
 * The text as received.
 */
text: string, 
/**
 * From its first to its last character, in milliseconds; absent while it is written.
 */
durationMs: number | null, 
/**
 * The provider's mark on it. Without one the reasoning is partial, or the provider wants it
 * back in the field that it came in, or not at all.
 */
seal?: Seal, 
/**
 * The field of the answer that it came in, where some servers want that back. To the others,
 * and as text, it does not travel (rule C20).
 */
field?: string, };
export type Receipt = { 
/**
 * The version of its JSON.
 */
version: number, 
/**
 * The turn.
 */
turnId: TurnId, 
/**
 * What the turn was doing when it was stopped.
 */
phase: Phase, 
/**
 * Why it was stopped.
 */
cause: Cause, 
/**
 * When Stop reached the core.
 */
stoppedAt: number, 
/**
 * From the click in the page to the token, where there was a click. The page's clock has
 * whole milliseconds.
 */
clickToTokenMs: number | null, 
/**
 * From the token to the closed connection.
 */
tokenToClosedMs: number, 
/**
 * From the token to the commit of the partial answer; absent where it is not known (yet).
 */
tokenToCommitMs: number | null, 
/**
 * What became of the connection.
 */
connection: ConnectionEnd, 
/**
 * What came of the request to end the answer at the server, where one was made.
 */
serverCancel: ServerCancel | null, 
/**
 * What the provider does after this Stop: after the hang-up, and after the request to end
 * the answer where the server confirmed it.
 */
stopEffect: StopEffect, 
/**
 * The requests of the turn in their order, those that failed among them; none in the first
 * version.
 */
requests: Array<RequestRecord>, 
/**
 * The tool calls of the turn.
 */
tools: Array<ToolReceipt>, 
/**
 * Processes that were ended.
 */
processesEnded: number, 
/**
 * Bytes of the response's body that were received, after decompression.
 */
bytesReceived: number, 
/**
 * Characters (Unicode scalar values) that were kept.
 */
charactersKept: number, 
/**
 * Whether sealed reasoning of earlier answers was left out, after the provider had refused it.
 */
withoutSeals?: boolean, 
/**
 * What the turn took, and how that is known.
 */
usage: Usage, 
/**
 * What had been told to stop and had not confirmed it within 2 s, in words.
 */
unconfirmed: Array<string>, };
export type RecoveredView = { 
/**
 * How many conversations it has.
 */
conversations: number, 
/**
 * How many messages it has.
 */
messages: number, 
/**
 * Whether everything could be read.
 */
isWhole: boolean, 
/**
 * Where the file is now that was there before.
 */
keptAs: string, };
export type RefusedFile = { 
/**
 * The message that it went with.
 */
messageId: MessageId, 
/**
 * Its place among the parts of that message.
 */
part: number, 
/**
 * Its name.
 */
name: string, };
export type Repair = { 
/**
 * The message that it concerns.
 */
messageId: MessageId, 
/**
 * What is changed.
 */
change: RepairChange, };
export type RepairChange = { "kind": "note-added", 
/**
 * The note as the model reads it.
 */
text: string, } | { "kind": "result-added", 
/**
 * The tool.
 */
tool: string, 
/**
 * The text that stands for the result.
 */
text: string, } | { "kind": "result-filled", 
/**
 * The tool.
 */
tool: string, 
/**
 * The text that stands for the result.
 */
text: string, } | { "kind": "result-left-out", 
/**
 * The id that it names.
 */
callId: string, } | { "kind": "arguments-wrapped", 
/**
 * The tool.
 */
tool: string, } | { "kind": "name-rewritten", 
/**
 * As the model wrote it.
 */
from: string, 
/**
 * As it travels.
 */
to: string, } | { "kind": "call-id-rewritten", 
/**
 * As it is stored.
 */
from: string, 
/**
 * As it travels.
 */
to: string, } | { "kind": "reasoning-left-out" } | { "kind": "server-tool-left-out", 
/**
 * The tool.
 */
tool: string, } | { "kind": "message-left-out" } | { "kind": "messages-joined" } | { "kind": "end-added", 
/**
 * The text.
 */
text: string, } | { "kind": "file-replaced", 
/**
 * The file's name.
 */
name: string, } | { "kind": "file-left-out", 
/**
 * The file's name.
 */
name: string, };
export type Report = { 
/**
 * Conversations that are new.
 */
added: number, 
/**
 * Conversations that were there and changed.
 */
updated: number, 
/**
 * Conversations that were there and are the same.
 */
unchanged: number, 
/**
 * Messages that are new or changed.
 */
messages: number, 
/**
 * Whether it was stopped before the end of the file.
 */
stopped: boolean, 
/**
 * What was not understood, or could not be taken in.
 */
problems: Array<Problem>, };
export type RequestRecord = { 
/**
 * The step of the answer that it belongs to, from 0: a step is a request and the tools that
 * its answer calls.
 */
step: number, 
/**
 * Its number within the step, from 0.
 */
attempt: number, 
/**
 * Whether it failed before its first token and was made again.
 */
madeAgain?: boolean, 
/**
 * Why the model ended by itself; absent where it did not.
 */
finishReason: FinishReason | null, 
/**
 * What it took, and how that is known.
 */
usage: Usage, };
export type RestoredBranch = { 
/**
 * The message that its conversation shows last now; absent where the branch is in what is deleted
 * itself, and comes back with that.
 */
head: MessageId | null, };
export type ResultContent = { "kind": "text", 
/**
 * The text.
 */
text: string, } | { "kind": "image", 
/**
 * Such as `image/png`.
 */
mediaType: string, 
/**
 * In base64.
 */
data: string, } | { "kind": "audio", 
/**
 * Such as `audio/wav`.
 */
mediaType: string, 
/**
 * In base64.
 */
data: string, } | { "kind": "resource", 
/**
 * Its address.
 */
uri: string, 
/**
 * Such as `text/plain`.
 */
mediaType?: string, 
/**
 * What is there, where it is text.
 */
text?: string, 
/**
 * What is there, in base64, where it is not.
 */
data?: string, } | { "kind": "structured", 
/**
 * The value.
 */
value: unknown, };
export type Retrying = { 
/**
 * The retry's number, from 1.
 */
retry: number, 
/**
 * How many there are at most.
 */
of: number, 
/**
 * The rest of the wait in milliseconds.
 */
waitMs: number, 
/**
 * What failed.
 */
error: ProviderError, };
export type Role = "system" | "user" | "assistant";
export type RunningTurn = { 
/**
 * The turn.
 */
turnId: TurnId, 
/**
 * Its conversation.
 */
conversationId: ConversationId, 
/**
 * The answer that it writes.
 */
messageId: MessageId, };
export type SavedMessage = { 
/**
 * Its id.
 */
id: MessageId, 
/**
 * When it was made.
 */
createdAt: number, };
export type Seal = { 
/**
 * Who can read it: API, host and model. To anybody else it does not travel.
 */
issuer: string, 
/**
 * As the API gave it; only its own wire knows what it means.
 */
data: string, };
export type Search = { 
/**
 * Words that are all in one message, or in a title; the last one may go on, unless a space
 * follows. `"exact words"` stand together, `-without` is not in it. `model:NAME`,
 * `after:2026-01-31`, `before:2026-02` (also a year or a month; both by the time of the
 * message, `before` not including it) and `stopped:` (also `no`, or a cause) choose messages;
 * `folder:NAME`, `tag:NAME` and `assistant:ID`, each also by its beginning, choose conversations.
 * All else is words.
 */
words: string, 
/**
 * How far the person's clock is ahead of UTC.
 */
utcOffsetMinutes: number, 
/**
 * No more than so many.
 */
limit: number, };
export type SecretPlace = "keychain" | "locked" | "memory";
export type ServerCancel = "confirmed" | "refused" | "unanswered";
export type ServerOffers = { 
/**
 * The server.
 */
server: string, 
/**
 * What can be attached.
 */
resources: Array<ServerResource>, 
/**
 * What can be begun with.
 */
prompts: Array<ServerPrompt>, 
/**
 * Why nothing, or not all of it, is known, for people.
 */
problem: string | null, };
export type ServerPrompt = { 
/**
 * By which the server calls it.
 */
name: string, 
/**
 * For people.
 */
title: string, 
/**
 * More about it.
 */
description: string | null, 
/**
 * What is to be filled in.
 */
arguments: Array<PromptField>, };
export type ServerResource = { 
/**
 * Its address.
 */
uri: string, 
/**
 * For people.
 */
title: string, 
/**
 * More about it.
 */
description: string | null, };
export type ServerState = { "kind": "off" } | { "kind": "starting" } | { "kind": "ready", 
/**
 * How it is spoken to.
 */
era: Era, 
/**
 * As it calls itself, where it does.
 */
title: string | null, 
/**
 * The version that it says it is.
 */
version: string | null, 
/**
 * Whether the person has signed in to it.
 */
signedIn: boolean, } | { "kind": "sign-in-needed", 
/**
 * What it wants, or why the last try came to nothing, for people.
 */
words: string, } | { "kind": "signing-in" } | { "kind": "failed", 
/**
 * What happened and what helps, for people.
 */
words: string, } | { "kind": "restarting", 
/**
 * What happened, for people.
 */
words: string, };
export type ServerTool = { 
/**
 * As the provider names it, such as `web_search`.
 */
name: string, 
/**
 * What it was asked, for people, such as the words that were searched for; may be empty.
 */
input: string, 
/**
 * What goes back unchanged: the call and its result, as the API gave them.
 */
seal?: Seal, };
export type ServerView = { 
/**
 * By which the settings call it.
 */
name: string, 
/**
 * What it does.
 */
state: ServerState, };
export type SettingsView = { 
/**
 * The model that new conversations ask.
 */
defaultModel: ModelRef, 
/**
 * What new conversations start with beside that.
 */
conversation: ConversationDefaults, 
/**
 * What they can start with under a name, in the order in which it is shown.
 */
assistants: Array<Assistant>, 
/**
 * The id of the assistant that they start with; absent for none, also where there is none of
 * that id.
 */
defaultAssistant: string | null, 
/**
 * Texts that the composer inserts by `/`.
 */
prompts: Array<PromptTemplate>, 
/**
 * Where the titles of new conversations come from: `first-words`, `model` or `PROVIDER/MODEL`.
 */
titles: Titles, 
/**
 * How long a server may take to its first word, in seconds; absent for no limit.
 */
firstWordTimeoutSeconds: number | null, 
/**
 * The providers in the order of the file.
 */
providers: Array<ProviderView>, 
/**
 * All models of all providers.
 */
models: Array<ModelOption>, 
/**
 * The colours.
 */
theme: Theme, 
/**
 * Where keys are kept.
 */
keyPlace: SecretPlace, 
/**
 * The data folder's path.
 */
dataDir: string, 
/**
 * Why the settings file could not be read; while this is there, nothing can be saved.
 */
problem: string | null, };
export type SnippetPiece = { 
/**
 * The piece; spaces and line breaks in a row are one space.
 */
text: string, 
/**
 * Whether it is what was asked for.
 */
isHit: boolean, };
export type Span = { 
/**
 * Where it begins.
 */
from: number, 
/**
 * Where it ends; not part of it.
 */
to: number, };
export type StartTurn = { 
/**
 * The turn.
 */
turnId: TurnId, 
/**
 * The conversation; a new one is made when it does not exist.
 */
conversationId: ConversationId, 
/**
 * The message that the new ones follow; absent at the start of a conversation.
 */
parentId: MessageId | null, 
/**
 * The text of the person's message, or absent to answer `parent_id`, a message of the
 * person's, once more.
 */
text: string | null, 
/**
 * Files that the person sends along, before the text.
 */
attachments: Array<Attachment>, 
/**
 * A message of the person's whose files go along as well, before those.
 */
filesOf: MessageId | null, 
/**
 * An answer that ended early, to continue: the new answer is its sibling and begins with
 * what it had. `parent_id` is then the message that both answer, and `text` is absent.
 */
continues: MessageId | null, 
/**
 * The model to ask, also where it is another than that of the conversation.
 */
model: ModelRef, 
/**
 * How the conversation is answered from now on, this turn included; absent for how it is
 * answered so far.
 */
settings: ConversationSettings | null, };
export type StopEffect = "stops" | "goes-on" | "cancels" | "unknown" | "local";
export type StopOutcome = { "outcome": "stopped", 
/**
 * What it did; absent when it could not be confirmed in time.
 */
receipt: Receipt | null, } | { "outcome": "already-stopped", 
/**
 * What the earlier call did.
 */
receipt: Receipt | null, } | { "outcome": "already-ended" } | { "outcome": "unknown" };
export type Stretch = { 
/**
 * The place in the map of the stretch that forks into this one and others; absent where the
 * conversation begins with this one.
 */
above: number | null, 
/**
 * How many messages it has; at least 1.
 */
messages: number, 
/**
 * The first of them.
 */
first: MappedMessage, 
/**
 * The last of them; absent where that is the first.
 */
last: MappedMessage | null, };
export type TakenUpTask = { 
/**
 * The conversation.
 */
conversationId: ConversationId, 
/**
 * The answer.
 */
messageId: MessageId, 
/**
 * The call's place among its parts.
 */
part: number, 
/**
 * The server's name in the settings.
 */
server: string, 
/**
 * What it said last of how far it is.
 */
message: string | null, 
/**
 * Why it cannot be asked now, in words for the person; it is asked again.
 */
problem: string | null, };
export type Tally = { 
/**
 * How many answers.
 */
answers: number, 
/**
 * Of these, whose figures the provider reported. Where the answer's tokens are known
 * otherwise than those of the request, it is their source that counts, here and below.
 */
reported: number, 
/**
 * Whose figures are the provider's last before the end.
 */
running: number, 
/**
 * Whose answers the provider counted after their end.
 */
counted: number, 
/**
 * Whose figures were counted here.
 */
estimated: number, 
/**
 * Of which nothing is known: they are in no sum below.
 */
unknown: number, 
/**
 * How many requests failed and were made again. What they took is in the sums below as far
 * as it is known, and they are in no other count.
 */
failedAttempts: number, 
/**
 * How many requests were made for titles. What they took is in the sums below as well, and they
 * are in no other count.
 */
titles: number, 
/**
 * Tokens of the requests, as far as they are known; absent where none is.
 */
inputTokens: number | null, 
/**
 * Of these, cached ones.
 */
cachedInputTokens: number | null, 
/**
 * Tokens of the answers, as far as they are known; absent where none is.
 */
outputTokens: number | null, 
/**
 * Whether the answers may have taken more tokens than the sum.
 */
atLeast: boolean, 
/**
 * Of these, tokens of reasoning.
 */
reasoningTokens: number | null, 
/**
 * How many answers have a cost: the others are in neither of the sums below.
 */
priced: number, 
/**
 * How many of those ran on this computer, and so cost nothing.
 */
onThisComputer: number, 
/**
 * What they cost at least, in US dollars; absent where no cost is known.
 */
costLow: number | null, 
/**
 * What they cost at most; absent also where one of them may have cost more than can be said.
 */
costHigh: number | null, };
export type TextFormat = "email" | "uri" | "date" | "date-time";
export type Theme = "system" | "light" | "dark";
export type Ticket = { 
/**
 * Names the reply, once, and only to the window that it is for.
 */
replyTicket: string, };
export type Titles = string;
export type ToolCall = { 
/**
 * The provider's id of the call; made up here where the provider gives none.
 */
callId: string, 
/**
 * The tool's name as the model wrote it.
 */
name: string, 
/**
 * The arguments verbatim, as far as they were received: JSON text, or a piece of it.
 */
arguments: string, 
/**
 * What has become of the call.
 */
state: ToolCallState, 
/**
 * The provider's mark on the call, which goes back with it.
 */
seal?: Seal, };
export type ToolCallState = "receiving-arguments" | "waiting-for-approval" | "running" | "succeeded" | "failed" | "denied" | "interrupted-before-run" | "interrupted-while-running";
export type ToolChoice = string;
export type ToolConfirmation = { "kind": "confirmed", 
/**
 * After how long.
 */
ms: number, } | { "kind": "told-and-silent", 
/**
 * How long was waited.
 */
ms: number, } | { "kind": "killed", 
/**
 * How many processes were ended.
 */
processes: number, 
/**
 * After how long.
 */
ms: number, } | { "kind": "not-needed" };
export type ToolEntry = { 
/**
 * Its name in the settings.
 */
name: string, 
/**
 * For people.
 */
title: string, };
export type ToolGroup = { 
/**
 * The server's name in the settings; `tacet` for the app's own tools.
 */
server: string, 
/**
 * Why it gives none, in words for the person.
 */
problem: string | null, 
/**
 * The tools in the server's order.
 */
tools: Array<ToolEntry>, };
export type ToolProgress = { 
/**
 * The call's place among the parts.
 */
part: number, 
/**
 * What is done, in a unit of the tool's own.
 */
done: number, 
/**
 * Of how much, where that is known.
 */
total: number | null, 
/**
 * In words.
 */
message: string | null, };
export type ToolReceipt = { 
/**
 * The call.
 */
callId: string, 
/**
 * The tool's name.
 */
name: string, 
/**
 * The server that it is of, where it was told to stop; absent for the app's own tools.
 */
server?: string, 
/**
 * Its final state.
 */
state: ToolCallState, 
/**
 * Whether the tool confirmed that it ended; a call that never ran needs no confirmation
 * and counts as confirmed.
 */
confirmed: boolean, 
/**
 * What the tool did when it was told to stop; absent where it was not told.
 */
confirmation?: ToolConfirmation, };
export type ToolResult = { 
/**
 * The call that this answers.
 */
callId: string, 
/**
 * What the tool said in words; it grows while the tool runs.
 */
text: string, 
/**
 * What it gave beside words, in its order.
 */
contents?: Array<ResultContent>, 
/**
 * The state of the call: final, or `running`.
 */
state: ToolCallState, 
/**
 * Whether the person left its pictures out after a provider refused them: they are kept, and
 * not sent.
 */
leftOut?: boolean, };
export type ToolServerDraft = { 
/**
 * By which people and messages call it.
 */
name: string, 
/**
 * The program, where it is one.
 */
command: string | null, 
/**
 * The program's arguments.
 */
args: Array<string>, 
/**
 * Its variables; null leaves the value that is saved.
 */
env: { [key in string]: string | null }, 
/**
 * The folder that it runs in.
 */
cwd: string | null, 
/**
 * The address, where it has one.
 */
url: string | null, 
/**
 * Its headers; null leaves the value that is saved.
 */
headers: { [key in string]: string | null }, 
/**
 * The id that Tacet is known by where people sign in to it; null for none.
 */
clientId: string | null, 
/**
 * The secret that belongs to the id; null leaves the one that is saved, and an empty one
 * forgets it.
 */
clientSecret: string | null, };
export type ToolServerView = { 
/**
 * By which people and messages call it.
 */
name: string, 
/**
 * The program, where it is one.
 */
command: string | null, 
/**
 * The program's arguments.
 */
args: Array<string>, 
/**
 * The names of its variables.
 */
env: Array<string>, 
/**
 * The folder that it runs in.
 */
cwd: string | null, 
/**
 * The address, where it has one.
 */
url: string | null, 
/**
 * The names of its headers.
 */
headers: Array<string>, 
/**
 * The id that Tacet is known by where people sign in to it.
 */
clientId: string | null, 
/**
 * Whether a secret is saved that belongs to the id.
 */
hasClientSecret: boolean, 
/**
 * Whether it is used.
 */
enabled: boolean, };
export type ToolsView = { 
/**
 * The folders that tools may use.
 */
folders: Array<string>, 
/**
 * The servers in the order of the file.
 */
servers: Array<ToolServerView>, 
/**
 * Tools that run without asking, each as `SERVER/TOOL`; the app's own as `tacet/TOOL`.
 */
always: Array<string>, 
/**
 * Programs that commands may run without asking.
 */
programs: Array<string>, 
/**
 * Servers whose tools run without asking where they only read; `tacet` for the app's own.
 */
readOnly: Array<string>, 
/**
 * After how many steps a turn asks whether to go on.
 */
stepLimit: number, };
export type TrayView = { 
/**
 * What the person chose.
 */
keep: boolean, 
/**
 * Why it cannot, in words for the person; the close button then ends the app.
 */
problem: string | null, };
export type TurnEnd = { 
/**
 * Complete, incomplete or interrupted.
 */
state: MessageState, 
/**
 * Why it ended early.
 */
cause: Cause | null, 
/**
 * Why the model ended by itself.
 */
finishReason: FinishReason | null, 
/**
 * What it took.
 */
usage: Usage | null, 
/**
 * What the requests took that failed and were made again before it, in their order.
 */
failedAttempts: Array<Usage>, 
/**
 * All requests in their order, where there were several steps.
 */
requests: Array<RequestRecord>, 
/**
 * What Stop did.
 */
receipt: Receipt | null, 
/**
 * What went wrong.
 */
error: ProviderError | null, 
/**
 * When it ended.
 */
endedAt: number, 
/**
 * Why the answer could not be saved yet, where it could not. It is tried again, and
 * [`News::Saved`](super::News::Saved) tells when it is saved.
 */
unsaved: string | null, 
/**
 * Whether there is more of the answer than was told, so that it is to be read from the store:
 * the end does not wait until a page that is far behind has shown all of it.
 */
behind: boolean, };
export type TurnEvent = { 
/**
 * The turn (rule C05).
 */
turnId: TurnId, 
/**
 * Its place in the turn.
 */
seq: number, 
/**
 * Whether the watcher is asked to acknowledge it once it has shown it; until then little more
 * is sent.
 */
acknowledge?: boolean, 
/**
 * What happened.
 */
event: TurnEventKind, };
export type TurnEventKind = { "type": "phase", 
/**
 * What it does.
 */
phase: Phase, } | { "type": "part-added", 
/**
 * Its place among the parts.
 */
index: number, 
/**
 * The part.
 */
part: Part, } | { "type": "appended", 
/**
 * The part's place.
 */
index: number, 
/**
 * The text's length before, in UTF-16 code units.
 */
offset: number, 
/**
 * What was added.
 */
text: string, } | { "type": "reasoning-ended", 
/**
 * The part's place.
 */
index: number, 
/**
 * In milliseconds.
 */
durationMs: number, } | { "type": "tool-call-state", 
/**
 * The part's place.
 */
index: number, 
/**
 * The new state.
 */
state: ToolCallState, } | { "type": "approval-asked" } & ApprovalRequest | { "type": "elicitation-asked" } & ElicitationRequest | { "type": "elicitation-closed", 
/**
 * The question.
 */
id: number, } | { "type": "tool-progress" } & ToolProgress | { "type": "tool-result-state", 
/**
 * The part's place.
 */
index: number, 
/**
 * The final state.
 */
state: ToolCallState, } | { "type": "at-step-limit", 
/**
 * How many.
 */
steps: number, } | { "type": "ends-after-step" } | { "type": "usage", 
/**
 * The figures so far.
 */
usage: Usage, } | { "type": "retrying" } & Retrying | { "type": "unsaved", 
/**
 * Why it cannot, what is safe and what to do; absent once it is on disk again.
 */
reason: string | null, } | { "type": "stopping" } | { "type": "are-you-there" } | { "type": "resync" } | { "type": "ended" } & TurnEnd;
export type TurnId = string;
export type TurnSnapshot = { 
/**
 * The turn.
 */
turnId: TurnId, 
/**
 * The last event that the snapshot contains.
 */
seq: number, 
/**
 * The answer so far.
 */
message: Message, 
/**
 * What the turn does.
 */
phase: Phase, 
/**
 * The wait before the request is made again, while the phase is `waiting-to-retry`.
 */
retrying: Retrying | null, 
/**
 * Whether Stop was noticed.
 */
stopping: boolean, 
/**
 * What a person is asked.
 */
approvals: Array<ApprovalRequest>, 
/**
 * What the servers of running tools ask the person.
 */
elicitations: Array<ElicitationRequest>, 
/**
 * After how many steps the person is asked whether to go on, while they are.
 */
atStepLimit: number | null, 
/**
 * Whether the turn ends after this step.
 */
endsAfterStep: boolean, 
/**
 * Why what was received cannot be saved, where it cannot.
 */
unsaved: string | null, };
export type TurnStarted = { 
/**
 * The conversation, with its title.
 */
conversation: Conversation, 
/**
 * The person's message, where the turn made one. What the page sent does not come back to it.
 */
userMessage: SavedMessage | null, 
/**
 * The answer: empty and streaming, or as it is now when the turn was known already.
 */
answer: Message, 
/**
 * Whether the turn had been started before; then nothing new was sent.
 */
already: boolean, };
export type UnsavedAnswer = { 
/**
 * The answer.
 */
messageId: MessageId, 
/**
 * Why it could not be saved, what is safe and what to do.
 */
reason: string, };
export type Unsent = { 
/**
 * What stands in composers, and what waits for branches that are not on the screen.
 */
drafts: Array<UnsentDraft>, 
/**
 * Texts of questions that are being edited, by the message's id.
 */
edits: Array<[MessageId, string]>, 
/**
 * The names of files that were too large to be kept.
 */
lost: Array<string>, };
export type UnsentDraft = { 
/**
 * The conversation; null is the one that does not exist yet.
 */
id: ConversationId | null, 
/**
 * The message that the branch ended with on which it was typed, where the conversation showed
 * another one afterwards; absent in files of versions that knew one draft a conversation.
 */
leaf?: MessageId, 
/**
 * The text.
 */
text: string, 
/**
 * The files beside it.
 */
files: Array<Attachment>, };
export type Usage = { 
/**
 * How the figures are known.
 */
source: UsageSource, 
/**
 * How the tokens of the answer are known, where that differs: the provider had counted the
 * request alone.
 */
outputSource?: UsageSource, 
/**
 * Whether the answer may have taken more tokens than are said: reasoning that is not shown, or
 * what a server went on to write after the end.
 */
atLeast?: boolean, 
/**
 * How an estimate was made; absent for figures from the provider.
 */
method: string | null, 
/**
 * Tokens of the request, cached ones included.
 */
inputTokens: number | null, 
/**
 * Of these, tokens that the provider had in its cache.
 */
cachedInputTokens: number | null, 
/**
 * Tokens of the answer, reasoning included.
 */
outputTokens: number | null, 
/**
 * Of these, tokens of reasoning.
 */
reasoningTokens: number | null, 
/**
 * The provider's id of the answer, under which some let the true figures be looked up.
 */
generationId?: string, 
/**
 * What it cost; absent where the tokens or their price are not known.
 */
cost?: Cost, 
/**
 * What was said before the provider's final figures became known.
 */
replaced?: Usage, };
export type UsageSource = "reported" | "running" | "counted" | "estimated" | "unknown";
export type UsageTotal = { 
/**
 * What the group is told by; see [`Grouping`].
 */
key: string, 
/**
 * The conversation's title; absent in other groupings.
 */
title: string | null, 
/**
 * Answers that were stopped.
 */
stopped: Tally, 
/**
 * All others: whole ones, and those that broke off by themselves.
 */
others: Tally, };
export type UsageTotals = { 
/**
 * What they are summed up by.
 */
grouping: Grouping, 
/**
 * The sums, the group of the newest request first.
 */
groups: Array<UsageTotal>, 
/**
 * The date of the prices that come with Tacet, as 2025-11-30.
 */
priceTableDate: string, 
/**
 * The public list of prices that was read last.
 */
priceList: PriceListView | null, 
/**
 * Where the person said that such a list is; absent where they did not.
 */
priceListSource: string | null, };
export type Wanted = { "kind": "form", 
/**
 * Its fields, in the server's order.
 */
fields: Form, } | { "kind": "page", 
/**
 * The page's whole address: `https`, or `http` on this computer.
 */
url: string, } | { "kind": "visited", 
/**
 * The page's whole address.
 */
url: string, };
