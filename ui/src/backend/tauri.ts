/** The real backend: the app's commands by their names. */
import { Channel } from "@tauri-apps/api/core";
import type { Backend } from "./backend";
import { call } from "./call";
import type { MoveProgress, News, Progress, TurnEvent } from "./generated";

export const tauriBackend: Backend = {
  bootstrap: () => call("bootstrap"),
  openWindow: (conversationId) => call("open_window", { conversationId }),
  listConversations: (after) => call("list_conversations", { after }),
  openConversation: (conversationId) => call("open_conversation", { conversationId }),
  openBranch: (conversationId, end) => call("open_branch", { conversationId, end }),
  conversationMap: (conversationId) => call("conversation_map", { conversationId }),
  openFile: (messageId, part) => call("open_file", { messageId, part }),
  search: (search) => call("search", { search }),
  findAbove: (conversationId, before, words) =>
    call("find_above", { conversationId, before, words }),
  renameConversation: (conversationId, title) =>
    call("rename_conversation", { conversationId, title }),
  fileConversation: (conversationId, filing) =>
    call("file_conversation", { conversationId, filing }),
  renameFolder: (name, to) => call("rename_folder", { name, to }),
  setConversationSettings: (conversationId, settings) =>
    call("set_conversation_settings", { conversationId, settings }),
  deleteConversation: (conversationId) => call("delete_conversation", { conversationId }),
  setHead: (conversationId, head) => call("set_head", { conversationId, head }),
  restoreConversation: (conversationId) => call("restore_conversation", { conversationId }),
  deleteBranch: (messageId) => call("delete_branch", { messageId }),
  restoreBranch: (branchId) => call("restore_branch", { branchId }),
  sendableType: (head) => call("sendable_type", { head }),
  keepDrafts: (changes) => call("keep_drafts", { changes }),
  readDrafts: () => call("read_drafts"),
  leaveOutFile: (messageId, part) => call("leave_out_file", { messageId, part }),
  previewRepair: (leaf, model) => call("preview_repair", { leaf, model }),
  openMessage: (messageId) => call("open_message", { messageId }),
  startTurn: (request) => call("start_turn", { request }),
  attachTurn: (turnId, viewerId, onEvent) => {
    const events = new Channel<TurnEvent>();
    events.onmessage = onEvent;
    return call("attach_turn", { turnId, viewerId, events });
  },
  watchNews: (onNews) => {
    const news = new Channel<News>();
    news.onmessage = onNews;
    return call("watch_news", { news });
  },
  acknowledgeTurn: (turnId, viewerId, shown) =>
    call("acknowledge_turn", { turnId, viewerId, shown }),
  detachTurn: (turnId, viewerId) => call("detach_turn", { turnId, viewerId }),
  stopTurn: (turnId, clickedAt) => call("stop_turn", { turnId, clickedAt }),
  answerApproval: (turnId, part, answer) => call("answer_approval", { turnId, part, answer }),
  answerElicitation: (turnId, question, reply) =>
    call("answer_elicitation", { turnId, question, reply }),
  stopTool: (turnId, part) => call("stop_tool", { turnId, part }),
  takenUpTasks: () => call("taken_up_tasks"),
  stopTask: (messageId, part) => call("stop_task", { messageId, part }),
  stopAfterStep: (turnId, clickedAt) => call("stop_after_step", { turnId, clickedAt }),
  continueSteps: (turnId) => call("continue_steps", { turnId }),
  stopAll: (clickedAt) => call("stop_all", { clickedAt }),
  readSettings: () => call("read_settings"),
  setDefaultModel: (model) => call("set_default_model", { model }),
  setConversationDefaults: (defaults) => call("set_conversation_defaults", { defaults }),
  setModelEffort: (model, effort) => call("set_model_effort", { model, effort }),
  saveAssistant: (assistant) => call("save_assistant", { assistant }),
  removeAssistant: (id) => call("remove_assistant", { id }),
  orderAssistants: (ids) => call("order_assistants", { ids }),
  setDefaultAssistant: (id) => call("set_default_assistant", { id }),
  exportAssistants: () => call("export_assistants"),
  importAssistants: (json) => call("import_assistants", { json }),
  setTheme: (theme) => call("set_theme", { theme }),
  tray: () => call("tray"),
  keepInTray: (keep) => call("keep_in_tray", { keep }),
  setTitles: (titles) => call("set_titles", { titles }),
  setFirstWordTimeout: (seconds) => call("set_first_word_timeout", { seconds }),
  setPrompts: (prompts) => call("set_prompts", { prompts }),
  saveProvider: (provider, apiKey) => call("save_provider", { provider, apiKey }),
  removeProvider: (providerId) => call("remove_provider", { providerId }),
  lookAtAddress: (api, baseUrl) => call("look_at_address", { api, baseUrl }),
  testProvider: (provider, apiKey) => call("test_provider", { provider, apiKey }),
  refreshModels: () => call("refresh_models"),
  toggleFavourite: (model) => call("toggle_favourite", { model }),
  discoverServers: () => call("discover_servers"),
  tools: () => call("tools"),
  toolServers: () => call("tool_servers"),
  restartToolServer: (name) => call("restart_tool_server", { name }),
  endToolServer: (name) => call("end_tool_server", { name }),
  signInToToolServer: (name) => call("sign_in_to_tool_server", { name }),
  cancelToolSignIn: (name) => call("cancel_tool_sign_in", { name }),
  signOutOfToolServer: (name) => call("sign_out_of_tool_server", { name }),
  toolServerLog: (name) => call("tool_server_log", { name }),
  toolCatalogue: () => call("tool_catalogue"),
  toolOffers: () => call("tool_offers"),
  readToolResource: (server, uri) => call("read_tool_resource", { server, uri }),
  useToolPrompt: (server, prompt, filled) => call("use_tool_prompt", { server, prompt, filled }),
  addToolServers: (json) => call("add_tool_servers", { json }),
  saveToolServer: (server, isNew) => call("save_tool_server", { server, isNew }),
  enableToolServer: (name, enabled) => call("enable_tool_server", { name, enabled }),
  removeToolServer: (name) => call("remove_tool_server", { name }),
  setToolFolders: (folders) => call("set_tool_folders", { folders }),
  conversationPermissions: (conversationId) => call("conversation_permissions", { conversationId }),
  askAgainInConversation: (conversationId) => call("ask_again_in_conversation", { conversationId }),
  takeBackPermission: (permission) => call("take_back_permission", { permission }),
  refreshPrices: (source) => call("refresh_prices", { source }),
  usageTotals: (grouping) => call("usage_totals", { grouping }),
  saveCopy: () => call("save_copy"),
  importFile: (path, onProgress) => {
    const progress = new Channel<Progress>();
    progress.onmessage = onProgress;
    return call("import_file", { path, progress });
  },
  stopImport: () => call("stop_import"),
  pickImport: () => call("pick_import"),
  exportMarkdown: (conversationId, utcOffsetMinutes) =>
    call("export_markdown", { conversationId, utcOffsetMinutes }),
  saveMadeFile: (messageId, part) => call("save_made_file", { messageId, part }),
  backUp: () => call("back_up"),
  backups: () => call("backups"),
  restoreBackup: (name) => call("restore_backup", { name }),
  moveDataFolder: (folder, onProgress) => {
    const progress = new Channel<MoveProgress>();
    progress.onmessage = onProgress;
    return call("move_data_folder", { folder, progress });
  },
  pickFolder: () => call("pick_folder"),
  tryAgain: () => call("try_again"),
  openLink: (url) => call("open_link", { url }),
};
