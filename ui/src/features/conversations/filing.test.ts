import { tick } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { Page } from "../../testing/page";
import { stored } from "../../testing/stored";

let page: Page;

beforeEach(async () => {
  const backend = new MemoryBackend();
  for (const [number, title] of ["Rain", "Snow", "Ice"].entries()) {
    backend.conversations.set(title, stored({ id: title, updatedAt: number }));
  }
  page = await Page.open(backend);
});
afterEach(() => page.close());

function item(title: string): HTMLElement {
  const found = page.all("conversation-item").find(({ dataset }) => dataset.conversation === title);
  if (!found) throw new Error(`${title} is not listed`);
  return found;
}

function opener(title: string): HTMLElement {
  const found = item(title).querySelector<HTMLElement>("button.open");
  if (!found) throw new Error(`${title} cannot be opened`);
  found.focus();
  return found;
}

const titles = (within: ParentNode = document): string[] =>
  [...within.querySelectorAll(".title")].map(({ textContent }) => textContent.trim());

/** The conversations in the order in which they are listed. */
const listed = (): string[] =>
  page.all("conversation-item").map(({ dataset }) => dataset.conversation ?? "");

/** Puts a conversation into a folder and under tags, as the dialog does. */
async function file(title: string, folder: string, tags = ""): Promise<void> {
  page.key("m", {}, opener(title));
  await page.until(() => page.all("filing").length === 1);
  page.fill("filing-folder", folder);
  page.fill("filing-tags", tags);
  page.button("filing-save").click();
  await page.until(() => page.all("filing").length === 0);
}

test("the dialog leaves the focus on the conversation, wherever it stands then", async () => {
  page.key("m", {}, opener("Rain"));
  await page.until(() => page.all("filing").length === 1);
  page.key("Escape", {}, page.get("filing-folder"));
  await page.until(() => page.all("filing").length === 0);
  await page.until(() => document.activeElement === item("Rain").querySelector("button.open"));
  await file("Rain", "Weather");
  await page.until(() => document.activeElement === item("Rain").querySelector("button.open"));
});

test("a key pins a conversation above the others, with the focus on it, and takes the pin off", async () => {
  expect(listed()).toEqual(["Ice", "Snow", "Rain"]);
  page.key("p", {}, opener("Rain"));
  await page.until(() => listed()[0] === "Rain");
  expect(titles(page.get("pinned"))).toEqual(["Rain"]);
  await tick();
  expect(item("Rain").contains(document.activeElement)).toBe(true);
  page.key("p", {}, opener("Rain"));
  await page.until(() => page.all("pinned").length === 0);
  expect(listed()).toEqual(["Ice", "Snow", "Rain"]);
});

test("a folder is made by its first conversation, folds, is renamed, and goes without them", async () => {
  await file("Snow", "Field notes", "cold, wet");
  expect(page.get("folder").dataset.folder).toBe("Field notes");
  expect(listed()).toEqual(["Snow", "Ice", "Rain"]);
  expect(page.backend.conversations.get("Snow")?.conversation.tags).toEqual(["cold", "wet"]);

  page.button("folder-toggle").click();
  await page.until(() => listed().length === 2);
  expect(page.button("folder-toggle").getAttribute("aria-expanded")).toBe("false");
  page.button("folder-toggle").click();

  page.key("F2", {}, page.get("folder-toggle"));
  await page.until(() => page.all("folder-rename-field").length === 1);
  page.fill("folder-rename-field", "Notes");
  page.key("Enter", {}, page.get("folder-rename-field"));
  await page.until(() => page.all("folder").at(0)?.dataset.folder === "Notes");
  const read = vi.spyOn(page.backend, "listConversations");
  await page.workspace.list.renameFolder("Notes", null);
  expect(page.all("folder")).toEqual([]);
  expect(read).not.toHaveBeenCalled();
  expect(listed()).toEqual(["Ice", "Snow", "Rain"]);
});

test("what is refused stays in the dialog with the reason", async () => {
  page.backend.fileConversation = () =>
    Promise.reject(Object.assign(new Error(), { code: "invalid", message: "Shorten it." }));
  page.key("m", {}, opener("Ice"));
  await page.until(() => page.all("filing").length === 1);
  page.fill("filing-folder", "long");
  page.button("filing-save").click();
  await page.until(() => page.get("filing").textContent.includes("Shorten it."));
  expect(page.field("filing-folder").value).toBe("long");
});

test("the archive is folded at first, and the focus stays in the list", async () => {
  page.key("e", {}, opener("Snow"));
  await page.until(() => listed().length === 2);
  await tick();
  expect(item("Rain").contains(document.activeElement)).toBe(true);
  page.get("archived").querySelector("button")?.click();
  await page.until(() => listed().length === 3);
  expect(listed()).toEqual(["Ice", "Rain", "Snow"]);
  page.key("e", {}, opener("Snow"));
  await page.until(() => page.all("archived").length === 0);
});

test("the keys that walk go through the list as it is shown", async () => {
  await file("Rain", "A");
  page.key("e", {}, opener("Snow"));
  await page.until(() => listed().length === 2);
  void page.workspace.open("Rain");
  page.workspace.walk(1);
  expect(page.workspace.currentId).toBe("Ice");
  page.workspace.walk(1);
  expect(page.workspace.currentId).toBe("Ice");
});

test("the tags of the open conversation lead to what has them", async () => {
  await file("Ice", "", 'deep "water"');
  void page.workspace.open("Ice");
  await page.until(() => page.all("tag").length === 1);
  page.get("tag").click();
  expect(page.workspace.finder.words).toBe('tag:"deep water" ');
});

/** jsdom knows no drags: these are the events of one. */
async function drag(from: HTMLElement, to: () => HTMLElement): Promise<void> {
  const event = (kind: string): Event => new Event(kind, { bubbles: true, cancelable: true });
  from.dispatchEvent(event("dragstart"));
  await page.until(() => page.all("drop-targets").length === 1);
  const over = event("dragover");
  to().dispatchEvent(over);
  expect(over.defaultPrevented).toBe(true);
  expect(to().dataset.over).toBe("");
  to().dispatchEvent(event("drop"));
  from.dispatchEvent(event("dragend"));
  await page.until(() => page.all("drop-targets").length === 0);
}

test("a conversation is dragged onto the pin, into a folder, out of it, and into the archive", async () => {
  await file("Rain", "A");
  await drag(item("Ice"), () => page.get("drop-pin"));
  await page.until(() => page.all("pinned").length === 1);
  await drag(item("Ice"), () => page.get("folder"));
  await page.until(() => page.all("pinned").length === 0);
  expect(page.backend.conversations.get("Ice")?.conversation.folder).toBe("A");
  await drag(item("Ice"), () => page.get("drop-out"));
  await page.until(() => titles(page.get("folder")).at(-1) === "Rain");
  await drag(item("Ice"), () => page.get("drop-archive"));
  await page.until(() => page.all("archived").length === 1);
  expect(listed()).toEqual(["Rain", "Snow"]);
});

test("a conversation that is dragged onto a new folder is asked for its name", async () => {
  await drag(item("Ice"), () => page.get("drop-folder"));
  await page.until(() => page.all("filing").length === 1);
  expect(page.workspace.layers.filing).toBe("Ice");
});
