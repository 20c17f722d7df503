/** What is shown, what is sent to and what is stopped are one conversation. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Conversation, ConversationView, ProviderError } from "../backend/generated";
import type { MemoryTurn } from "../backend/memory/turn";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const failure: ProviderError = {
  category: "network",
  message: "The connection broke.",
  providerText: null,
  status: null,
  retryAfterMs: null,
  retryable: true,
};

/** A finished conversation. */
async function held(question: string): Promise<string> {
  page.button("new-conversation").click();
  const turn = await page.send(question);
  turn.text(`About ${question}`);
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  return turn.message.conversationId;
}

/** A conversation whose answer is being written. */
async function running(question: string): Promise<MemoryTurn> {
  page.button("new-conversation").click();
  return page.send(question);
}

function item(id: string): HTMLElement {
  const found = page.all("conversation-item").find((one) => one.dataset.conversation === id);
  if (!found) throw new Error(`there is no conversation ${id}`);
  return found;
}

function opener(id: string): HTMLButtonElement {
  return item(id).querySelector("button.open") as HTMLButtonElement;
}

/** Lets the conversations be read only when the function that it gives is called. */
function slowReads(): () => void {
  const { openConversation } = page.backend;
  const waiting: (() => void)[] = [];
  vi.spyOn(page.backend, "openConversation").mockImplementation(async (id) => {
    await new Promise<void>((resolve) => waiting.push(resolve));
    return openConversation.call(page.backend, id);
  });
  return () => waiting.splice(0).forEach((go) => go());
}

test("while a conversation opens slowly it is the one that is shown, sent to and stopped", async () => {
  const b = await held("B");
  const a = await running("A");
  const read = slowReads();
  opener(b).click();
  expect(page.all("message")).toHaveLength(0);
  expect(document.querySelector("h1")?.textContent).toBe("B");
  page.type("for B");
  page.key("Enter");
  page.key("Escape");
  page.button("send").click();
  expect(page.button("stop").disabled).toBe(true);
  expect(a.stopping).toBe(false);
  expect(page.backend.turns.size).toBe(2);
  read();
  await page.until(() => page.all("message").length === 2);
  expect(page.composer.value).toBe("for B");
  page.key("Enter");
  const sent = await page.turnAfter(2);
  expect(sent.message.conversationId).toBe(b);
  opener(a.message.conversationId).click();
  expect(page.composer.value).toBe("");
  page.key("Escape");
  expect(a.stopping).toBe(true);
  read();
});

test("a running answer can be stopped while its conversation is still being opened", async () => {
  const a = await running("A");
  await held("B");
  slowReads();
  opener(a.message.conversationId).click();
  expect(page.button("stop").disabled).toBe(false);
  page.key("Escape");
  await page.until(() => a.end);
});

test("a conversation that cannot be opened says so in its place, and can be opened again", async () => {
  const a = await held("A");
  await held("B");
  const error = { code: "storage", message: "The disk does not answer." };
  vi.spyOn(page.backend, "openConversation").mockRejectedValueOnce(error);
  opener(a).click();
  await page.until(() => page.get("opening").textContent.includes("The disk does not answer."));
  page.type("kept");
  expect(page.button("send").disabled).toBe(true);
  page.button("open-again").click();
  await page.until(() => page.all("message").length === 2);
  expect(page.composer.value).toBe("kept");
});

test("files that are read slowly belong to the draft that they were given to", async () => {
  const a = await held("A");
  const b = await held("B");
  const file = new File(["Ice."], "ice.txt", { type: "text/plain" });
  void page.workspace.attach([file]);
  expect(page.button("send").disabled).toBe(true);
  opener(a).click();
  await page.until(() => page.all("message").length === 2);
  opener(b).click();
  await page.until(() => page.all("attachment").length === 1);
  opener(a).click();
  await page.until(() => page.all("message").length === 2);
  expect(page.all("attachment")).toHaveLength(0);
});

test("a message is not sent before its files are read", async () => {
  void page.workspace.attach([new File(["Ice."], "ice.txt", { type: "text/plain" })]);
  page.type("What is it?");
  page.key("Enter");
  expect(page.backend.turns.size).toBe(0);
  await page.until(() => page.all("attachment").length === 1);
  page.key("Enter");
  const turn = await page.turnAfter(0);
  const view = await page.backend.openConversation(turn.message.conversationId);
  expect(view.messages[0]?.parts).toHaveLength(2);
});

test("what could not be sent comes back before what was typed meanwhile", async () => {
  let fail: () => void = () => undefined;
  vi.spyOn(page.backend, "startTurn").mockImplementationOnce(
    () => new Promise((_, reject) => (fail = () => reject({ code: "storage", message: "Full." }))),
  );
  page.type("Precious");
  page.key("Enter");
  page.type("and this");
  fail();
  await page.until(() => page.all("notice").length === 1);
  expect(page.composer.value).toBe("Precious\n\nand this");
  expect(page.workspace.thread).toBe(null);
});

