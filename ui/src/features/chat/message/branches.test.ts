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
