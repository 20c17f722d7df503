/** The search over all conversations: what it shows, and where a hit leads. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryBackend } from "../../backend/memory/memory";
import { reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";
import { message, stored } from "../../testing/stored";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  for (const [asked, answer] of [
    ["What is ice?", "Frozen <b>water</b>, of the glacier."],
    ["And snow?", "It falls on the glacier."],
  ] as const) {
    page.key("n", { ctrlKey: true });
    const turn = await page.send(asked);
    turn.text(answer);
    turn.complete(reported);
    await page.until(() => page.workspace.turns.size === 0);
  }
});
afterEach(() => page.close());

const ask = (words: string): HTMLInputElement => page.fill("search", words);

const results = (): HTMLElement[] => page.all("search-result");
const chosen = (): number =>
  results().findIndex((hit) => hit.getAttribute("aria-selected") === "true");

test("hits show their words as text, and what was asked for marked", async () => {
  ask("water");
  const [hit] = await page.until(() => results().length === 1 && results());
  expect(hit?.querySelector("mark")?.textContent).toBe("water");
  expect(hit?.textContent).toContain("Frozen <b>water</b>, of the glacier.");
  expect(hit?.dataset.conversation).toBe(page.workspace.list.all.at(-1)?.id);
  expect(page.get("search-status").textContent).toBe("1 result.");
});

test("the arrows choose, Enter opens at the hit and keeps the focus, and Esc goes back", async () => {
  const field = ask("glacier");
  await page.until(() => results().length === 2);
  expect(chosen()).toBe(0);
  page.key("ArrowDown", {}, field);
  page.key("ArrowDown", {}, field);
  expect(chosen()).toBe(1);
  const { conversation, message } = results()[1]?.dataset ?? {};
  page.key("Enter", {}, field);
  const found = await page.until(() => document.querySelector<HTMLElement>("[data-found]"));
  expect(found.dataset.message).toBe(message);
  expect(page.workspace.currentId).toBe(conversation);
  expect(document.activeElement).toBe(field);
  page.key("Escape", {}, field);
  expect(field.value).toBe("");
  expect(page.all("conversation-item")).toHaveLength(2);
});

test("the list stays until something is found, and is the same one behind the results", async () => {
  const search = page.backend.search.bind(page.backend);
  let answer = (): void => undefined;
  page.backend.search = async (asked) => {
    await new Promise<void>((resolve) => (answer = resolve));
    return search(asked);
  };
  const seen = (): HTMLElement[] =>
    page.all("conversation-item").filter((item) => !item.closest("[hidden]"));
  const listed = seen();
  expect(listed).toHaveLength(2);
  ask("water");
  expect(seen()).toEqual(listed);
  expect(page.get("search-status").closest(".visually-hidden")).not.toBeNull();
  answer();
  await page.until(() => results().length === 1);
  expect(seen()).toEqual([]);
  expect(page.get("search-status").closest(".visually-hidden")).toBeNull();
  ask("");
  await page.until(() => page.all("search-status").length === 0);
  expect(seen()).toEqual(listed);
});

test("a hit on a branch that is not shown opens that branch", async () => {
  const [view] = [...page.backend.conversations.values()];
  await page.workspace.open(view?.conversation.id ?? "");
  await page.until(() => page.workspace.thread?.loaded);
  page.button("retry").click();
  const turn = await page.turnAfter(2);
  turn.text("Another one.");
  turn.complete(reported);
  await page.until(() => page.workspace.turns.size === 0);
  expect(page.answer.textContent).toContain("Another one.");
  const field = ask("frozen");
  await page.until(() => results().length === 1);
  page.key("Enter", {}, field);
  await page.until(() => page.answer.textContent?.includes("Frozen"));
  await page.until(() => page.answer.dataset.found === "");
});

test("the key of the search leads to its field, and what cannot be searched says why", async () => {
  page.key("F", { ctrlKey: true, shiftKey: true });
  await page.until(() => document.activeElement === page.get("search"));
  page.backend.search = () =>
    Promise.reject({ code: "storage", message: "The disk is gone." } satisfies object);
  ask("ice");
  await page.until(() => page.get("search-status").textContent === "The disk is gone.");
});

test("words that were typed while a search failed are searched for as well", async () => {
  const search = page.backend.search.bind(page.backend);
  let fail: () => void = () => undefined;
  page.backend.search = () =>
    new Promise((_, reject) => {
      fail = () => reject({ code: "storage", message: "The disk is busy." } satisfies object);
    });
  ask("wat");
  page.backend.search = search;
  ask("water");
  fail();
  await page.until(() => results().length === 1);
  expect(page.get("search-status").textContent).toBe("1 result.");
});

test("while the index is being made it says so, and asks again until it has everything", async () => {
  let asked = 0;
  const backend = new MemoryBackend();
  page.backend.search = async (search) => {
    asked += 1;
    const indexing = asked < 3 ? { done: asked, total: 3 } : null;
    return { ...(await backend.search(search)), indexing };
  };
  ask("ice");
  await page.until(() => page.get("search-status").textContent?.includes("1 of 3"));
  await new Promise<void>((resolve) => {
    const watch = new MutationObserver(() => {
      if (page.get("search-status").textContent !== "Nothing found.") return;
      watch.disconnect();
      resolve();
    });
    watch.observe(document.body, { subtree: true, childList: true, characterData: true });
  });
  expect(asked).toBe(3);
});

test("a hit far above leaves the branch on the screen, where it is on that, too", async () => {
  const id = (number: number): string => `m${number}`;
  const chain = Array.from({ length: 200 }, (_, at) => message(id(at), at ? id(at - 1) : null));
  const newest = message("newest", id(10));
  for (const [conversationId, ways] of Object.entries({
    far: [
      [id(5), id(199)],
      ["newest", "newest"],
      [id(3), "newest"],
    ],
    // What is known from one branch stands above a gap of another.
    beyond: [
      ["newest", "newest"],
      [id(199), id(199)],
      [id(4), id(199)],
    ],
  } as const)) {
    const long = stored({ id: conversationId, head: id(199) }, [...chain, newest]);
    page.backend.conversations.set(conversationId, long);
    const hit = { conversationId, part: null, snippet: [], title: "", at: 0 };
    const kept = { kind: "text", role: "user" } as const;
    for (const [messageId, head] of ways) {
      await page.workspace.openHit({ ...hit, ...kept, messageId });
      expect(page.workspace.thread?.head).toBe(head);
      expect(page.workspace.thread?.path.map((entry) => entry.id)).toContain(messageId);
    }
  }
});
