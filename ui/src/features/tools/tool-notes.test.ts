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
