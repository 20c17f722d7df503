/** The settings of tools: folders, servers and what runs without asking. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ServerState } from "../../../backend/generated";
import type { MemoryTools } from "../../../backend/memory/tools";
import { Page } from "../../../testing/page";

const FILES =
  '{"mcpServers": {"files": {"command": "npx", "args": ["-y", "server"], "env": {"TOKEN": "hunter2"}}}}';

const FAR = '{"mcpServers": {"far": {"url": "https://far.example/mcp"}}}';
const READY: ServerState = {
  ...{ kind: "ready", era: "stateless", title: null, version: null },
  signedIn: false,
};

let page: Page;
let core: MemoryTools;

beforeEach(async () => {
  page = await Page.open();
  core = page.backend.toolSettings;
});
afterEach(() => page.close());

async function open(): Promise<void> {
  page.workspace.layers.settings = true;
  await page.until(() => page.all("tool-folder-path").length === 1);
}

/** Opens the settings with one server in them. */
async function withServer(json = FILES): Promise<HTMLElement> {
  core.add(json);
  await open();
  return page.get("tool-server");
}

test("empty settings say what folders, servers and permissions are for", async () => {
  await open();
  const words = page.get("tool-settings").textContent;
  expect(words).toContain("No folder is open to tools");
  expect(words).toContain("No servers yet");
  expect(words).toContain("What you choose to always allow is listed here");
});

test("a folder is added by its path and removed again", async () => {
  await open();
  for (const path of ["/home/ada/one", "/home/ada/two"]) {
    page.fill("tool-folder-path", path);
    page.button("tool-folder-add").click();
    await page.until(
      () => core.view.folders.includes(path) && !page.button("tool-folder-add").disabled,
    );
    expect(page.field("tool-folder-path").value).toBe("");
  }
  page.all("tool-folder-remove")[0]?.click();
  await page.until(() => page.all("tool-folder").length === 1);
  expect(core.view.folders).toEqual(["/home/ada/two"]);
});

test("a path that is refused stays in its field with the reason beside it, also while the settings are closed", async () => {
  await open();
  page.fill("tool-folder-path", "project");
  page.button("tool-folder-add").click();
  await page.until(() => page.all("tool-folder-error").length === 1);
  expect(page.get("tool-folder-error").textContent).toContain("project is not the whole path");
  expect(page.field("tool-folder-path").value).toBe("project");
  page.button("settings-panel-close").click();
  await page.until(() => page.all("settings-panel").length === 0);
  await open();
  expect(page.field("tool-folder-path").value).toBe("project");
});

test("servers are added by pasting, and of their values only the names are shown", async () => {
  await open();
  page.button("tool-servers-add").click();
  await page.until(() => page.all("tool-servers-json").length === 1);
  expect(document.activeElement).toBe(page.get("tool-servers-json"));
  page.fill("tool-servers-json", FILES);
  page.button("tool-servers-save").click();
  await page.until(() => page.all("tool-server").length === 1);
  expect(page.all("tool-servers-form")).toEqual([]);
  const server = page.get("tool-server");
  expect(server.dataset.state).toBe("off");
  expect(server.textContent).toContain("npx -y server");
  expect(server.textContent).toContain("TOKEN");
  expect(document.body.innerHTML).not.toContain("hunter2");
});

test("what cannot be read stays in the field with the reason beside it, and is not thrown away unasked", async () => {
  await open();
  page.button("tool-servers-add").click();
  await page.until(() => page.all("tool-servers-json").length === 1);
  page.fill("tool-servers-json", '{"mcpServers": {');
  page.button("tool-servers-save").click();
  await page.until(() => page.all("tool-servers-error").length === 1);
  expect(page.get("tool-servers-error").textContent).toContain("Line 1 of what was pasted");
  const leave = [
    () => page.button("tool-servers-cancel").click(),
    () => page.button("settings-panel-close").click(),
    () => page.workspace.layers.openProvider(null, false),
    () => page.key("Escape", {}, page.get("tool-servers-json")),
  ];
  for (const act of leave) {
    act();
    await page.until(() => page.all("discard").length === 1);
    page.button("discard-no").click();
    await page.until(() => page.all("discard").length === 0);
    expect(page.field("tool-servers-json").value).toBe('{"mcpServers": {');
  }
  page.button("tool-servers-cancel").click();
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-yes").click();
  await page.until(() => page.all("tool-servers-form").length === 0);
});

