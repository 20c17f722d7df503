import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

test("stop is disabled and not absent when nothing runs, and stop all is there when something does", async () => {
  expect(page.button("stop").disabled).toBe(true);
  expect(page.all("stop-all").length).toBe(0);
  await page.send("Hello");
  expect(page.button("stop").disabled).toBe(false);
  expect(page.button("stop-all").disabled).toBe(false);
});

test("the call to the core is the first thing that a click on Stop does", async () => {
  const turn = await page.send("Hello");
  let label = "";
  vi.spyOn(page.backend, "stopTurn").mockImplementation((turnId, clickedAt) => {
    label = page.button("stop").textContent.trim();
    expect(turnId).toBe(turn.turnId);
    expect(Math.abs(Date.now() - (clickedAt ?? 0))).toBeLessThan(1000);
    return new Promise(() => undefined);
  });
  page.button("stop").click();
  expect(label).toBe("Stop");
});

test("Stop acts when it is pressed, and the click that ends the press does nothing more", async () => {
  const turn = await page.send("Hello");
  const stopTurn = vi.spyOn(page.backend, "stopTurn");
  page.press("stop");
  expect(stopTurn).toHaveBeenCalledTimes(1);
  await page.until(() => turn.end);
  // The next turn runs before the button is let go.
  const next = await page.send("And now?");
  page.release("stop");
  expect(stopTurn).toHaveBeenCalledTimes(1);
  expect(next.end).toBe(null);
  // A click without a press is a key's, or assistive technology's.
  page.button("stop").click();
  expect(stopTurn).toHaveBeenCalledTimes(2);
});

test("a finger on Stop may be about to scroll, so it acts when it is lifted; another button not at all", async () => {
  await page.send("Hello");
  const stopTurn = vi.spyOn(page.backend, "stopTurn");
  page.press("stop", { button: 2 });
  page.press("stop", { pointerType: "touch" });
  expect(stopTurn).not.toHaveBeenCalled();
  page.release("stop");
  expect(stopTurn).toHaveBeenCalledTimes(1);
});

test("c25_a_press_on_a_stop_button_leaves_the_focus_where_it_was", async () => {
  for (const id of ["stop", "stop-all", "conversation-stop"]) {
    const turn = await page.send("Hello");
    page.composer.focus();
    page.press(id);
    // What the mouse does with a button that was disabled by the press.
    page.composer.blur();
    await page.until(() => turn.end && document.activeElement === page.composer);
  }
});

test("c09_the_page_says_stopping_until_the_end_has_come_and_never_stopped", async () => {
  page.backend.confirmsStop = false;
  const turn = await page.send("Hello");
  turn.text("Half an");
  page.button("stop").click();
  expect(page.get("stop").textContent).toContain("Stopping…");
  expect(page.button("stop").disabled).toBe(true);
  expect(page.answer.dataset.state).toBe("streaming");
  expect(page.all("receipt")).toHaveLength(0);
  turn.interrupt("user", turn.receipt("user", Date.now()));
  expect(page.answer.dataset.state).toBe("interrupted");
  expect(page.answer.dataset.cause).toBe("user");
  expect(page.get("stop").textContent).toContain("Stop");
  expect(page.get("receipt").textContent.replace(/\s+/g, " ")).toContain("Stopped by you");
});

test("a stop that overtakes the start is repeated when the core knows the turn", async () => {
  const start = page.backend.startTurn.bind(page.backend);
  let letGo: () => void = () => undefined;
  page.backend.startTurn = async (request) => {
    await new Promise<void>((resolve) => (letGo = resolve));
    return start(request);
  };
  page.type("Hello");
  page.key("Enter");
  page.key("Escape");
  await page.until(() => page.workspace.currentTurn?.stopping);
  letGo();
  await page.until(() => page.all("receipt").length === 1);
  expect(page.answer.dataset.state).toBe("interrupted");
});

test("a stop that the core did not take can be pressed again", async () => {
  const turn = await page.send("Hello");
  vi.spyOn(page.backend, "stopTurn").mockRejectedValueOnce({ code: "storage", message: "Full." });
  page.button("stop").click();
  await page.until(() => page.all("notice").length === 1);
  expect(page.button("stop").disabled).toBe(false);
  page.button("stop").click();
  await page.until(() => turn.end);
});

