import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reported } from "../../../backend/memory/usage";
import { Page } from "../../../testing/page";

let page: Page;

/** Two answers to one question; the second is shown. */
beforeEach(async () => {
  page = await Page.open();
  const first = await page.send("Hello");
  first.text("one");
  first.complete(reported);
  page.button("retry").click();
  const second = await page.turnAfter(1);
  second.text("two");
  second.complete(reported);
});
afterEach(() => page.close());

const shown = (): string => page.get("branches").textContent.trim();

test("the branch that was chosen last is shown again after a reload", async () => {
  page.button("branch-previous").click();
  expect(shown()).toMatch(/1\/2/);
  page = await page.reload();
  await page.until(() => page.all("branches").length > 0);
  expect(shown()).toMatch(/1\/2/);
  expect(page.answer.textContent).toContain("one");
});

test("a choice that could not be kept is told, and the branch is shown all the same", async () => {
  vi.spyOn(page.backend, "setHead").mockRejectedValue({
    code: "storage",
    message: "The disk is full. What was saved before is safe.",
  });
  page.button("branch-previous").click();
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("The disk is full.");
  expect(shown()).toMatch(/1\/2/);
});

test("choices are kept in their order, and before what is sent next", async () => {
  const calls: string[] = [];
  const keep = page.backend.setHead.bind(page.backend);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(page.backend, "setHead").mockImplementation(async (conversationId, head) => {
    calls.push("begun");
    await held;
    await keep(conversationId, head);
    calls.push("kept");
  });
  const start = vi.spyOn(page.backend, "startTurn").mockName("start");
  page.button("branch-previous").click();
  page.button("branch-next").click();
  page.type("And now?");
  page.key("Enter");
  await page.until(() => calls.length === 1);
  expect(start).not.toHaveBeenCalled();
  release();
  const turn = await page.turnAfter(2);
  expect(calls).toEqual(["begun", "kept", "begun", "kept"]);
  const [view] = page.backend.conversations.values();
  expect(view?.conversation.head).toBe(turn.message.id);
});

test("a branch that is walked to while an answer is being started does not take its place", async () => {
  const start = page.backend.startTurn.bind(page.backend);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(page.backend, "startTurn").mockImplementation(async (request) => {
    await held;
    return start(request);
  });
  const keep = vi.spyOn(page.backend, "setHead");
  page.type("And now?");
  page.key("Enter");
  page.button("branch-previous").click();
  release();
  await page.turnAfter(2);
  expect(keep).not.toHaveBeenCalled();
});

/** The branches of the twin's only conversation. */
const stored = (): string[] => {
  const [view] = page.backend.conversations.values();
  return view?.messages.filter(({ role }) => role === "assistant").map(({ id }) => id) ?? [];
};

test("a deleted branch makes way for the one beside it, and comes back by undo", async () => {
  const both = stored();
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 1);
  expect(page.answer.textContent).toContain("one");
  expect(page.all("branches")).toHaveLength(0);
  expect(page.get("deleted").textContent).toContain("A branch of “Hello” was deleted.");
  expect(stored()).toEqual(both.slice(0, 1));
  expect([...page.backend.conversations.values()][0]?.conversation.head).toBe(both[0]);
  page.button("undo").click();
  await page.until(() => page.all("branches").length === 1);
  expect(page.answer.textContent).toContain("two");
  expect(shown()).toMatch(/2\/2/);
  expect(stored()).toEqual(both);
  expect(page.all("deleted")).toHaveLength(0);
});

test("after the first branch the one behind it is shown, at its newest leaf", async () => {
  (await page.send("And below?")).complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  const first = (): HTMLElement => page.all("branches")[0] as HTMLElement;
  first().querySelector<HTMLButtonElement>('[data-testid="branch-previous"]')?.click();
  await page.until(() => page.all("message").length === 2);
  page.button("branch-delete").click();
  await page.until(() => page.all("message").length === 4);
  expect(page.all("branches")).toHaveLength(0);
  page.button("undo").click();
  await page.until(() => page.all("message").length === 2);
  expect(page.answer.textContent).toContain("one");
  expect(shown()).toMatch(/1\/2/);
});

test("a deletion is undone from another conversation, which makes way", async () => {
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 1);
  page.workspace.newConversation();
  await page.until(() => page.all("message").length === 0);
  page.button("undo").click();
  await page.until(() => page.all("branches").length === 1);
  expect(page.answer.textContent).toContain("two");
});

test("a branch is deleted by its key, and the focus stays at the fork or goes to the composer", async () => {
  page.button("retry").click();
  const third = await page.turnAfter(2);
  third.complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  const control = page.button("branch-delete");
  control.focus();
  page.key("Delete", {}, control);
  await page.until(() => /2\/2/.test(shown()));
  await page.until(() => document.activeElement === page.button("branch-delete"));
  page.key("Delete", { repeat: true }, page.button("branch-delete"));
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 2);
  await page.until(() => document.activeElement === page.composer);
  expect(page.answer.textContent).toContain("one");
});

test("who walks the branches stays at the button, and at the other one where it leads no further", async () => {
  page.button("retry").click();
  const third = await page.turnAfter(2);
  third.complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  page.button("branch-previous").focus();
  const walked = async (to: RegExp, focused: string): Promise<void> => {
    (document.activeElement as HTMLElement).click();
    await page.until(() => to.test(shown()));
    await page.until(() => document.activeElement === page.button(focused));
  };
  await walked(/2\/3/, "branch-previous");
  await walked(/1\/3/, "branch-next");
  await walked(/2\/3/, "branch-next");
  await walked(/3\/3/, "branch-previous");
});

