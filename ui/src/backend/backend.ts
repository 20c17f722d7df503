/** What the page can ask of the app: the one interface that the shell and its twin both keep. */
import type {
  ApprovalAnswer,
  Assistant,
  AddressView,
  Api,
  Attachment,
  Bootstrap,
  BranchEnd,
  BranchView,
  CommandError,
  Conversation,
  ConversationDefaults,
  ConversationSettings,
  ConversationView,
  DeletedBranch,
  DraftChanges,
  ElicitationOutcome,
  ElicitationReply,
  Effort,
  Filing,
  FoundServer,
  CopyView,
  Found,
  FoundAbove,
  Grouping,
  Message,
  ModelRef,
  MoveProgress,
  News,
  PromptText,
  ProviderDraft,
  ProviderTest,
  Repair,
  ServerOffers,
  ServerView,
  PriceListView,
  Progress,
  Report,
  RestoredBranch,
  Search,
  SettingsView,
  StartTurn,
  StopOutcome,
  Stretch,
  TakenUpTask,
  PromptTemplate,
  Theme,
  ToolConfirmation,
  TrayView,
  ToolGroup,
  ToolServerDraft,
  ToolsView,
  TurnEvent,
  TurnSnapshot,
  TurnStarted,
  UsageTotals,
  Unsent,
} from "./generated";

