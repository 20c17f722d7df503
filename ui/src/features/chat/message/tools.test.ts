import { afterEach, beforeEach, expect, test } from "vitest";
import type { MemoryTurn } from "../../../backend/memory/turn";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

async function calling(name = "run_command"): Promise<MemoryTurn> {
  const turn = await page.send("Look.");
  turn.toolArguments("call_1", name, '{"command":"cargo test"}');
  return turn;
}

test("a person is asked with exactly what will run, and the focus stays where it was", async () => {
  const turn = await calling();
  page.composer.focus();
  turn.ask(0, {
    title: "Run a command",
    command: "cargo test",
    program: "cargo",
    folder: "/home/ann/work",
    withheld: ["OPENAI_API_KEY"],
  });
  const card = page.get("approval");
  expect(card.dataset.tool).toBe("run_command");
  expect(page.get("approval-command").textContent).toBe("cargo test");
  expect(page.get("approval-folder").textContent).toBe("/home/ann/work");
  expect(page.get("approval-environment").textContent).toContain("without OPENAI_API_KEY");
  expect(page.button("approve-always").textContent).toContain("cargo");
  expect(document.activeElement).toBe(page.composer);
  page.button("approve-once").click();
  await page.until(() => page.all("approval").length === 0);
  expect(turn.answers).toEqual([{ part: 0, answer: "once" }]);
  expect(page.get("part").dataset).toMatchObject({ state: "running", tool: "run_command" });
});

test("Ctrl+J goes to the question, where letters answer it; in the composer they are letters", async () => {
  const turn = await calling();
  turn.ask(0);
  page.key("n");
  expect(turn.answers).toEqual([]);
  page.key("j", { ctrlKey: true });
  expect(document.activeElement).toBe(page.button("approve-once"));
  page.key("n", {}, page.button("approve-once"));
  await page.until(() => turn.answers.length === 1);
  expect(turn.answers).toEqual([{ part: 0, answer: "deny" }]);
});

test("a question is there again after a reload, and at its limit of steps the turn asks again", async () => {
  const turn = await calling();
  turn.ask(0, { title: "Run a command", command: "cargo test" });
  page = await page.reload();
  await page.until(() => page.all("approval").length === 1);
  page.button("approve-once").click();
  await page.until(() => turn.answers.length === 1);
  turn.stepLimit = 50;
  page = await page.reload();
  await page.until(() => page.all("step-limit").length === 1);
});

test("what cannot be allowed always does not offer it, by button or by key", async () => {
  const turn = await calling("fetch_page");
  turn.ask(0, { host: "example.org", canBeLasting: false });
  expect(page.all("approve-always")).toEqual([]);
  expect(page.button("approve-conversation").textContent).toContain("example.org");
  page.key("a", {}, page.button("approve-once"));
  expect(turn.answers).toEqual([]);
});

test("a question closes with the turn, and Esc still stops it", async () => {
  const turn = await calling();
  turn.ask(0);
  page.key("Escape", {}, page.button("approve-once"));
  await page.until(() => page.all("approval").length === 0);
  expect(turn.stopping).toBe(true);
  expect(page.get("part").dataset.state).toBe("interrupted-before-run");
  // Its arguments are whole: it was not run, and not cut off.
  expect(page.get("part").textContent).toContain("Not executed");
  expect(page.get("part").textContent).not.toContain("stopped here");
});

test("a result says which tool it is of, and that nothing came where nothing did", async () => {
  const turn = await calling("list_folder");
  turn.toolState(0, "running");
  turn.message.parts.push({
    kind: "tool-result",
    callId: "call_1",
    text: "",
    state: "interrupted-while-running",
  });
  turn.send({ type: "resync" });
  await page.until(() => page.all("part").length === 2);
  const result = page.all("part").find(({ dataset }) => dataset.kind === "tool-result");
  expect(result?.textContent).toContain("Result of list_folder");
  expect(result?.textContent).toContain("Nothing came.");
});

test("a question that is not open any more says so when it is answered", async () => {
  const turn = await calling();
  turn.ask(0);
  turn.approvals = [];
  page.button("approve-once").click();
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("closed already");
});