/** The turn ends without a word to the page, which is told only that it is not there any more. */
function endUnheard(turn: MemoryTurn, end: () => void): void {
  for (const viewer of turn.viewerIds) turn.detach(viewer);
  end();
  page.workspace.turns.get(turn.message.conversationId)?.resync();
}

test("a turn whose end was missed neither cancels a click on another conversation nor takes the focus", async () => {
  const b = await held("B");
  const a = await running("A");
  a.text("Whole");
  const read = slowReads();
  endUnheard(a, () => a.finish({ state: "complete" }));
  await page.until(() => page.workspace.turns.size === 0);
  opener(b).click();
  opener(b).focus();
  read();
  await page.until(() => page.all("message").length === 2);
  expect(page.answer.textContent).toContain("About B");
  expect(page.workspace.currentId).toBe(b);
  // The same on the conversation that stays on the screen.
  const again = await page.send("Once more");
  page.button("settings").focus();
  endUnheard(again, () => again.finish({ state: "complete" }));
  await page.until(() => page.workspace.turns.size === 0);
  read();
  await page.until(() => page.answer.dataset.state === "complete");
  expect(document.activeElement).toBe(page.get("settings"));
  expect(page.all("message")).toHaveLength(4);
});

test("what is sent while a missed end is read stays on the page", async () => {
  const a = await running("A");
  a.text("Whole");
  let view: ConversationView | undefined;
  const { openConversation } = page.backend;
  let read: () => void = () => undefined;
  vi.spyOn(page.backend, "openConversation").mockImplementationOnce(async (id) => {
    view = await openConversation.call(page.backend, id);
    await new Promise<void>((resolve) => (read = resolve));
    return view;
  });
  endUnheard(a, () => a.finish({ state: "complete" }));
  await page.until(() => page.workspace.turns.size === 0 && view);
  await page.send("Next");
  read();
  await page.until(() => page.all("message")[1]?.dataset.state === "complete");
  expect(page.all("message")).toHaveLength(4);
});

test("a turn that is found after a reload does not take the focus from what the person does", async () => {
  const a = await running("A");
  a.text("Half");
  const { attachTurn } = page.backend;
  let attach: () => void = () => undefined;
  vi.spyOn(page.backend, "attachTurn").mockImplementationOnce(async (...call) => {
    await new Promise<void>((resolve) => (attach = resolve));
    return attachTurn.apply(page.backend, call);
  });
  page = await page.reload();
  await page.until(() => page.all("message").length === 2);
  page.button("settings").focus();
  attach();
  await page.until(() => page.answer.textContent.includes("Half"));
  a.text(" and whole");
  a.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  expect(page.answer.textContent).toContain("Half and whole");
  expect(document.activeElement).toBe(page.get("settings"));
});

test("a second deletion keeps the way back from the first", async () => {
  const ids = [await held("One"), await held("Two")];
  for (const id of ids) {
    page.key("Delete", {}, opener(id));
    await page.until(() => !page.backend.conversations.has(id));
  }
  await page.until(() => page.all("deleted").length === 2);
  const first = page.all("deleted").find(({ textContent }) => textContent.includes("One"));
  first?.querySelector<HTMLButtonElement>('[data-testid="undo"]')?.click();
  await page.until(() => page.all("conversation-item").length === 1);
  await page.until(() => page.answer.textContent.includes("About One"));
  expect(page.all("deleted")).toHaveLength(1);
  page.button("undo").click();
  await page.until(() => page.all("conversation-item").length === 2);
  expect(page.all("deleted")).toHaveLength(0);
});

test("undo is offered for as long as it is sure to work", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  try {
    const [conversation] = page.workspace.list.all;
    await page.workspace.delete(conversation as Conversation);
    vi.advanceTimersByTime(9 * 60_000 - 1);
    expect(page.all("undo")).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(page.all("undo")).toHaveLength(0);
  } finally {
    vi.useRealTimers();
  }
});

test("an undo that fails for now can be tried again", async () => {
  const id = await held("One");
  page.key("Delete", {}, opener(id));
  await page.until(() => page.all("deleted").length === 1);
  const error = { code: "storage", message: "The disk is full." };
  vi.spyOn(page.backend, "restoreConversation").mockRejectedValueOnce(error);
  page.button("undo").click();
  await page.until(() => page.all("notice").length === 1);
  page.button("undo").click();
  await page.until(() => page.all("conversation-item").length === 1);
});

