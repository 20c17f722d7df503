import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

test("the first start has the focus in the composer and names the small model", () => {
  expect(document.activeElement).toBe(page.composer);
  expect(page.get("model-picker").textContent).toContain("SmolLM2 360M");
  expect(document.body.textContent).toContain("works offline");
  expect(page.all("add-better")).toHaveLength(1);
});

test("scripts and tests find the documented surface", async () => {
  const turn = await page.send("Hello");
  turn.text("Hi");
  expect(page.all("stop-all").length).toBe(1);
  page.key("Escape");
  await page.until(() => page.all("receipt").length === 1);
  const surface = [
    "composer",
    "send",
    "stop",
    "new-conversation",
    "conversation-item",
    "model-picker",
    "message",
    "part",
    "receipt",
    "usage",
    "follow",
    "settings",
  ];
  expect(surface.filter((testid) => page.all(testid).length === 0)).toEqual([]);
  expect(page.get("usage").dataset.source).toBe("estimated");
});

test("a question mark shows the keys outside of a text field and is a letter inside", async () => {
  page.key("?");
  expect(page.workspace.layers.keys).toBe(false);
  page.key("?", {}, page.get("settings"));
  await page.until(() => page.all("keys").length === 1);
});

test("Ctrl+B hides and shows the list", () => {
  page.key("b", { ctrlKey: true });
  expect(page.workspace.layers.sidebar).toBe(false);
  page.key("b", { ctrlKey: true });
  expect(page.workspace.layers.sidebar).toBe(true);
});

test("a deleted conversation stops, goes, and comes back with its text", async () => {
  const turn = await page.send("Keep me");
  turn.text("Half");
  const opener = page.get("conversation-item").querySelector("button");
  if (!opener) throw new Error("the item has no button");
  page.key("Delete", {}, opener);
  await page.until(() => page.all("conversation-item").length === 0);
  expect(turn.end?.state).toBe("interrupted");
  page.button("undo").click();
  await page.until(() => page.all("message").length === 2);
  expect(page.all("conversation-item")).toHaveLength(1);
  expect(page.answer.textContent).toContain("Half");
});

test("a conversation is renamed in its place, and Esc leaves the title", async () => {
  await page.send("First words");
  const opener = page.get("conversation-item").querySelector("button");
  if (!opener) throw new Error("the item has no button");
  page.key("F2", {}, opener);
  page.key("Escape", {}, page.fill("conversation-rename-field", "Never"));
  expect(page.get("conversation-item").textContent).toContain("First words");
  page.key("F2", {}, page.get("conversation-item").querySelector("button") ?? opener);
  page.key("Enter", {}, page.fill("conversation-rename-field", "Better"));
  await page.until(() => page.get("conversation-item").textContent.includes("Better"));
});

test("a settings file that cannot be read is told, and nothing can be changed", async () => {
  const backend = new MemoryBackend();
  backend.settings = { ...backend.settings, problem: "line 3: expected a comma" };
  await page.close();
  page = await Page.open(backend);
  expect(page.get("problem").textContent).toContain("line 3");
  page.button("settings").click();
  await page.until(() => page.all("settings-panel").length === 1);
  expect(page.button("provider-add").disabled).toBe(true);
  expect(page.button("theme-dark").disabled).toBe(true);
});

test("the test button says what is wrong, and the key leaves the page with the form", async () => {
  page.button("settings").click();
  await page.until(() => page.all("provider-add").length === 1);
  page.button("provider-add").click();
  page.fill("provider-name", "My server");
  page.fill("provider-url", "http://localhost:8080/v1");
  page.fill("provider-key", "wrong");
  expect(page.field("provider-key").type).toBe("password");
  page.button("provider-test").click();
  const result = await page.until(() => page.all("provider-result")[0]);
  expect(result.dataset.ok).toBe("false");
  expect(result.textContent).toContain("Check the key");
  page.fill("provider-key", "right");
  page.fill("provider-models", "one\n\n two ");
  page.button("provider-save").click();
  await page.until(() => page.all("provider-form").length === 0);
  const saved = page.backend.settings.providers.at(-1);
  expect(saved).toMatchObject({ id: "my-server", key: "stored", models: ["one", "two"] });
  expect(document.body.innerHTML).not.toContain('right"');
});

test("the colours follow the choice", async () => {
  page.button("settings").click();
  await page.until(() => page.all("theme-dark").length === 1);
  page.button("theme-dark").click();
  await page.until(() => document.documentElement.dataset.theme === "dark");
  page.button("theme-system").click();
  await page.until(() => document.documentElement.dataset.theme === undefined);
});

test("where nothing can be saved the window says so, and Send says why it sends nothing", async () => {
  await page.close();
  const backend = new MemoryBackend();
  backend.readOnly = "Opened read-only.";
  page = await Page.open(backend);
  expect(page.get("read-only").textContent).toContain("Opened read-only.");
  page.type("Hello");
  page.key("Enter");
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("Opened read-only.");
  expect(page.composer.value).toBe("Hello");
  page.button("save-copy").click();
  await page.until(() => page.all("notice").length === 2);
  expect(page.get("notice").textContent).toContain("Saved to");
  page.button("try-again").click();
  await page.until(() => backend.starts === 1);
});

test("a notice that is put away leaves the focus with the next one, and the last with the composer", async () => {
  page.workspace.notices.add("info", "One.");
  page.workspace.notices.add("info", "Two.");
  await page.until(() => page.all("notice").length === 2);
  for (const left of [1, 0]) {
    const button = page.all("notice")[0]?.querySelector("button");
    button?.focus();
    button?.click();
    await page.until(() => page.all("notice").length === left);
    const next = page.all("notice")[0]?.querySelector("button") ?? page.composer;
    await page.until(() => document.activeElement === next);
  }
});

test("a list that is hidden by its key gives the focus to the composer", async () => {
  (await page.send("Hello")).complete(reported);
  const opener = page.get("conversation-item").querySelector<HTMLElement>("button.open");
  opener?.focus();
  expect(document.activeElement).toBe(opener);
  page.key("b", { ctrlKey: true }, opener ?? page.composer);
  await page.until(() => document.activeElement === page.composer);
});

test("a Stop that a key presses in the list goes, and leaves the focus with its conversation or the composer", async () => {
  await page.send("Hello");
  page.button("conversation-stop").focus();
  page.button("conversation-stop").click();
  await page.until(() => page.all("conversation-stop").length === 0);
  expect(page.get("conversation-item").contains(document.activeElement)).toBe(true);
  await page.send("Once more");
  page.button("stop-all").focus();
  page.button("stop-all").click();
  await page.until(() => page.all("stop-all").length === 0);
  await page.until(() => document.activeElement === page.composer);
});
