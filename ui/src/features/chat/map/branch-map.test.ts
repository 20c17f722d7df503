/** The map of the branches: what stands on it, and what its keys do. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Message } from "../../../backend/generated";
import { Page } from "../../../testing/page";
import { message, stored } from "../../../testing/stored";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

function says(id: string, parentId: string | null, role: Message["role"], text: string): Message {
  return { ...message(id, parentId, [{ kind: "text", text }]), role };
}

/** A question with two answers, of which the second has two questions below it, answered or not. */
function forked(): Message[] {
  const stopped = says("a3", "q2", "assistant", "Rubble.");
  stopped.state = "interrupted";
  stopped.cause = "user";
  return [
    says("q1", null, "user", "What is a moraine?"),
    says("a1", "q1", "assistant", "Stones."),
    says("a2", "q1", "assistant", "A heap of <img src=x onerror=alert(1)> stones."),
    says("q2", "a2", "user", "Of what?"),
    stopped,
    says("q3", "a2", "user", "How high?"),
    says("a4", "q3", "assistant", "As a house."),
  ];
}

async function show(messages: Message[], head: string): Promise<void> {
  page.backend.conversations.set("c", stored({ id: "c", head }, messages));
  await page.workspace.refresh();
  await page.workspace.open("c");
  await page.until(() => page.all("message").length > 0);
}

async function openMap(): Promise<HTMLElement[]> {
  page.key("B", { ctrlKey: true, shiftKey: true });
  await page.until(() => page.all("branch-map-item").length > 0);
  await page.until(() => (focused() ?? "") !== "");
  return page.all("branch-map-item");
}

/** The message of the row that has the focus. */
function focused(): string | undefined {
  const at = document.activeElement;
  return at instanceof HTMLElement ? at.dataset.message : undefined;
}

const ids = (): (string | undefined)[] =>
  page.all("branch-map-item").map(({ dataset }) => dataset.message);

function press(...keys: string[]): void {
  for (const key of keys) page.key(key, {}, document.activeElement ?? document.body);
}

const shownMessages = (): (string | undefined)[] =>
  page.all("message").map(({ dataset }) => dataset.message);

test("the map has each stretch between forks, indented, with its ends and what became of it", async () => {
  await show(forked(), "a3");
  const items = await openMap();
  expect(ids()).toEqual(["q1", "a1", "a2", "q2", "q3"]);
  expect(items.map((item) => item.getAttribute("aria-level"))).toEqual(["1", "2", "2", "3", "3"]);
  const expanded = items.map((item) => item.getAttribute("aria-expanded"));
  expect(expanded).toEqual(["true", null, "true", null, null]);
  expect(items.map(({ dataset }) => dataset.current)).toEqual(
    ["q1", "a1", "a2", "q2", "q3"].map((id) => String(id === "q2")),
  );
  const words = items.map(({ textContent }) => textContent.replace(/\s+/g, " "));
  expect(words[0]).toContain("What is a moraine?");
  expect(words[0]).toContain("1 message");
  expect(words[3]).toContain("Of what?");
  expect(words[3]).toContain("Rubble.");
  expect(words[3]).toContain("2 messages");
  expect(words[3]).toContain("Stopped");
  expect(words[3]).toContain("large");
  expect(words[4]).not.toContain("Stopped");
  expect(page.get("branch-map").textContent).toContain("3 branches, 2 forks");
  // What models write is text and nothing else.
  expect(words[2]).toContain("<img src=x onerror=alert(1)>");
  expect(page.get("branch-map").querySelector("img")).toBe(null);
});

test("the keys move, fold and choose, and the branch on the screen has the focus first", async () => {
  await show(forked(), "a3");
  await openMap();
  expect(focused()).toBe("q2");
  press("ArrowDown", "ArrowDown");
  expect(focused()).toBe("q3");
  press("ArrowLeft");
  expect(focused()).toBe("a2");
  press("ArrowLeft");
  expect(ids()).toEqual(["q1", "a1", "a2"]);
  expect(focused()).toBe("a2");
  press("ArrowRight");
  expect(ids()).toHaveLength(5);
  press("ArrowRight");
  expect(focused()).toBe("q2");
  press("Home", "ArrowUp", "End", "PageUp", "ArrowDown");
  expect(focused()).toBe("a1");
  press("Enter");
  await page.until(() => page.all("branch-map").length === 0);
  await page.until(() => shownMessages().join() === "q1,a1");
  expect(page.workspace.find.sought?.match.messageId).toBe("a1");
  expect(page.backend.conversations.get("c")?.conversation.head).toBe("a1");
});

test("a click shows a branch with its own draft, and the button folds without showing it", async () => {
  await show(forked(), "a3");
  page.type("for q2");
  await openMap();
  page.all("branch-map-fold")[1]?.click();
  expect(ids()).toEqual(["q1", "a1", "a2"]);
  page.all("branch-map-fold")[1]?.click();
  page.all("branch-map-item")[4]?.click();
  await page.until(() => shownMessages().join() === "q1,a2,q3,a4");
  expect(page.composer.value).toBe("");
  expect(page.all("branch-map")).toHaveLength(0);
});

test("a place above on the branch that is shown leads there without another branch", async () => {
  const long: Message[] = [];
  for (let place = 0; place < 150; place += 1) {
    const above = long.at(-1)?.id ?? null;
    long.push(says(`m${String(place)}`, above, place % 2 === 0 ? "user" : "assistant", "Words."));
  }
  const last = long.at(-1)?.id ?? "";
  long.push(says("old", last, "user", "Old"), says("new", last, "user", "New"));
  await show(long, "old");
  expect(page.workspace.thread?.get("m0")).toBe(undefined);
  await openMap();
  press("Home", "Enter");
  await page.until(() => page.workspace.find.sought?.match.messageId === "m0");
  expect(page.workspace.thread?.head).toBe("old");
});