test("a running tool shows how far it is and what it writes, and can be stopped alone", async () => {
  const turn = await calling();
  turn.toolState(0, "running");
  turn.toolOutput("call_1", "line one\n");
  turn.send({ type: "tool-progress", part: 0, done: 1, total: 4, message: "Testing" });
  await page.until(() => page.get("tool-progress").textContent?.includes("Testing") ?? false);
  const result = page.all("part").find(({ dataset }) => dataset.kind === "tool-result");
  expect((result as HTMLDetailsElement).open).toBe(true);
  page.button("stop-tool").focus();
  page.button("stop-tool").click();
  await page.until(() => page.all("stop-tool").length === 0);
  await page.until(() => document.activeElement === page.composer);
  expect(page.get("stop").textContent).toContain("Stop");
  expect(turn.end).toBeNull();
});

test("what a server still works on for an earlier run is shown, stopped, and its result taken", async () => {
  const turn = await calling();
  turn.toolState(0, "running");
  turn.toolState(0, "interrupted-while-running");
  turn.interrupt("crash", turn.receipt("crash", null));
  await page.until(() => page.answer.dataset.state === "interrupted");
  const { conversationId, id: messageId } = turn.message;
  const task = { conversationId, messageId, part: 0, server: "ice", message: null, problem: null };
  page.backend.tasks = [{ ...task, message: "melting" }];
  page.backend.news({ type: "tasks-changed" });
  await page.until(() => page.all("stop-tool").length === 1);
  expect(page.get("part").textContent).toContain("Its server still works on it");
  expect(page.get("tool-progress").textContent).toBe("melting");
  expect(page.all("stop-all")).toHaveLength(1);
  page.backend.tasks = [{ ...task, message: "melting", problem: "It is not there." }];
  page.backend.news({ type: "tasks-changed" });
  await page.until(() => page.get("tool-progress").textContent === "It is not there.");
  page.button("stop-tool").click();
  await page.until(() => page.all("stop-tool").length === 0);
  expect(page.get("part").textContent).toContain("its effect is unknown");
  expect(page.get("notice").textContent).toContain("told to end");

  const call = turn.message.parts[0];
  if (call?.kind === "tool-call") call.state = "succeeded";
  page.backend.news({ type: "result-arrived", conversationId, messageId });
  await page.until(() => page.get("part").dataset.state === "succeeded");
});

test("a turn with tools can be ended after its step, by button and by key", async () => {
  await page.send("Look.");
  expect(page.all("stop-after-step")).toEqual([]);
  await page.close();
  page = await Page.open();
  await calling();
  page.key("Escape", { shiftKey: true });
  await page.until(() => page.button("stop-after-step").disabled);
  expect(page.button("stop").disabled).toBe(false);
});

test("a turn at its limit of steps asks whether to go on", async () => {
  const turn = await calling();
  turn.send({ type: "at-step-limit", steps: 50 });
  expect(page.get("step-limit").textContent).toContain("50 steps");
  page.button("continue-steps").focus();
  page.button("continue-steps").click();
  await page.until(() => page.all("step-limit").length === 0);
  await page.until(() => document.activeElement === page.composer);
});

test("of what a tool gives pictures are shown, and of addresses only the web's are links", async () => {
  const turn = await calling();
  turn.message.parts.push({
    kind: "tool-result",
    callId: "call_1",
    text: "Done.",
    state: "succeeded",
    contents: [
      { kind: "image", mediaType: "image/png", data: "iVBORw0KGgo=" },
      { kind: "image", mediaType: "image/svg+xml", data: "PHN2Zy8+" },
      { kind: "resource", uri: "javascript:alert(1)" },
      { kind: "resource", uri: "https://example.org/a" },
      { kind: "structured", value: { degrees: 7 } },
    ],
  });
  turn.send({ type: "resync" });
  await page.until(() => page.all("result-image").length === 1);
  const result = page.all("part").find(({ dataset }) => dataset.kind === "tool-result");
  expect(result?.querySelectorAll("button")).toHaveLength(1);
  expect(result?.textContent).toContain('"degrees": 7');
});