test("c07_a_stop_of_a_turn_that_the_core_does_not_know_reads_what_became_of_it", async () => {
  const turn = await page.send("Hello");
  turn.text("Whole");
  // The end never reaches the page.
  for (const viewer of turn.viewerIds) turn.detach(viewer);
  turn.finish({ state: "complete" });
  vi.spyOn(page.backend, "stopTurn").mockResolvedValueOnce({ outcome: "unknown" });
  page.button("stop").click();
  await page.until(() => page.answer.dataset.state === "complete");
  expect(page.button("stop").disabled).toBe(true);
});

test("c25_stop_neither_sends_nor_clears_the_draft_and_keeps_the_focus", async () => {
  await page.send("Hello");
  page.type("What I write meanwhile");
  page.composer.focus();
  page.key("Escape");
  await page.until(() => page.all("receipt").length === 1);
  expect(page.composer.value).toBe("What I write meanwhile");
  expect(document.activeElement).toBe(page.composer);
  expect(page.backend.turns.size).toBe(1);
  page.type("And again");
  page.button("stop").click();
  expect(page.composer.value).toBe("And again");
  expect(document.activeElement).toBe(page.composer);
});

test("after Stop the next message can be sent at once, also before the end has come", async () => {
  page.backend.confirmsStop = false;
  const first = await page.send("One");
  first.text("Answer one");
  page.button("stop").click();
  page.type("Two");
  expect(page.button("send").disabled).toBe(false);
  page.button("send").click();
  const second = await page.turnAfter(1);
  first.interrupt("user", first.receipt("user", null));
  second.text("Answer two");
  expect(page.button("stop").disabled).toBe(false);
  expect(page.all("message").map(({ dataset }) => dataset.state)).toEqual([
    "complete",
    "interrupted",
    "complete",
    "streaming",
  ]);
  expect(second.message.parentId).not.toBe(null);
});

test("a message that follows a stop is sent when the core has taken the stop, not before", async () => {
  await page.send("One");
  const calls: string[] = [];
  const { stopTurn, startTurn } = page.backend;
  let take: () => void = () => undefined;
  const taken = new Promise<void>((resolve) => (take = resolve));
  vi.spyOn(page.backend, "stopTurn").mockImplementation(async (turnId, clickedAt) => {
    await taken;
    calls.push("stop");
    return stopTurn.call(page.backend, turnId, clickedAt);
  });
  vi.spyOn(page.backend, "startTurn").mockImplementation((request) => {
    calls.push("start");
    return startTurn.call(page.backend, request);
  });
  page.button("stop").click();
  page.type("Two");
  page.button("send").click();
  take();
  await page.until(() => calls.length === 2);
  expect(calls).toEqual(["stop", "start"]);
});

test("Stop acts on the visible conversation only and Stop all on every one", async () => {
  const first = await page.send("One");
  page.button("new-conversation").click();
  expect(page.button("stop").disabled).toBe(true);
  page.key("Escape");
  expect(first.end).toBe(null);
  const second = await page.send("Two");
  page.key("Escape");
  await page.until(() => second.end);
  expect(first.end).toBe(null);
  page.button("stop-all").click();
  await page.until(() => first.end);
});

test("Ctrl+Shift+Esc stops everything", async () => {
  const first = await page.send("One");
  page.button("new-conversation").click();
  const second = await page.send("Two");
  page.key("Escape", { ctrlKey: true, shiftKey: true });
  await page.until(() => first.end && second.end);
});

test("a running conversation can be stopped in the list", async () => {
  const turn = await page.send("One");
  page.button("new-conversation").click();
  page.button("conversation-stop").click();
  await page.until(() => turn.end);
  expect(page.all("conversation-stop")).toHaveLength(0);
});

test("Esc closes what is open before it stops, and an input method's Esc does neither", async () => {
  const turn = await page.send("Hello");
  page.key("Escape", { isComposing: true });
  expect(turn.stopping).toBe(false);
  page.key(",", { ctrlKey: true });
  await page.until(() => page.all("settings-panel").length === 1);
  page.key("Escape", {}, page.get("settings-panel"));
  await page.until(() => !page.workspace.layers.settings);
  expect(turn.stopping).toBe(false);
  page.key("Escape");
  expect(turn.stopping).toBe(true);
});
