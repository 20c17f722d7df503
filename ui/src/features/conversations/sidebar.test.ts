import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { noSettings } from "../../backend/memory/samples";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  const backend = new MemoryBackend();
  for (let number = 0; number < 1000; number += 1) {
    const id = `c${number}`;
    const title = `Number ${number}`;
    const conversation = { id, title, createdAt: 0, updatedAt: 1000 - number, head: null };
    backend.conversations.set(id, {
      conversation,
      messages: [],
      unsaved: [],
      settings: noSettings,
      modelOption: null,
    });
  }
  page = await Page.open(backend);
});
afterEach(() => page.close());

const titles = (): string[] =>
  page.all("conversation-item").map((item) => item.textContent?.trim() ?? "");

test("of a long list the beginning is on the page, and a search finds the rest", async () => {
  expect(titles()).toHaveLength(100);
  const field = page.get("search") as HTMLInputElement;
  field.value = "number 777";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await page.until(() => page.all("search-result").length === 1);
  expect(page.get("search-result").textContent?.trim()).toBe("Number 777");
  expect(titles()).toEqual([]);
  field.focus();
  flushSync();
  page.key("Escape", {}, field);
  expect(titles()).toHaveLength(100);
});

test("the list reaches at least to the conversation that is open", () => {
  void page.workspace.open("c145");
  expect(titles()).toHaveLength(146);
  expect(titles().at(-1)).toBe("Number 145");
});