/** Every call rejects with a {@link CommandError}. Times are milliseconds since the Unix epoch. */
export interface Backend {
  bootstrap(): Promise<Bootstrap>;
  /** Opens one more window, which shows that conversation; with null it begins a new one. */
  openWindow(conversationId: string | null): Promise<void>;
  listConversations(after: string | null): Promise<Conversation[]>;
  /** A conversation with the end of the branch that it shows. */
  openConversation(conversationId: string): Promise<ConversationView>;
  /** More messages of a conversation: those above what is shown, or those of another branch. */
  openBranch(conversationId: string, end: BranchEnd): Promise<BranchView>;
  /** Where a conversation forks, and where its branches end. */
  conversationMap(conversationId: string): Promise<Stretch[]>;
  renameConversation(conversationId: string, title: string): Promise<Conversation>;
  /** Keeps in which folder a conversation is, under which tags, and whether it is pinned or archived. */
  fileConversation(conversationId: string, filing: Filing): Promise<Conversation>;
  /** Gives a folder another name, and tells how it is spelled; with null, what is in it is in no folder. */
  renameFolder(name: string, to: string | null): Promise<string | null>;
  /** Keeps how a conversation is answered from its next turn on. */
  setConversationSettings(conversationId: string, settings: ConversationSettings): Promise<void>;
  /** Stops the conversation's turns and hides it; it can be restored for ten minutes. */
  deleteConversation(conversationId: string): Promise<void>;
  restoreConversation(conversationId: string): Promise<Conversation>;
  /**
   * Stops what is written in the branch that begins with a message, and hides it; it can be restored for
   * ten minutes.
   */
  deleteBranch(messageId: string): Promise<DeletedBranch>;
  restoreBranch(branchId: string): Promise<RestoredBranch>;
  /** Keeps the branch that ends in the message `head` as the one that the conversation shows. */
  setHead(conversationId: string, head: string): Promise<void>;
  /** The media type by which a file can be sent as it is, told from its first bytes in base64. */
  sendableType(head: string): Promise<string | null>;
  /** Leaves a file out of all requests from now on: `part` is its place in the message. */
  leaveOutFile(messageId: string, part: number): Promise<void>;
  /** Keeps what has changed of what was typed and not sent, for the next start and for other windows. */
  keepDrafts(changes: DraftChanges): Promise<void>;
  /** What was typed and not sent, in whatever window. */
  readDrafts(): Promise<Unsent>;
  /** What the next request to `model` after the message `leaf` says otherwise than the screen. */
  previewRepair(leaf: string, model: ModelRef): Promise<Repair[]>;
  /** A message as it is stored; null where it is not there any more. */
  openMessage(messageId: string): Promise<Message | null>;
  /** What is in a file that stands at that place of a message: text, or bytes in base64. */
  openFile(messageId: string, part: number): Promise<string>;
  /** What is found in all conversations, while it is typed. */
  search(search: Search): Promise<Found>;
  /** Where words stand in a conversation above the message `before`, on its branch. */
  findAbove(conversationId: string, before: string, words: string): Promise<FoundAbove[]>;
  /** Idempotent on `turnId`. */
  startTurn(request: StartTurn): Promise<TurnStarted>;
  /** Null when the turn does not run any more. Events may come before the snapshot. */
  attachTurn(
    turnId: string,
    viewerId: string,
    onEvent: (event: TurnEvent) => void,
  ): Promise<TurnSnapshot | null>;
  /** What becomes known of answers whose turns have ended, and what other windows change, for as long as
   * the page lives. */
  watchNews(onNews: (news: News) => void): Promise<void>;
  /**
   * The answer to `are-you-there`, and to events that ask for it: without it little more is sent.
   * `shown` is the number of the last event that is on the page.
   */
  acknowledgeTurn(turnId: string, viewerId: string, shown: number): Promise<void>;
  detachTurn(turnId: string, viewerId: string): Promise<void>;
  /** `clickedAt` is the time of the click or the key, null where there was none. */
  stopTurn(turnId: string, clickedAt: number | null): Promise<StopOutcome>;
  /**
   * Answers whether the tool call at `part`, its place in the turn's answer, may run. False where
   * nobody is asked about it any more: then it did nothing.
   */
  answerApproval(turnId: string, part: number, answer: ApprovalAnswer): Promise<boolean>;
  /** Replies to a question of the server of a running tool. */
  answerElicitation(
    turnId: string,
    question: number,
    reply: ElicitationReply,
  ): Promise<ElicitationOutcome>;
  /** Stops the tool call at `part` and no other; false where it has ended. */
  stopTool(turnId: string, part: number): Promise<boolean>;
  /** What servers still work on for calls of an earlier run, which ended without notice. */
  takenUpTasks(): Promise<TakenUpTask[]>;
  /**
   * Stops that for the call at `part` of a message, and gives what the server said; null where it could
   * not be told.
   */
  stopTask(messageId: string, part: number): Promise<ToolConfirmation | null>;
  /** Ends the turn after the step that it is at; false where it has ended. */
  stopAfterStep(turnId: string, clickedAt: number | null): Promise<boolean>;
  /** Lets a turn go on that has come to its limit of steps; false where it has not. */
  continueSteps(turnId: string): Promise<boolean>;
  /** Gives the number of turns that were stopped. */
  stopAll(clickedAt: number | null): Promise<number>;
  /** The settings with what the keychain says, which may take a second; `bootstrap` does not wait. */
  readSettings(): Promise<SettingsView>;
  setDefaultModel(model: ModelRef): Promise<SettingsView>;
  /** Keeps what new conversations start with beside their model. */
  setConversationDefaults(defaults: ConversationDefaults): Promise<SettingsView>;
  /** Keeps how much a model reasons in new conversations; null for what holds for all models. */
  setModelEffort(model: ModelRef, effort: Effort | null): Promise<SettingsView>;
  /** Adds an assistant, or replaces the one of the same id. */
  saveAssistant(assistant: Assistant): Promise<SettingsView>;
  /** Takes an assistant away; its conversations stay as they are. */
  removeAssistant(id: string): Promise<SettingsView>;
  /** Puts the assistants in the order of these ids. */
  orderAssistants(ids: string[]): Promise<SettingsView>;
  /** Has new conversations start with that assistant; null for none. */
  setDefaultAssistant(id: string | null): Promise<SettingsView>;
  /** Saves all assistants as one JSON file among the person's downloads, and gives its path. */
  exportAssistants(): Promise<string>;
  /** Adds the assistants of such a file; one of an id that is taken gets another. */
  importAssistants(json: string): Promise<SettingsView>;
  setTheme(theme: Theme): Promise<SettingsView>;
  /** Whether the app keeps going in the tray, and whether it can. */
  tray(): Promise<TrayView>;
  keepInTray(keep: boolean): Promise<TrayView>;
  /** Where the titles of new conversations come from: `first-words`, `model` or `PROVIDER/MODEL`. */
  setTitles(titles: string): Promise<SettingsView>;
  /** Chooses how long a server may take to its first word, in seconds; null for no limit. */
  setFirstWordTimeout(seconds: number | null): Promise<SettingsView>;
  /** The texts that the composer inserts, in their order. */
  setPrompts(prompts: PromptTemplate[]): Promise<SettingsView>;
  /** A key of null leaves the kept key as it is; an empty one forgets it. */
  saveProvider(provider: ProviderDraft, apiKey: string | null): Promise<SettingsView>;
  removeProvider(providerId: string): Promise<SettingsView>;
  /** What an address means, while it is typed. */
  lookAtAddress(api: Api, baseUrl: string): Promise<AddressView>;
  testProvider(provider: ProviderDraft, apiKey: string | null): Promise<ProviderTest>;
  /** Asks the configured servers for their models; takes up to 3 s. */
  refreshModels(): Promise<SettingsView>;
  /** Puts a model among the favourites, or takes it away. */
  toggleFavourite(model: ModelRef): Promise<SettingsView>;
  /** Model servers on this computer that the settings do not name; takes up to 300 ms. */
  discoverServers(): Promise<FoundServer[]>;
  /** What the settings say of tools; values of servers are not among it. */
  tools(): Promise<ToolsView>;
  /** What each server of tools does. */
  toolServers(): Promise<ServerView[]>;
  /** Starts a server, and ends it before where it runs, whoever uses it. */
  restartToolServer(name: string): Promise<void>;
  /** Ends a server with all that it runs, whoever uses it, until it is needed again. */
  endToolServer(name: string): Promise<void>;
  /** Has the person sign in to a server in their browser; resolves when they have, or cancelled. */
  signInToToolServer(name: string): Promise<void>;
  /** Ends the sign-in to a server that is under way. */
  cancelToolSignIn(name: string): Promise<void>;
  /** Forgets who has signed in to a server, and ends it. */
  signOutOfToolServer(name: string): Promise<void>;
  /** What a server wrote beside the protocol, the newest 64 KB. */
  toolServerLog(name: string): Promise<string>;
  /** The tools that conversations can use, by their server. Those that do not run are started. */
  toolCatalogue(): Promise<ToolGroup[]>;
  /** What each server offers to people. Those that do not run are started. */
  toolOffers(): Promise<ServerOffers[]>;
  /** What stands at an address of a server, as files to attach. */
  readToolResource(server: string, uri: string): Promise<Attachment[]>;
  /** What a prompt of a server gives for what was filled in. */
  useToolPrompt(
    server: string,
    prompt: string,
    filled: Record<string, string>,
  ): Promise<PromptText>;
  /** Adds servers from the JSON that other clients take, or replaces those of the same names. */
  addToolServers(json: string): Promise<ToolsView>;
  /** Saves one server; where it is new, its name must be free. */
  saveToolServer(server: ToolServerDraft, isNew: boolean): Promise<ToolsView>;
  enableToolServer(name: string, enabled: boolean): Promise<ToolsView>;
  /** Takes a server away, with its values in the keychain. */
  removeToolServer(name: string): Promise<ToolsView>;
  /** Opens these folders to tools, and no others; each is a whole path. */
  setToolFolders(folders: string[]): Promise<ToolsView>;
  /** What may run in a conversation without asking: tools as `SERVER/TOOL`, and hosts. */
  conversationPermissions(conversationId: string): Promise<string[]>;
  /** Has everything in a conversation asked about again. */
  askAgainInConversation(conversationId: string): Promise<void>;
  /** Takes back a tool (`SERVER/TOOL`) or a program's name that may run without asking. */
  takeBackPermission(permission: string): Promise<ToolsView>;
  /** What the answers of all conversations took; groups by the newest request first. */
  usageTotals(grouping: Grouping): Promise<UsageTotals>;
  /** Reads the public list of prices at an https address or in a file, and keeps it. */
  refreshPrices(source: string): Promise<PriceListView | null>;
  /** Saves all conversations among the person's downloads, and gives the new file's path. */
  saveCopy(): Promise<string>;
  /** Takes in what is in a file, and tells how far it is. */
  importFile(path: string, onProgress: (progress: Progress) => void): Promise<Report>;
  /** Ends the import that runs; what was taken in stays. */
  stopImport(): Promise<void>;
  /** The person's choice in the system's own dialog; null when they choose none. */
  pickImport(): Promise<string | null>;
  /** Saves a conversation as Markdown among the person's downloads, and gives the new file's path. */
  exportMarkdown(conversationId: string, utcOffsetMinutes: number): Promise<string>;
  /**
   * Saves a file that a model made where the person says in the system's own dialog, and gives its path;
   * null when they choose none.
   */
  saveMadeFile(messageId: string, part: number): Promise<string | null>;
  /** Copies the database within the data folder; gives the copies there are. */
  backUp(): Promise<CopyView[]>;
  /** The copies that can be put in the place of the database, the newest first. */
  backups(): Promise<CopyView[]>;
  /** Starts the app anew with a copy in the place of the database, which is kept. */
  restoreBackup(name: string): Promise<void>;
  /** Moves the data folder to a new or an empty one, tells how far it is, and starts the app anew. */
  moveDataFolder(folder: string, onProgress: (progress: MoveProgress) => void): Promise<void>;
  /** Lets the person choose a folder in the system's own dialog; null when they choose none. */
  pickFolder(): Promise<string | null>;
  /** Starts the app anew on its data folder. */
  tryAgain(): Promise<void>;
  /** Opens http, https and mailto addresses outside the window; refuses all others. */
  openLink(url: string): Promise<void>;
}

/** The words of whatever a call rejected with. */
export function errorText(error: unknown): string {
  if (isCommandError(error)) return error.message;
  return error instanceof Error ? error.message : String(error);
}

/** Whether this is a rejection that the app itself wrote. */
export function isCommandError(error: unknown): error is CommandError {
  return typeof error === "object" && error !== null && "code" in error && "message" in error;
}
