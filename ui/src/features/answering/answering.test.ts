/** A conversation has a model, instructions and settings of its own. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { nearest } from "../../app/efforts";
import { fill } from "../../app/instructions";
import type { StartTurn, Usage } from "../../backend/generated";
import { Page } from "../../testing/page";
import { said } from "./fields";

const USAGE: Usage = {
  source: "reported",
  method: null,
  inputTokens: 9,
  cachedInputTokens: null,
  outputTokens: 3,
  reasoningTokens: null,
};

let page: Page;
let sent: StartTurn[];

beforeEach(async () => {
  page = await Page.open();
  page.backend.settings = { ...page.backend.settings, defaultModel: "example/large" };
  page = await page.reload();
  sent = [];
  const start = page.backend.startTurn.bind(page.backend);
  vi.spyOn(page.backend, "startTurn").mockImplementation((request) => {
    sent.push(structuredClone(request));
    return start(request);
  });
});
afterEach(() => page.close());

async function answered(words: string): Promise<string> {
  const turn = await page.send(words);
  turn.text("Yes.");
  turn.complete(USAGE);
  await page.until(() => page.answer.dataset.state === "complete");
  return turn.message.conversationId;
}

async function openPanel(): Promise<void> {
  page.key("i", { ctrlKey: true });
  await page.until(() => page.all("instructions").length === 1);
}

async function closePanel(): Promise<void> {
  page.button("conversation-panel-close").click();
  await page.until(() => page.all("instructions").length === 0);
}

test("what is set before the first message goes along with it, and the next one starts anew", async () => {
  await openPanel();
  page.fill("instructions", "Answer as {model}.");
  page.fill("temperature", "0,25");
  page.fill("output-limit", "512");
  await closePanel();
  expect(sent).toHaveLength(0);
  const id = await answered("One");
  const expected = {
    assistant: null,
    model: "example/large",
    instructions: "Answer as large.",
    temperature: 0.25,
    maxOutputTokens: 512,
    effort: null,
    tools: null,
  };
  expect(sent[0]?.settings).toEqual(expected);
  expect(page.backend.conversations.get(id)?.settings).toEqual(expected);
  page.key("n", { ctrlKey: true });
  await answered("Two");
  expect(sent[1]?.settings?.instructions).toBe("");
});

test("a change in a conversation is kept at once and holds after a reload", async () => {
  const id = await answered("One");
  await openPanel();
  page.fill("instructions", "Be brief.");
  await closePanel();
  await page.until(() => page.backend.conversations.get(id)?.settings.instructions === "Be brief.");
  location.hash = id;
  page = await page.reload();
  await page.until(() => page.workspace.thread?.loaded);
  await openPanel();
  expect(page.field("instructions").value).toBe("Be brief.");
});

test("a conversation keeps its model when another becomes the default", async () => {
  const first = await answered("One");
  page.key("n", { ctrlKey: true });
  await page.workspace.chooseModel("example/small");
  expect(page.backend.settings.defaultModel).toBe("example/small");
  await answered("Two");
  expect(sent[1]?.model).toBe("example/small");
  await page.workspace.open(first);
  expect(page.get("model-picker").textContent).toContain("large");
  await answered("Three");
  expect(sent[2]?.model).toBe("example/large");
});

test("a model that is chosen in a conversation is that conversation's, and no default", async () => {
  const id = await answered("One");
  await page.workspace.chooseModel("example/small");
  expect(page.backend.settings.defaultModel).toBe("example/large");
  expect(page.backend.conversations.get(id)?.settings.model).toBe("example/small");
  await answered("Two");
  expect(sent[1]?.model).toBe("example/small");
});

test("a retry by another model makes a branch and leaves the conversation's model", async () => {
  await answered("One");
  page.button("retry-with").click();
  await page.until(() => page.all("model-search").length === 1);
  const small = page.all("model-option").find((row) => row.dataset.model === "example/small");
  small?.click();
  await page.until(() => sent.length === 2);
  expect(sent[1]?.model).toBe("example/small");
  expect(sent[1]?.text).toBeNull();
  expect(page.get("model-picker").textContent).toContain("large");
  await page.until(() => page.get("answered-by").textContent.includes("small"));
});

test("the dial offers what the model has and is sent with the next message", async () => {
  page.key("e", { ctrlKey: true });
  await page.until(() => page.all("effort-high").length === 1);
  expect(page.all("effort-most")).toHaveLength(0);
  page.get("effort-high").click();
  await page.until(() => page.get("effort").dataset.effort === "high");
  await answered("One");
  expect(sent[0]?.settings?.effort).toBe("high");
  // In the middle of the conversation.
  await page.workspace.answering.change({ effort: "off" });
  await answered("Two");
  expect(sent[1]?.settings?.effort).toBe("off");
});

test("an effort is the default of its model for new conversations once the person says so", async () => {
  await page.workspace.answering.change({ effort: "low" });
  await page.workspace.change(page.backend.setModelEffort("example/large", "low"));
  await answered("One");
  page.key("n", { ctrlKey: true });
  expect(page.get("effort").dataset.effort).toBe("low");
  await page.workspace.chooseModel("example/small");
  // Nothing is known to be set there.
  expect(page.all("effort")).toHaveLength(0);
});

test("a number that is not right keeps the panel open once, and nothing else is lost", async () => {
  const id = await answered("One");
  await openPanel();
  page.fill("instructions", "Be brief.");
  page.fill("temperature", "7");
  page.button("conversation-panel-close").click();
  await page.until(() => document.querySelector("[role='alert']"));
  expect(page.all("instructions")).toHaveLength(1);
  page.button("conversation-panel-close").click();
  await page.until(() => page.all("instructions").length === 0);
  const kept = page.backend.conversations.get(id)?.settings;
  expect([kept?.instructions, kept?.temperature]).toEqual(["Be brief.", null]);
});

test("the panel stays that of its conversation when a key brings another on the screen", async () => {
  const first = await answered("One");
  await page.workspace.answering.change({ effort: "high" });
  page.key("n", { ctrlKey: true });
  const second = await answered("Two");
  page.key("ArrowDown", { altKey: true });
  await page.until(() => page.workspace.currentId === first);
  await page.until(() => page.workspace.thread?.loaded);
  await openPanel();
  expect(page.get("panel-effort-high").dataset.state).toBe("checked");
  page.key("ArrowUp", { altKey: true });
  await page.until(() => page.workspace.currentId === second);
  await page.until(() => page.workspace.thread?.loaded);
  expect(page.get("panel-effort-high").dataset.state).toBe("checked");
  page.get("panel-effort-low").click();
  await page.until(() => page.backend.conversations.get(first)?.settings.effort === "low");
  expect(page.backend.conversations.get(second)?.settings.effort).toBeNull();
});

test("a change that could not be kept is told and not shown", async () => {
  await answered("One");
  vi.spyOn(page.backend, "setConversationSettings").mockRejectedValue(
    new Error("The disk is full."),
  );
  expect(await page.workspace.answering.change({ effort: "high" })).toBe(false);
  expect(page.get("effort").dataset.effort).toBe("automatic");
  expect(document.body.textContent).toContain("The disk is full.");
});

test("settings of a first message that was not sent are there again", async () => {
  await page.workspace.answering.change({ instructions: "Be brief, {model}." });
  vi.spyOn(page.backend, "startTurn").mockRejectedValueOnce(new Error("No."));
  page.type("One");
  page.key("Enter");
  await page.until(() => page.composer.value === "One");
  expect(page.workspace.answering.settings.instructions).toBe("Be brief, {model}.");
});

test("reasoning that was billed and not shown is told with its tokens", async () => {
  const turn = await page.send("One");
  turn.text("Yes.");
  turn.complete({ ...USAGE, outputTokens: 1300, reasoningTokens: 1234 });
  const told = await page.until(() => page.all("hidden-reasoning").at(0));
  expect(told.textContent).toContain("hidden by the provider");
  expect(told.textContent).toMatch(/1.?234 tokens/);
});

test("the dial says what is sent where a model has not what was chosen", () => {
  expect(nearest(["low", "high"], "medium")).toBe("low");
  expect(nearest(["low", "high"], "off")).toBe("low");
  expect(nearest(["off", "low"], "most")).toBe("low");
  expect(nearest(["off", "medium"], "low")).toBe("medium");
  expect(nearest([], "low")).toBeNull();
});

test("instructions are filled in where they leave something open", () => {
  const date = new Date(2026, 10, 26);
  const filled = fill("{date}: you are {model}, not {Model}. $&", "$1", date);
  expect(filled).toContain("2026");
  expect(filled).toContain("you are $1, not {Model}. $&");
});

test("numbers are read as people write them", () => {
  const read = (temperature: string, limit: string) =>
    said({ instructions: "", temperature, limit });
  expect(read(" 0,5 ", "10")).toEqual({
    instructions: "",
    temperature: 0.5,
    maxOutputTokens: 10,
  });
  for (const [temperature, limit] of [
    ["2.1", ""],
    ["hot", ""],
    ["", "0"],
    ["", "1.5"],
    ["", "5000000000"],
  ] as const) {
    expect(read(temperature, limit)).toBeNull();
  }
});