test("a provider's form asks before the form of servers takes its place", async () => {
  page.workspace.layers.openProvider("example", false);
  await page.until(
    () => page.all("provider-key").length === 1 && page.all("tool-servers-add").length === 1,
  );
  page.fill("provider-key", "sk-typed");
  page.button("tool-servers-add").click();
  await page.until(() => page.all("discard").length === 1);
  expect(page.all("tool-servers-form")).toEqual([]);
  page.button("discard-yes").click();
  await page.until(() => page.all("tool-servers-form").length === 1);
  expect(page.all("provider-form")).toEqual([]);
});

const states: [ServerState, string][] = [
  [{ kind: "off" }, "Not running. Starts when a conversation needs it."],
  [{ kind: "starting" }, "Starting…"],
  [
    { kind: "ready", era: "handshake", title: "Files", version: "1.2.0", signedIn: false },
    "Ready · Files 1.2.0 · MCP 2025-11-25 or earlier",
  ],
  [
    { kind: "ready", era: "stateless", title: null, version: null, signedIn: true },
    "Ready · MCP 2026-07-28 or later · Signed in",
  ],
  [{ kind: "sign-in-needed", words: "It wants you to sign in." }, "It wants you to sign in."],
  [{ kind: "signing-in" }, "Continue in your browser to sign in."],
  [{ kind: "failed", words: "files could not be started." }, "files could not be started."],
  [{ kind: "restarting", words: "files ended." }, "Restarting. files ended."],
];

test.each(states)("a server says in words what it does: %o", async (state, words) => {
  core.states.set("files", state);
  const server = await withServer();
  expect(server.dataset.state).toBe(state.kind);
  expect(page.get("server-state").textContent).toBe(words);
});

test("what a server does is followed as long as the settings are open", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const server = await withServer();
    core.states.set("files", { kind: "restarting", words: "It ended." });
    await vi.advanceTimersByTimeAsync(1000);
    await page.until(() => server.dataset.state === "restarting");
    page.workspace.layers.closeSettings();
    await vi.advanceTimersByTimeAsync(1000);
    const looked = vi.spyOn(page.backend, "toolServers");
    await vi.advanceTimersByTimeAsync(5000);
    expect(looked).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});

test("a server is started by hand, and one that fails says why once", async () => {
  const server = await withServer();
  expect(page.button("tool-server-restart").textContent).toBe("Start");
  core.onStart = () => ({ kind: "failed", words: "files ended at once (code 1)." });
  page.button("tool-server-restart").click();
  await page.until(() => server.dataset.state === "failed");
  await page.until(() => !page.button("tool-server-restart").disabled);
  expect(server.textContent?.match(/ended at once/g)).toHaveLength(1);
  core.onStart = () => ({
    kind: "ready",
    era: "stateless",
    title: "Files",
    version: "2",
    signedIn: false,
  });
  page.button("tool-server-restart").click();
  await page.until(() => server.dataset.state === "ready");
  expect(page.button("tool-server-restart").textContent).toBe("Restart");
});

test("a server that wants it is signed in to, and signed out of again", async () => {
  core.states.set("far", { kind: "sign-in-needed", words: "It wants you to sign in." });
  const server = await withServer(FAR);
  expect(page.all("tool-server-restart")).toEqual([]);
  page.button("tool-server-sign-in").click();
  await page.until(() => server.dataset.state === "signing-in");
  core.onReturn?.({ ...READY, signedIn: true } as ServerState);
  await page.until(() => server.dataset.state === "ready");
  page.button("tool-server-sign-out").click();
  await page.until(() => server.dataset.state === "off");
});

