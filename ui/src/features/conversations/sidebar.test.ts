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
  expect(titles()).toHaveLength(40);
  const field = page.fill("search", "number 777");
  await page.until(() => page.all("search-result").length === 1);
  expect(page.get("search-result").textContent?.trim()).toBe("Number 777");
  const list = document.querySelector("nav");
  expect(list?.hidden).toBe(true);
  page.key("Escape", {}, field);
  expect(list?.hidden).toBe(false);
  expect(titles()).toHaveLength(40);
});

test("the list reaches at least to the conversation that is open", () => {
  void page.workspace.open("c145");
  expect(titles()).toHaveLength(146);
  expect(titles().at(-1)).toBe("Number 145");
});

test("a menu is there from when it is opened, and a key leads to its first item", async () => {
  const roots = (): number => document.querySelectorAll("[data-dropdown-menu-trigger]").length;
  expect(roots()).toBe(0);
  const more = page.all("conversation-more")[2] as HTMLElement;
  more.focus();
  page.key("Enter", {}, more);
  await page.until(() => document.activeElement === page.get("conversation-rename"));
  expect(roots()).toBe(1);
  page.key("Escape", {}, page.get("conversation-rename"));
  await page.until(() => page.all("conversation-rename").length === 0);
  await page.until(() => document.activeElement === page.all("conversation-more")[2]);
});
