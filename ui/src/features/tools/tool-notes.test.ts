import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  const backend = new MemoryBackend();
  backend.settings = { ...backend.settings, defaultModel: "example/large" };
  page = await Page.open(backend);
});
afterEach(() => page.close());

async function look(): Promise<void> {
  page.workspace.layers.settings = true;
  await page.until(() => page.all("settings-panel").length === 1);
  page.workspace.layers.settings = false;
}

test("the composer names servers that are not there, and leads to what helps", async () => {
  const { toolSettings } = page.backend;
  toolSettings.add('{"mcpServers": {"files": {"command": "x"}, "time": {"command": "y"}}}');
  toolSettings.states.set("files", { kind: "failed", words: "It could not be started." });
  await look();
  await page.until(() => page.all("failed-servers").length === 1);
  expect(page.get("failed-servers").textContent).toContain("“files” isn't available");
  page.get("failed-servers").querySelector("button")?.click();
  await page.until(() => page.all("settings-panel").length === 1);
  toolSettings.enable("files", false);
  page.workspace.layers.settings = false;
  await page.until(() => page.all("failed-servers").length === 0);
});

test("the composer names servers that want somebody to sign in, and none that are not used here", async () => {
  const { toolSettings } = page.backend;
  toolSettings.add(
    '{"mcpServers": {"far": {"url": "https://a.example"}, "time": {"command": "y"}}}',
  );
  toolSettings.states.set("far", { kind: "sign-in-needed", words: "It wants you to sign in." });
  toolSettings.states.set("time", { kind: "failed", words: "It could not be started." });
  await look();
  await page.until(() => page.all("failed-servers").length === 1);
  expect(page.get("failed-servers").textContent).toContain("“far” wants you to sign in");
  expect(page.get("failed-servers").textContent).toContain("“time” isn't available");
  await page.workspace.answering.change({ tools: ["far/read"] }, page.workspace.thread);
  await page.until(() => !page.get("failed-servers").textContent.includes("time"));
  expect(page.get("failed-servers").textContent).toContain("“far” wants you to sign in");
  await page.workspace.answering.change({ tools: [] }, page.workspace.thread);
  await page.until(() => page.all("failed-servers").length === 0);
});

test("the composer says that a model calls no tools, where there are any", async () => {
  const { settings } = page.backend;
  const models = settings.models.map((option) => ({ ...option, abilities: ["images" as const] }));
  page.backend.settings = { ...settings, models };
  await look();
  expect(page.all("no-tools")).toEqual([]);
  page.backend.toolSettings.setFolders(["/home/ann"]);
  await look();
  await page.until(() => page.all("no-tools").length === 1);
  expect(page.get("no-tools").textContent).toContain("can't use tools");
});