test("a sign-in is cancelled, and one that comes to nothing says why once", async () => {
  core.states.set("far", { kind: "sign-in-needed", words: "It wants you to sign in." });
  const server = await withServer(FAR);
  page.button("tool-server-sign-in").click();
  await page.until(() => page.all("tool-server-cancel-sign-in").length === 1);
  page.button("tool-server-cancel-sign-in").click();
  await page.until(() => server.dataset.state === "sign-in-needed");
  expect(page.all("tool-server-error")).toEqual([]);
  page.button("tool-server-sign-in").click();
  await page.until(() => server.dataset.state === "signing-in");
  core.onReturn?.({ kind: "sign-in-needed", words: "It was not allowed in the browser." });
  await page.until(() => server.dataset.state === "sign-in-needed");
  await page.until(() => !page.button("tool-server-sign-in").disabled);
  expect(server.textContent?.match(/not allowed in the browser/g)).toHaveLength(1);
});

test("a server is turned off and on, and the switch goes back where that is refused", async () => {
  core.states.set("files", READY);
  const server = await withServer();
  const box = page.get("tool-server-enabled") as HTMLInputElement;
  box.click();
  await page.until(() => server.dataset.state === "off" && !box.disabled);
  expect(core.view.servers[0]?.enabled).toBe(false);
  expect(page.get("server-state").textContent).toBe("Turned off");
  expect(page.all("tool-server-restart")).toEqual([]);
  page.backend.enableToolServer = () =>
    Promise.reject({ code: "storage", message: "The disk is full." });
  box.click();
  await page.until(() => page.all("tool-server-error").length === 1);
  expect(page.get("tool-server-error").textContent).toBe("The disk is full.");
  expect(box.checked).toBe(false);
});

test("a server is removed after a question, which Esc answers with no", async () => {
  await withServer();
  page.button("tool-server-remove").click();
  await page.until(() => page.all("discard").length === 1);
  expect(page.get("discard").textContent).toContain("Remove files");
  page.key("Escape", {}, document.activeElement ?? document.body);
  await page.until(() => page.all("discard").length === 0);
  expect(page.all("tool-server")).toHaveLength(1);
  expect(page.all("settings-panel")).toHaveLength(1);
  page.button("tool-server-remove").click();
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-yes").click();
  await page.until(() => page.all("tool-server").length === 0);
  expect(core.view.servers).toEqual([]);
});

test("the log is read when it is opened, and is text whatever is in it", async () => {
  core.logs.set("files", 'ready\n<img src="x" onerror="alert(1)">');
  const read = vi.spyOn(page.backend, "toolServerLog");
  await withServer();
  const log = page.get("tool-server-log") as HTMLDetailsElement;
  expect(read).not.toHaveBeenCalled();
  log.open = true;
  log.dispatchEvent(new Event("toggle"));
  await page.until(() => log.querySelector("pre"));
  expect(log.querySelector("pre")?.textContent).toBe(core.logs.get("files"));
  expect(log.querySelector("img")).toBeNull();
});

test("what may always run is listed in words, and each is taken back by its button", async () => {
  core.view = {
    ...core.view,
    always: ["files/read/all", "tacet/edit_file"],
    programs: ["cargo"],
    readOnly: ["files"],
  };
  await open();
  const titles = page.all("tool-permission").map((row) => row.querySelector("span")?.textContent);
  expect(titles).toEqual([
    "read/all from files",
    "Built-in tool edit_file",
    "Commands that run cargo",
  ]);
  expect(page.get("tool-settings").textContent).toContain("Read-only tools of files");
  page.all("tool-permission-take-back")[2]?.click();
  await page.until(() => page.all("tool-permission").length === 2);
  page.all("tool-permission-take-back")[0]?.click();
  await page.until(() => page.all("tool-permission").length === 1);
  expect(core.view).toMatchObject({ always: ["tacet/edit_file"], programs: [] });
});

