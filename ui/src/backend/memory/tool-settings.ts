/** What the twin does with servers of tools, and with what may run. */
import type {
  Attachment,
  PromptText,
  ServerOffers,
  ServerView,
  ToolGroup,
  ToolServerDraft,
  ToolsView,
} from "../generated";
import { MemorySettings } from "./settings";
import { MemoryTools } from "./tools";

export class MemoryToolSettings extends MemorySettings {
  readonly toolSettings = new MemoryTools();

  async tools(): Promise<ToolsView> {
    return this.toolSettings.view;
  }

  async toolServers(): Promise<ServerView[]> {
    return this.toolSettings.servers();
  }

  async restartToolServer(name: string): Promise<void> {
    return this.toolSettings.restart(name);
  }

  async endToolServer(name: string): Promise<void> {
    this.toolSettings.states.delete(name);
  }

  async signInToToolServer(name: string): Promise<void> {
    return this.toolSettings.signIn(name);
  }

  async cancelToolSignIn(name: string): Promise<void> {
    this.toolSettings.cancelSignIn(name);
  }

  async signOutOfToolServer(name: string): Promise<void> {
    this.toolSettings.states.delete(name);
  }

  async toolServerLog(name: string): Promise<string> {
    return this.toolSettings.logs.get(name) ?? "";
  }

  async toolCatalogue(): Promise<ToolGroup[]> {
    return this.toolSettings.catalogue;
  }

  async toolOffers(): Promise<ServerOffers[]> {
    return this.toolSettings.offers;
  }

  async readToolResource(_server: string, uri: string): Promise<Attachment[]> {
    const name = uri.slice(uri.lastIndexOf("/") + 1);
    return [{ name, mediaType: "text/plain", text: `What stands at ${uri}.`, base64: false }];
  }

  async useToolPrompt(
    _server: string,
    prompt: string,
    filled: Record<string, string>,
  ): Promise<PromptText> {
    return { text: `${prompt}: ${Object.values(filled).join(", ")}`, files: [] };
  }

  async addToolServers(json: string): Promise<ToolsView> {
    return this.toolSettings.add(json);
  }

  async saveToolServer(server: ToolServerDraft, isNew: boolean): Promise<ToolsView> {
    return this.toolSettings.save(server, isNew);
  }

  async enableToolServer(name: string, enabled: boolean): Promise<ToolsView> {
    return this.toolSettings.enable(name, enabled);
  }

  async removeToolServer(name: string): Promise<ToolsView> {
    return this.toolSettings.remove(name);
  }

  async setToolFolders(folders: string[]): Promise<ToolsView> {
    return this.toolSettings.setFolders(folders);
  }

  async conversationPermissions(conversationId: string): Promise<string[]> {
    return this.toolSettings.allowed.get(conversationId) ?? [];
  }

  async askAgainInConversation(conversationId: string): Promise<void> {
    this.toolSettings.allowed.delete(conversationId);
  }

  async takeBackPermission(permission: string): Promise<ToolsView> {
    return this.toolSettings.takeBack(permission);
  }
}
