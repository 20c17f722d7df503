import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.workspace.list.all = Array.from({ length: 1000 }, (_, number) => ({
    id: `c${number}`,
    title: `Number ${number}`,
    createdAt: 0,
    updatedAt: 0,
    head: null,
  }));
});
afterEach(() => page.close());

const titles = (): string[] =>
  page.all("conversation-item").map((item) => item.textContent?.trim() ?? "");

test("of a long list the beginning is on the page, and a search finds the rest", () => {
  expect(titles()).toHaveLength(100);
  const filter = page.get("conversation-filter") as HTMLInputElement;
  filter.value = "number 777";
  filter.dispatchEvent(new Event("input", { bubbles: true }));
  expect(titles()).toEqual(["Number 777"]);
});

test("the list reaches at least to the conversation that is open", () => {
  void page.workspace.open("c145");
  expect(titles()).toHaveLength(146);
  expect(titles().at(-1)).toBe("Number 145");
});