test("servers whose state cannot be told do not hide the rest", async () => {
  core.view = { ...core.view, folders: ["/home/ada/one"] };
  page.backend.toolServers = () =>
    Promise.reject({ code: "invalid", message: "A value is missing." });
  page.workspace.layers.settings = true;
  await page.until(() => page.all("tools-problem").length === 1);
  expect(page.get("tools-problem").textContent).toBe("A value is missing.");
  expect(page.all("tool-folder")).toHaveLength(1);
});

test("a server is added field by field, and edited without its saved values being shown", async () => {
  await open();
  page.button("tool-server-add").click();
  await page.until(() => page.all("tool-server-form").length === 1);
  expect(document.activeElement).toBe(page.get("tool-server-name"));
  page.fill("tool-server-name", "files");
  page.fill("tool-server-command", "npx");
  page.fill("tool-server-args", "-y\nserver");
  page.button("tool-server-value-add").click();
  await page.until(() => page.all("tool-server-value").length === 1);
  page.fill("tool-server-value-name", "TOKEN");
  page.fill("tool-server-value", "hunter2");
  page.button("tool-server-save").click();
  await page.until(() => page.all("tool-server").length === 1);
  expect(core.saved.at(-1)).toEqual({
    name: "files",
    command: "npx",
    args: ["-y", "server"],
    cwd: null,
    url: null,
    env: { TOKEN: "hunter2" },
    headers: {},
    clientId: null,
    clientSecret: null,
  });
  expect(document.body.innerHTML).not.toContain("hunter2");

  page.button("tool-server-edit").click();
  await page.until(() => page.all("tool-server-form").length === 1);
  expect(page.field("tool-server-name").disabled).toBe(true);
  expect(page.field("tool-server-value").placeholder).toContain("Saved");
  page.fill("tool-server-command", "pnpx");
  page.button("tool-server-save").click();
  await page.until(() => page.all("tool-server-form").length === 0);
  expect(core.saved.at(-1)).toMatchObject({ command: "pnpx", env: { TOKEN: null } });
});

test("a name that is taken is refused beside the form, which is not thrown away unasked", async () => {
  core.add(FILES);
  await open();
  page.button("tool-server-add").click();
  await page.until(() => page.all("tool-server-form").length === 1);
  page.fill("tool-server-name", "files");
  page.button("tool-server-address").click();
  await page.until(() => page.all("tool-server-url").length === 1);
  page.fill("tool-server-url", "https://example.org/mcp");
  page.button("tool-server-save").click();
  await page.until(() => page.all("tool-server-form-error").length === 1);
  expect(page.get("tool-server-form-error").textContent).toContain("already");
  page.button("tool-server-cancel").click();
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-no").click();
  expect(page.field("tool-server-url").value).toBe("https://example.org/mcp");
});

test("the client ID that a server's maker gives out is saved, and its secret is not shown", async () => {
  await open();
  page.button("tool-server-add").click();
  await page.until(() => page.all("tool-server-form").length === 1);
  page.fill("tool-server-name", "far");
  page.button("tool-server-address").click();
  await page.until(() => page.all("tool-server-url").length === 1);
  page.fill("tool-server-url", "https://far.example/mcp");
  page.fill("tool-server-client-id", "tacet");
  page.fill("tool-server-client-secret", "hunter2");
  page.button("tool-server-save").click();
  await page.until(() => page.all("tool-server").length === 1);
  expect(core.saved.at(-1)).toMatchObject({ clientId: "tacet", clientSecret: "hunter2" });
  page.button("tool-server-edit").click();
  await page.until(() => page.all("tool-server-client-secret").length === 1);
  const secret = page.get("tool-server-client-secret") as HTMLInputElement;
  expect([secret.value, secret.placeholder]).toEqual(["", "Saved. Leave empty to keep it."]);
  page.button("tool-server-save").click();
  await page.until(() => page.all("tool-server-form").length === 0);
  expect(core.saved.at(-1)).toMatchObject({ clientId: "tacet", clientSecret: null });
});
