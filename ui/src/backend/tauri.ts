/** The real backend: the only file that knows Tauri. */
import { Channel, invoke } from "@tauri-apps/api/core";
import type { Backend } from "./backend";
import type { News, TurnEvent } from "./generated";

export const tauriBackend: Backend = {
  bootstrap: () => invoke("bootstrap"),
  listConversations: () => invoke("list_conversations"),
  openConversation: (conversationId) => invoke("open_conversation", { conversationId }),
  renameConversation: (conversationId, title) =>
    invoke("rename_conversation", { conversationId, title }),
  deleteConversation: (conversationId) => invoke("delete_conversation", { conversationId }),
  restoreConversation: (conversationId) => invoke("restore_conversation", { conversationId }),
  sendableType: (head) => invoke("sendable_type", { head }),
  leaveOutFile: (messageId, part) => invoke("leave_out_file", { messageId, part }),
  previewRepair: (leaf, model) => invoke("preview_repair", { leaf, model }),
  startTurn: (request) => invoke("start_turn", { request }),
  attachTurn: (turnId, viewerId, onEvent) => {
    const events = new Channel<TurnEvent>();
    events.onmessage = onEvent;
    return invoke("attach_turn", { turnId, viewerId, events });
  },
  watchNews: (onNews) => {
    const news = new Channel<News>();
    news.onmessage = onNews;
    return invoke("watch_news", { news });
  },
  acknowledgeTurn: (turnId, viewerId) => invoke("acknowledge_turn", { turnId, viewerId }),
  detachTurn: (turnId, viewerId) => invoke("detach_turn", { turnId, viewerId }),
  stopTurn: (turnId, clickedAt) => invoke("stop_turn", { turnId, clickedAt }),
  stopAll: (clickedAt) => invoke("stop_all", { clickedAt }),
  readSettings: () => invoke("read_settings"),
  setDefaultModel: (model) => invoke("set_default_model", { model }),
  setTheme: (theme) => invoke("set_theme", { theme }),
  saveProvider: (provider, apiKey) => invoke("save_provider", { provider, apiKey }),
  removeProvider: (providerId) => invoke("remove_provider", { providerId }),
  testProvider: (provider, apiKey) => invoke("test_provider", { provider, apiKey }),
  refreshModels: () => invoke("refresh_models"),
  toggleFavourite: (model) => invoke("toggle_favourite", { model }),
  discoverServers: () => invoke("discover_servers"),
  usageTotals: (grouping) => invoke("usage_totals", { grouping }),
  openLink: (url) => invoke("open_link", { url }),
};
