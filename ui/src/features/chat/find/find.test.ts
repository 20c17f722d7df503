/** Finding in the open conversation, folded parts too. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message } from "../../../backend/generated";
import { MemoryBackend } from "../../../backend/memory/memory";
import { Page } from "../../../testing/page";
import { message, stored } from "../../../testing/stored";

let page: Page;

beforeEach(async () => {
  const backend = new MemoryBackend();
  const messages = [
    message("m1", null, [{ kind: "text", text: "What is a Café glacier?" }]),
    message("m2", "m1", [
      { kind: "reasoning", text: "The glacier, I think.", durationMs: 3 },
      { kind: "tool-call", callId: "1", name: "look", arguments: "{}", state: "succeeded" },
      { kind: "tool-result", callId: "1", text: "a glacier result", state: "succeeded" },
      { kind: "text", text: "A **glacier** is ice." },
    ]),
  ];
  backend.conversations.set("c", stored({}, messages));
  page = await Page.open(backend);
  await page.workspace.open("c");
  await page.until(() => page.all("message").length === 2);
});
afterEach(() => page.close());

function find(words: string): HTMLInputElement {
  page.key("f", { ctrlKey: true });
  return page.fill("find", words);
}

const count = (): string => page.get("find-count").textContent ?? "";
const found = (): string | undefined =>
  document.querySelector<HTMLElement>("[data-found]")?.dataset.message;

test("the last place is shown first, and Enter and Shift Enter walk through all of them", async () => {
  const field = find("glacier");
  expect(document.activeElement).toBe(field);
  expect(count()).toBe("4 of 4");
  await page.until(() => found() === "m2");
  page.key("Enter", {}, field);
  expect(count()).toBe("1 of 4");
  await page.until(() => found() === "m1");
  page.key("Enter", { shiftKey: true }, field);
  expect(count()).toBe("4 of 4");
});

test("what is folded is opened when the place is in it, and nothing else", async () => {
  const field = find("glacier");
  const folds = (): boolean[] => [...document.querySelectorAll("details")].map((fold) => fold.open);
  await page.until(() => found() === "m2");
  expect(folds()).toEqual([false, false]);
  page.key("Enter", { shiftKey: true }, field);
  await page.until(() => folds()[1]);
  expect(folds()).toEqual([false, true]);
  page.key("Enter", { shiftKey: true }, field);
  await page.until(() => folds()[0]);
});

test("case and diacritics do not count, and names of tools are found", async () => {
  find("CAFE");
  expect(count()).toBe("1 of 1");
  page.fill("find", "look");
  expect(count()).toBe("1 of 1");
  page.fill("find", "nowhere");
  expect(count()).toBe("No match");
  await page.until(() => found() === undefined);
});

test("Esc closes it, takes the marks away, and stops nothing", async () => {
  const field = find("glacier");
  await page.until(() => found());
  page.key("Escape", {}, field);
  expect(page.all("find")).toHaveLength(0);
  expect(found()).toBeUndefined();
  expect(document.activeElement).toBe(page.composer);
});

/** Opens a conversation of 200 messages, of which the page has read the last 30. */
async function openLong(): Promise<void> {
  const messages: Message[] = [];
  for (let number = 0; number < 200; number += 1) {
    const parent = messages.at(-1)?.id ?? null;
    const words = number === 3 ? "A drumlin of ice." : "Some ice.";
    messages.push(message(`n${number}`, parent, [{ kind: "text", text: words }]));
  }
  page.backend.conversations.set("long", stored({ id: "long" }, messages));
  await page.workspace.open("long");
}

test("what was not read is found by the app, and read when the person goes there", async () => {
  await openLong();
  const { thread } = page.workspace;
  const read = (): number => thread?.path.length ?? 0;
  await page.until(() => read() === 30);
  const field = find("ICE");
  await page.until(() => count() === "200 of 200");
  expect(read()).toBe(30);
  const trips = vi.spyOn(page.backend, "openBranch");
  page.key("Enter", {}, field);
  await page.until(() => read() === 200);
  // All of what is between came at once.
  expect(trips).toHaveBeenCalledOnce();
  expect(count()).toBe("1 of 200");
  await page.until(() => page.workspace.find.sought?.match.messageId === "n0");

  // What left the page again is looked through again.
  thread?.forgetAbove(20);
  page.key("Enter", { shiftKey: true }, field);
  await page.until(() => count() === "200 of 200");
  page.key("Enter", { shiftKey: true }, field);
  await page.until(() => count() === "199 of 200");
  expect(read()).toBe(20);

  await page.workspace.open("c");
  await page.workspace.open("long");
  await page.until(() => (page.workspace.thread?.path.length ?? 0) === 30);
  find("drumlin");
  await page.until(() => page.workspace.find.sought?.match.messageId === "n3");
  expect(count()).toBe("1 of 1");
});

test("while the app looks through what was not read, what is typed meanwhile waits", async () => {
  await openLong();
  const { findAbove } = page.backend;
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  page.backend.findAbove = async (id, before, words) => {
    asked.push(words);
    await new Promise<void>((go) => waiting.push(go));
    return findAbove.call(page.backend, id, before, words);
  };
  for (const words of ["d", "dr", "drum", "drumlin"]) find(words);
  expect(asked).toEqual(["d"]);
  waiting.shift()?.();
  await page.until(() => asked.length === 2);
  expect(asked).toEqual(["d", "drumlin"]);
  expect(count()).toBe("No match");
  waiting.shift()?.();
  await page.until(() => count() === "1 of 1");
});