test("who goes elsewhere while a branch is read stays there", async () => {
  page = await page.reload();
  await page.until(() => page.all("branches").length > 0);
  const read = page.backend.openBranch.bind(page.backend);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(page.backend, "openBranch").mockImplementation(async (...asked) => {
    await held;
    return read(...asked);
  });
  page.button("branch-previous").focus();
  page.button("branch-previous").click();
  page.composer.focus();
  release();
  await page.until(() => /1\/2/.test(shown()));
  await new Promise((resolve) => setImmediate(resolve));
  expect(document.activeElement).toBe(page.composer);
});

test("an answer that is being written ends with its branch, and edits in it go along", async () => {
  page.button("edit").click();
  page.fill("edit-text", "Hello in other words");
  page.button("edit-send").click();
  const turn = await page.turnAfter(2);
  turn.text("Half");
  await page.until(() => page.answer.textContent.includes("Half"));
  const { thread, edits } = page.workspace;
  const question = thread?.path[0];
  if (!thread || !question) throw new Error("there is no question");
  page.workspace.beginEdit(question);
  expect(edits.size).toBe(1);
  await page.workspace.deletedBranches.delete(thread, question);
  await page.until(() => page.answer.textContent.includes("two"));
  expect(edits.size).toBe(0);
  expect(turn.end?.state).toBe("interrupted");
  expect(thread.get(turn.message.id)).toBeUndefined();
  await page.until(() => page.workspace.currentTurn === undefined);
  page.button("undo").click();
  await page.until(() => page.all("edit-text").length === 1);
  expect(page.field("edit-text").value).toBe("Hello in other words");
});

test("what is typed on a branch goes with it, and comes back with it", async () => {
  page.type("SECRET");
  page.all("message");
  expect(sessionStorage.getItem("tacet.drafts")).toContain("SECRET");
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 1);
  expect(page.composer.value).toBe("");
  expect(sessionStorage.getItem("tacet.drafts")).not.toContain("SECRET");
  page.type("for one");
  page.button("undo").click();
  await page.until(() => page.all("branches").length === 1);
  expect(page.composer.value).toBe("SECRET");
  page.button("branch-previous").click();
  await page.until(() => /1\/2/.test(shown()));
  expect(page.composer.value).toBe("for one");
});

test("a choice is kept before the branch is deleted that it leads to", async () => {
  const keep = page.backend.setHead.bind(page.backend);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(page.backend, "setHead").mockImplementation(async (conversationId, head) => {
    await held;
    await keep(conversationId, head);
  });
  const remove = vi.spyOn(page.backend, "deleteBranch");
  page.button("branch-previous").click();
  await page.until(() => /1\/2/.test(shown()));
  page.button("branch-delete").click();
  await new Promise((resolve) => setImmediate(resolve));
  expect(remove).not.toHaveBeenCalled();
  release();
  await page.until(() => page.all("deleted").length === 1);
  expect(page.answer.textContent).toContain("two");
  expect(page.all("notice")).toHaveLength(0);
});

test("nothing is deleted while an answer is being started, and what failed is told", async () => {
  const start = page.backend.startTurn.bind(page.backend);
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(page.backend, "startTurn").mockImplementation(async (request) => {
    await held;
    return start(request);
  });
  page.button("retry").click();
  await page.until(() => page.workspace.currentTurn !== undefined);
  expect(page.button("branch-delete").disabled).toBe(true);
  release();
  const third = await page.turnAfter(2);
  third.complete(reported);
  await page.until(() => !page.button("branch-delete").disabled);
  const error = { code: "storage", message: "The disk is full." };
  vi.spyOn(page.backend, "deleteBranch").mockRejectedValueOnce(error);
  page.button("branch-delete").click();
  await page.until(() => page.all("notice").length === 1);
  expect(shown()).toMatch(/3\/3/);
  expect(page.all("deleted")).toHaveLength(0);
});

test("what can't be undone any more is told, and not offered again", async () => {
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 1);
  const gone = { code: "not-found", message: "This branch is gone for good." };
  vi.spyOn(page.backend, "restoreBranch").mockRejectedValueOnce(gone);
  page.button("undo").click();
  await page.until(() => page.all("notice").length === 1);
  expect(page.all("deleted")).toHaveLength(0);
});

test("a branch that comes back within one that is deleted is shown with that", async () => {
  (await page.send("And below?")).complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  page.button("retry").click();
  const inner = await page.turnAfter(3);
  inner.text("inner");
  inner.complete(reported);
  await page.until(() => page.all("branches").length === 2);
  page.type("typed there");
  page.button("branch-delete").click();
  await page.until(() => page.all("branches").length === 1);
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 2);
  expect(page.all("message")).toHaveLength(2);
  // The one that was deleted first stands below.
  page.button("undo").click();
  await page.until(() => page.all("deleted").length === 1);
  expect(page.all("message")).toHaveLength(2);
  expect(sessionStorage.getItem("tacet.drafts")).not.toContain("typed there");
  page.button("undo").click();
  await page.until(() => page.all("branches").length === 2);
  expect(shown()).toMatch(/1\/2/);
  page.button("branch-next").click();
  await page.until(() => page.answer.textContent.includes("inner"));
  expect(page.composer.value).toBe("typed there");
});
