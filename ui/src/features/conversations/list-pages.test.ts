/** A long list comes in pages, and is the same as one that came at once. */
import { afterEach, expect, test, vi } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import type { Conversation } from "../../backend/generated";
import { Page } from "../../testing/page";
import { stored } from "../../testing/stored";

let page: Page;

afterEach(() => page.close());

/** An app with so many conversations, every third of them in a folder, and the oldest one pinned. */
function full(count: number): MemoryBackend {
  const backend = new MemoryBackend();
  for (let number = 0; number < count; number += 1) {
    const id = `c${String(number).padStart(4, "0")}`;
    const conversation: Partial<Conversation> = {
      id,
      title: `Number ${number}`,
      updatedAt: number,
      ...(number % 3 === 0 && { folder: "Thirds" }),
      ...(number === 0 && { pinned: true }),
    };
    backend.conversations.set(id, stored(conversation));
  }
  return backend;
}

test("the rest of a long list follows, with its folders, and what is shown first stays", async () => {
  const backend = full(1200);
  const list = vi.spyOn(backend, "listConversations");
  page = await Page.open(backend);
  expect(page.workspace.list.all).toHaveLength(200);
  expect(page.get("pinned").textContent).toContain("Number 0");
  const first = page.all("conversation-item").map(({ dataset }) => dataset.conversation);
  await page.until(() => page.workspace.list.all.length === 1200);
  expect(list.mock.calls.map(([after]) => after)).toEqual([null, "c0499", "c0999", "c1199"]);
  expect(page.get("folder").textContent).toContain("399");
  const now = page.all("conversation-item").map(({ dataset }) => dataset.conversation);
  expect(now).toEqual(first);
});

test("what is changed or deleted while the list is read is not undone by it", async () => {
  const backend = full(300);
  const { listConversations } = backend;
  let go = (): void => undefined;
  vi.spyOn(backend, "listConversations").mockImplementation(async (after) => {
    const read = await listConversations.call(backend, after);
    if (after === null) await new Promise<void>((resolve) => (go = resolve));
    return read;
  });
  page = await Page.open(backend);
  const { list } = page.workspace;
  const [one, other] = [list.all[0], list.all[1]];
  if (!one || !other) throw new Error("no conversations");
  await vi.waitFor(() => expect(go).toHaveLength(1));
  expect(await list.delete(one)).toBe(true);
  await list.rename(other.id, "Renamed");
  go();
  await page.until(() => list.complete && list.all.length === 299);
  expect(list.find(one.id)).toBeUndefined();
  expect(list.find(other.id)?.title).toBe("Renamed");
});

test("a folder that is renamed while the list is read has its new name in all of it", async () => {
  const backend = full(300);
  const { listConversations } = backend;
  let go: (() => void) | undefined;
  const read = vi.spyOn(backend, "listConversations").mockImplementation(async (after) => {
    const found = await listConversations.call(backend, after);
    if (go === undefined) await new Promise<void>((resolve) => (go = resolve));
    return found;
  });
  page = await Page.open(backend);
  const { list } = page.workspace;
  await page.until(() => go);
  const renamed = list.renameFolder("Thirds", "Every third");
  // Asked for meanwhile: both are answered by one reading.
  const refreshed = list.refresh();
  go?.();
  await Promise.all([renamed, refreshed]);
  const folders = list.all.map(({ folder }) => folder).filter((folder) => folder !== undefined);
  expect(folders).toEqual(Array.from({ length: 100 }, () => "Every third"));
  expect(read.mock.calls.filter(([after]) => after === null)).toHaveLength(2);
});

test("a page that is loaded again shows what it showed, however far down that stands", async () => {
  page = await Page.open(full(300));
  await page.workspace.open("c0001");
  page = await page.reload();
  await page.until(() => page.workspace.currentId === "c0001");
});

test("a new conversation that is begun before the whole list is there stays on the screen", async () => {
  const backend = full(300);
  page = await Page.open(backend);
  // On the first page of the list, and then beyond it.
  for (const shown of ["c0299", "c0001"]) {
    await page.workspace.open(shown);
    page = await page.reload();
    page.key("n", { ctrlKey: true });
    await page.until(() => page.workspace.list.complete);
    expect(page.workspace.currentId).toBeNull();
  }
});
