/** Continue, the preview of repair, and the wait before a request is made again. */
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reported } from "../../../backend/memory/usage";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

test("a stopped answer is gone on with in its place, and the stopped one stays beside it", async () => {
  const turn = await page.send("What is a moraine?");
  turn.text("```\nlet rub");
  page.button("stop").click();
  await page.until(() => page.answer.dataset.state === "interrupted");
  page.button("continue").click();
  const more = await page.turnAfter(1);
  expect(page.all("message")).toHaveLength(2);
  expect(page.all("continue")).toHaveLength(0);
  more.text("ble = 1;\n```\nDone.");
  more.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  // The code block that was open stayed open: one block holds both pieces.
  const blocks = page.answer.querySelectorAll("pre");
  expect(blocks).toHaveLength(1);
  expect(blocks[0]?.textContent).toContain("let rubble = 1;");
  expect(page.answer.textContent).toContain("Done.");
  expect(page.all("continue")).toHaveLength(0);
  page.button("branch-previous").click();
  expect(page.answer.dataset.state).toBe("interrupted");
  expect(page.all("receipt")).toHaveLength(1);
});

test("reasoning that a provider seals and does not show takes no place", async () => {
  const turn = await page.send("Hello");
  const seal = { issuer: "gemini", data: "c2VhbGVk" };
  turn.message.parts.push({ kind: "reasoning", text: "", durationMs: null, seal });
  turn.send({ type: "part-added", index: 0, part: turn.message.parts[0]! });
  turn.text("Rubble.");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  const parts = page.answer.querySelectorAll<HTMLElement>('[data-testid="part"]');
  expect([...parts].map(({ dataset }) => dataset.kind)).toEqual(["text"]);
});

test("a seal after text that was cut off shows nothing, and Continue is offered as after the text", async () => {
  const turn = await page.send("Hello");
  turn.text("A heap of rub");
  const seal = { issuer: "gemini", data: "c2VhbGVk" };
  turn.message.parts.push({ kind: "reasoning", text: "", durationMs: null, seal });
  turn.send({ type: "part-added", index: 1, part: turn.message.parts[1]! });
  page.button("stop").click();
  await page.until(() => page.answer.dataset.state === "interrupted");
  expect(page.all("continue")).toHaveLength(1);
});

test("what is whole, or was stopped before its text, has no Continue", async () => {
  const whole = await page.send("One");
  whole.text("Rubble.");
  whole.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  expect(page.all("continue")).toHaveLength(0);
  const thinking = await page.send("Two");
  thinking.reasoning("Let me see");
  page.button("stop").click();
  await page.until(() => page.answer.dataset.state === "interrupted");
  expect(page.all("continue")).toHaveLength(0);
});

/** After what is on the screen now has been drawn, a branch is looked through. */
async function frames(): Promise<void> {
  flushSync();
  for (let drawn = 0; drawn < 3; drawn += 1) await new Promise(requestAnimationFrame);
}

test("c22 changes of form alone show no line, and stand in the list beside one that matters", async () => {
  const at = { messageId: "", change: { kind: "messages-joined" } } as const;
  const wrapped = { messageId: "", change: { kind: "arguments-wrapped", tool: "search" } } as const;
  for (const [repairs, listed] of [
    [[at], 0],
    [[at, wrapped], 2],
  ] as const) {
    let asked = 0;
    page.backend.previewRepair = () => {
      asked += 1;
      return Promise.resolve([...repairs]);
    };
    const turn = await page.send("Look");
    turn.complete(reported);
    await page.until(() => page.answer.dataset.state === "complete");
    await frames();
    expect(asked).toBe(1);
    await page.until(() => page.all("repair-preview").length === Math.min(listed, 1));
    expect(document.querySelectorAll("[data-testid=repair-preview] li")).toHaveLength(listed);
  }
});

test("c22 what repair changes is told before the next send, and nothing where it changes nothing", async () => {
  const turn = await page.send("What is a moraine?");
  turn.text("Rub");
  expect(page.all("repair-preview")).toHaveLength(0);
  page.button("stop").click();
  await page.until(() => page.answer.dataset.state === "interrupted");
  await frames();
  const preview = await page.until(() => page.all("repair-preview")[0]);
  expect(preview.querySelector("summary")?.textContent).toContain("1 change before sending");
  const note = preview.querySelector("li");
  expect(note?.dataset.kind).toBe("note-added");
  expect(note?.textContent).toContain("[Your previous answer ended early: user.]");
  const next = await page.send("And now?");
  expect(page.all("repair-preview")).toHaveLength(0);
  const looked = vi.spyOn(page.backend, "previewRepair");
  next.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  await frames();
  expect(looked).toHaveBeenCalledOnce();
  expect(page.all("repair-preview")).toHaveLength(0);
});

test("a branch is looked through once it stays on the screen, and not while conversations are walked", async () => {
  const ids: string[] = [];
  for (const words of ["One", "Two", "Three"]) {
    page.button("new-conversation").click();
    const turn = await page.send(words);
    turn.complete(reported);
    await page.until(() => page.answer.dataset.state === "complete");
    ids.push(turn.message.conversationId);
  }
  const leaves = ids.map((id) => page.backend.conversations.get(id)?.conversation.head);
  const looked = vi.spyOn(page.backend, "previewRepair");
  vi.useFakeTimers({ toFake: ["requestAnimationFrame"] });
  for (const id of ids) await page.workspace.open(id);
  await page.until(() => page.workspace.thread?.head === leaves.at(-1));
  expect(looked.mock.calls).toEqual([]);
  vi.advanceTimersToNextFrame();
  vi.advanceTimersToNextFrame();
  vi.useRealTimers();
  expect(looked.mock.calls.map(([leaf]) => leaf)).toEqual(leaves.slice(-1));
});

test("the wait before a retry counts down, says why, and can be stopped", async () => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"] });
  try {
    const turn = await page.send("Hello");
    turn.retrying({ category: "rate-limit", providerText: "Slow down" }, 5_000);
    expect(page.get("waiting").textContent).toContain("Retrying in 5 s (1 of 3)");
    expect(page.get("waiting").textContent).toContain("Slow down");
    vi.advanceTimersByTime(2_000);
    expect(page.get("waiting").textContent).toContain("in 3 s");
    expect(page.button("stop").disabled).toBe(false);
    turn.phase("connecting");
    expect(page.all("waiting")).toHaveLength(0);
    turn.text("Here.");
    expect(page.answer.textContent).toContain("Here.");
  } finally {
    vi.useRealTimers();
  }
});
