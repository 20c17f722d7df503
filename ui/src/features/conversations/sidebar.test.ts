import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { Page } from "../../testing/page";
import { stored } from "../../testing/stored";

let page: Page;

beforeEach(async () => {
  const backend = new MemoryBackend();
  for (let number = 0; number < 1000; number += 1) {
    const id = `c${number}`;
    const row = { id, title: `Number ${number}`, updatedAt: 1000 - number };
    backend.conversations.set(id, stored(row));
  }
  page = await Page.open(backend);
});
afterEach(() => page.close());

const titles = (): string[] =>
  page.all("conversation-item").map((item) => item.textContent?.trim() ?? "");

test("of a long list the beginning is on the page, and a search finds the rest", async () => {
  expect(titles()).toHaveLength(100);
  const field = page.fill("search", "number 777");
  await page.until(() => page.all("search-result").length === 1);
  expect(page.get("search-result").textContent?.trim()).toBe("Number 777");
  expect(titles()).toEqual([]);
  page.key("Escape", {}, field);
  expect(titles()).toHaveLength(100);
});

test("the list reaches at least to the conversation that is open", () => {
  void page.workspace.open("c145");
  expect(titles()).toHaveLength(146);
  expect(titles().at(-1)).toBe("Number 145");
});