test("after Del the focus is on the neighbour, and in the composer after the last one", async () => {
  const [oldest, middle, newest] = [await held("One"), await held("Two"), await held("Three")];
  const del = async (id: string): Promise<void> => {
    opener(id).focus();
    page.key("Delete", {}, opener(id));
    await page.until(() =>
      page.all("conversation-item").every((one) => one.dataset.conversation !== id),
    );
  };
  // The order in the list is the newest first, but these are of one millisecond perhaps.
  const order = page.all("conversation-item").map(({ dataset }) => dataset.conversation);
  expect(new Set(order)).toEqual(new Set([oldest, middle, newest]));
  const [first, second, third] = order as [string, string, string];
  await del(first);
  await page.until(() => document.activeElement === opener(second));
  await del(third === order[2] ? second : third);
  await page.until(() => document.activeElement === opener(third));
  await del(third);
  await page.until(() => document.activeElement === page.composer);
});

test("an error is an alert when it happens, and none when its conversation is opened again", async () => {
  const b = await held("B");
  const a = await running("A");
  a.fail(failure);
  await page.until(() => page.all("error").length === 1);
  expect(page.get("error").getAttribute("role")).toBe("alert");
  opener(b).click();
  await page.until(() => page.all("message").at(-1)?.textContent.includes("About B"));
  opener(a.message.conversationId).click();
  await page.until(() => page.all("error").length === 1);
  expect(page.get("error").getAttribute("role")).toBe(null);
});

test("stop everything reaches a turn that the core does not know yet", async () => {
  const { startTurn } = page.backend;
  let start: () => void = () => undefined;
  vi.spyOn(page.backend, "startTurn").mockImplementationOnce(async (request) => {
    await new Promise<void>((resolve) => (start = resolve));
    return startTurn.call(page.backend, request);
  });
  page.type("Hello");
  page.key("Enter");
  page.key("Escape", { ctrlKey: true, shiftKey: true });
  await page.until(() => page.workspace.currentTurn?.stopping);
  start();
  const turn = await page.until(() => [...page.backend.turns.values()][0]);
  await page.until(() => turn.end?.state === "interrupted");
});

test("a message that is stopped while it waits for the stop before it is not sent, and comes back", async () => {
  const first = await running("One");
  const { stopTurn } = page.backend;
  let take: () => void = () => undefined;
  vi.spyOn(page.backend, "stopTurn").mockImplementationOnce(async (turnId, clickedAt) => {
    await new Promise<void>((resolve) => (take = resolve));
    return stopTurn.call(page.backend, turnId, clickedAt);
  });
  page.key("Escape");
  page.type("Two");
  page.key("Enter");
  page.key("Escape");
  take();
  await page.until(() => first.end && page.composer.value === "Two");
  expect(page.backend.turns.size).toBe(1);
  await page.until(() => page.button("stop").disabled && !page.button("send").disabled);
});

test("an end that did not wait for the text is shown at once, and the rest is read", async () => {
  const turn = await page.send("What is a moraine?");
  turn.text("A heap of ");
  turn.unsent("rubble that ice has left.");
  turn.finish({
    state: "interrupted",
    cause: "user",
    receipt: turn.receipt("user", 0),
    behind: true,
  });
  await page.until(() => page.all("receipt").length === 1);
  const answer = await page.until(() => page.all("message").at(-1));
  await page.until(() => answer.textContent.includes("A heap of rubble that ice has left."));
});

test("a message on a branch that was not read is shown when it is asked for", async () => {
  const id = await held("A");
  const first = page.answer.dataset.message ?? "";
  page.button("retry").click();
  const other = await page.turnAfter(1);
  other.text("Another one");
  other.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  await held("B");
  const at = { conversationId: id, title: "A", messageId: first, role: null, part: 0, at: 0 };
  await page.workspace.openHit({ ...at, kind: "text", snippet: [] });
  expect(page.answer.dataset.message).toBe(first);
  expect(page.answer.textContent).toContain("About A");
  expect(page.get("branches").textContent).toContain("1/2");
  expect(page.backend.conversations.get(id)?.conversation.head).toBe(first);
  page.button("branch-next").click();
  await page.until(() => page.answer.textContent.includes("Another one"));
});

test("an end that was missed on another branch than the one shown is read as well", async () => {
  const id = await held("A");
  page.button("retry").click();
  const other = await page.turnAfter(1);
  other.text("Another one");
  page.button("branch-previous").click();
  await page.until(() => page.answer.textContent.includes("About A"));
  endUnheard(other, () => other.finish({ state: "complete" }));
  await page.until(() => page.workspace.turns.size === 0);
  await page.until(() => page.workspace.thread?.get(other.message.id)?.state === "complete");
  expect(page.workspace.currentId).toBe(id);
});

test("a conversation with damaged settings opens, and says so", async () => {
  const id = await held("Glaciers");
  page.button("new-conversation").click();
  page.backend.damaged.add(id);
  opener(id).click();
  await page.until(() => page.all("message").length === 2);
  const told = page.workspace.notices.all.map(({ text }) => text);
  expect(told.filter((text) => text.includes("damaged"))).toHaveLength(1);
});