test("Esc closes the map and gives the focus back, and the answer goes on", async () => {
  const turn = await page.send("Hello");
  page.button("branch-map-open").focus();
  page.button("branch-map-open").click();
  await page.until(() => page.all("branch-map-empty").length === 1);
  press("Escape");
  await page.until(() => page.all("branch-map").length === 0);
  await page.until(() => document.activeElement === page.get("branch-map-open"));
  expect(turn.stopping).toBe(false);
});

test("one branch says so, and how others come to be", async () => {
  await show([says("q1", null, "user", "Hello")], "q1");
  page.button("branch-map-open").click();
  const empty = await page.until(() => page.all("branch-map-empty")[0]);
  expect(empty.textContent).toContain("one branch");
  expect(empty.textContent).toContain("Retry");
  expect(page.all("branch-map-item")).toHaveLength(0);
});

test("without a conversation there is no map", () => {
  expect(page.all("branch-map-open")).toHaveLength(0);
  page.key("B", { ctrlKey: true, shiftKey: true });
  expect(page.all("branch-map")).toHaveLength(0);
});

test("what begins and ends while the map is open is on it", async () => {
  await show(forked(), "a3");
  page.button("retry").click();
  const turn = await page.turnAfter(0);
  await openMap();
  expect(focused()).toBe(turn.message.id);
  const state = (): string | undefined =>
    page.all("branch-map-item").find((one) => one.dataset.message === turn.message.id)?.textContent;
  expect(state()).toContain("Being written");
  turn.interrupt("user", turn.receipt("user", null));
  await page.until(() => state()?.includes("Stopped"));
  expect(focused()).toBe(turn.message.id);
});

test("what cannot be read says why, and a slow map of another conversation is not shown", async () => {
  await show(forked(), "a3");
  const read = vi.spyOn(page.backend, "conversationMap");
  read.mockRejectedValueOnce({ code: "storage", message: "The disk does not answer." });
  page.button("branch-map-open").click();
  await page.until(() => page.get("branch-map").textContent.includes("The disk does not answer."));
  press("Escape");

  let answer: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (answer = resolve));
  const { conversationMap } = Object.getPrototypeOf(page.backend) as typeof page.backend;
  read.mockImplementationOnce(async (id) => {
    await slow;
    return conversationMap.call(page.backend, id);
  });
  page.button("branch-map-open").click();
  await page.until(() => read.mock.calls.length === 2);
  page.backend.conversations.set("d", stored({ id: "d" }, [says("d1", null, "user", "Alone")]));
  await page.workspace.open("d");
  await page.until(() => page.all("branch-map-empty").length === 1);
  answer();
  await slow;
  await page.until(() => read.mock.settledResults.length >= 3);
  expect(page.all("branch-map-item")).toHaveLength(0);
});

test("a branch is deleted on the map by its key or its button, and brought back", async () => {
  await show(forked(), "a3");
  await openMap();
  // The one on the screen makes way for the one beside it, which goes on from what stands above.
  press("Delete");
  await page.until(() => ids().join() === "q1,a1,a2");
  await page.until(() => focused() === "a2");
  expect(shownMessages()).toEqual(["q1", "a2", "q3", "a4"]);
  press("Home", "Delete");
  expect(ids()).toHaveLength(3);

  page.button("branch-map-undo").click();
  await page.until(() => page.all("branch-map").length === 0);
  await page.until(() => shownMessages().join() === "q1,a2,q2,a3");

  // One that is not on the screen goes, and the last fork with it.
  await openMap();
  const row = page.all("branch-map-item").find(({ dataset }) => dataset.message === "a2");
  row?.querySelector<HTMLButtonElement>("[data-testid='branch-map-delete']")?.click();
  await page.until(() => page.all("branch-map-empty").length === 1);
  await page.until(() => document.activeElement === page.get("branch-map"));
  expect(shownMessages()).toEqual(["q1", "a1"]);
  page.button("branch-map-undo").click();
  await page.until(() => shownMessages().join() === "q1,a2,q2,a3");
});

test("what is below neither a fork nor beside another beginning can't be deleted on the map", async () => {
  await show(forked(), "a3");
  await openMap();
  const deletable = page
    .all("branch-map-item")
    .filter((row) => row.querySelector("[data-testid='branch-map-delete']"));
  expect(deletable.map(({ dataset }) => dataset.message)).toEqual(["a1", "a2", "q2", "q3"]);
});

test("hundreds of forks within each other open at the one on the screen", async () => {
  const many: Message[] = [says("q", null, "user", "Begin")];
  let above = "q";
  for (let fork = 0; fork < 400; fork += 1) {
    many.push(says(`x${String(fork)}`, above, "assistant", "One"));
    many.push(says(`y${String(fork)}`, above, "assistant", "Two"));
    above = `y${String(fork)}`;
  }
  await show(many, "x200");
  const items = await openMap();
  expect(focused()).toBe("x200");
  // No more rows than fit a few times are on the page, wherever the keys lead.
  expect(items.length).toBeLessThan(100);
  press("End");
  expect(focused()).toBe("y399");
  expect(page.all("branch-map-item").length).toBeLessThan(100);
  press("Home", "ArrowLeft");
  expect(ids()).toEqual(["q"]);
  press("ArrowRight", "ArrowRight");
  expect(focused()).toBe("x0");
});
