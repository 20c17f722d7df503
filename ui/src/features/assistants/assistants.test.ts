/** Assistants: what a new conversation can start with, under a name. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Assistant, StartTurn } from "../../backend/generated";
import { Page } from "../../testing/page";
import { blankAssistant, duplicate, freeId, promptsOf } from "./assistant";

const geologist: Assistant = {
  id: "geologist",
  name: "Geologist",
  icon: "🪨",
  instructions: "You are {model}.",
  model: "example/large",
  temperature: 0.5,
  max_output_tokens: null,
  effort: "high",
  tools: null,
  prompts: ["What is a moraine?", "What is an esker?"],
};
const poet: Assistant = { ...blankAssistant([]), id: "poet", name: "Poet", icon: "P" };

let page: Page;
let sent: StartTurn[];

beforeEach(async () => {
  page = await Page.open();
  await page.backend.saveAssistant(geologist);
  await page.backend.saveAssistant(poet);
  page = await page.reload();
  sent = [];
  const start = page.backend.startTurn.bind(page.backend);
  vi.spyOn(page.backend, "startTurn").mockImplementation((request) => {
    sent.push(structuredClone(request));
    return start(request);
  });
});
afterEach(() => page.close());

const order = (): (string | undefined)[] =>
  page.all("assistant").map(({ dataset }) => dataset.assistant);

async function openPanel(): Promise<void> {
  page.key("A", { ctrlKey: true, shiftKey: true });
  await page.until(() => page.all("assistants-panel").length === 1);
}

test("a conversation starts with the assistant that was chosen, and the next one without", async () => {
  page
    .all("start-with")
    .find((chip) => chip.dataset.assistant === "geologist")
    ?.click();
  await page.until(() => page.all("starting-prompt").length === 2);
  page.button("starting-prompt").click();
  expect(page.composer.value).toBe("What is an esker?");
  page.key("Enter");
  await page.until(() => sent.length === 1);
  expect(sent[0]?.model).toBe("example/large");
  expect(sent[0]?.settings).toMatchObject({
    assistant: "geologist",
    instructions: "You are large.",
    temperature: 0.5,
    maxOutputTokens: null,
    effort: "high",
  });
  page.key("n", { ctrlKey: true });
  expect(page.workspace.answering.settings.assistant).toBeNull();
});

test("the default assistant is chosen for each new conversation, and none can be chosen", async () => {
  await page.workspace.change(page.backend.setDefaultAssistant("geologist"));
  expect(page.workspace.answering.settings.assistant).toBe("geologist");
  page.button("start-with-none").click();
  await page.until(() => page.workspace.answering.settings.assistant === null);
  expect(page.workspace.model?.model).toBe("embedded/SmolLM2-360M");
});

test("a list of assistants is begun with, ordered and made without a mouse", async () => {
  await openPanel();
  expect(order()).toEqual(["geologist", "poet"]);
  page.all("assistant-down")[0]?.click();
  await page.until(() => order()[0] === "poet");
  await page.until(() =>
    document.activeElement?.closest("[data-assistant]")?.getAttribute("data-assistant"),
  );
  page.all("assistant-begin")[1]?.click();
  await page.until(() => page.all("assistants-panel").length === 0);
  expect(page.workspace.answering.settings.assistant).toBe("geologist");
});

test("an assistant is added, duplicated, changed and removed", async () => {
  await openPanel();
  page.button("assistant-add").click();
  await page.until(() => page.all("assistant-name").length === 1);
  page.fill("assistant-name", "Chess teacher");
  page.fill("assistant-prompts", "What is a fork?\n\n  And a pin?  ");
  page.button("assistant-save").click();
  await page.until(() => order().length === 3);
  const made = page.backend.settings.assistants[2];
  expect(made).toMatchObject({
    id: "chess-teacher",
    icon: "C",
    prompts: ["What is a fork?", "And a pin?"],
  });
  page.all("assistant-duplicate")[2]?.click();
  await page.until(() => order().length === 4);
  expect(order()[3]).toBe("chess-teacher-2");
  page.all("assistant-remove")[0]?.click();
  await page.until(() => order()[0] === "poet");
});

test("what is refused stays in the form with the reason", async () => {
  await openPanel();
  page.all("assistant-edit")[0]?.click();
  await page.until(() => page.all("assistant-form").length === 1);
  vi.spyOn(page.backend, "saveAssistant").mockRejectedValue(new Error("The disk is full."));
  page.button("assistant-save").click();
  await page.until(() => document.querySelector("form [role='alert']"));
  expect((page.get("assistant-name") as HTMLInputElement).value).toBe("Geologist");
});

test("a file that is none is refused and changes nothing", async () => {
  await openPanel();
  const before = page.backend.settings.assistants.length;
  const refused = page.workspace.change(page.backend.importAssistants("no file"));
  expect(await refused).toBe(false);
  expect(page.backend.settings.assistants).toHaveLength(before);
});

test("ids are free, and prompts are lines", () => {
  expect(freeId("Échecs & co", [])).toBe("échecs-co");
  expect(freeId("!", [])).toBe("assistant");
  expect(duplicate(geologist, [geologist]).id).toBe("geologist-2");
  expect(promptsOf(" a \n\nb")).toEqual(["a", "b"]);
});

/** Presses the button at that place by a key: it has the focus. */
function press(testid: string, place = 0): void {
  page.all(testid)[place]?.focus();
  page.all(testid)[place]?.click();
}

async function isAt(testid: string, place = 0): Promise<void> {
  await page.until(() => document.activeElement === page.all(testid)[place]);
}

test("what is typed into the form is not thrown away unasked, whatever leads away", async () => {
  await openPanel();
  press("assistant-edit", 1);
  await page.until(() => page.all("assistant-form").length === 1);
  const field = page.fill("assistant-name", "Typed");
  const aways = [
    () => page.key("Escape", {}, field),
    () => page.button("assistants-panel-close").click(),
    () => press("assistant-edit"),
    () => press("assistant-begin"),
    () => page.button("assistant-cancel").click(),
  ];
  for (const away of aways) {
    away();
    await page.until(() => page.all("discard").length === 1);
    page.button("discard-no").click();
    await page.until(() => page.all("discard").length === 0);
    expect(page.field("assistant-name").value).toBe("Typed");
  }
  page.key("Escape", {}, page.field("assistant-name"));
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-yes").click();
  await page.until(() => page.all("assistant-form").length === 0);
  await isAt("assistant-edit", 1);
  expect(page.all("assistants-panel")).toHaveLength(1);
});

test("the focus goes along with what a key makes, saves and takes away", async () => {
  await openPanel();
  press("assistant-add");
  await isAt("assistant-name");
  press("assistant-cancel");
  await isAt("assistant-add");
  press("assistant-edit");
  await isAt("assistant-name");
  press("assistant-save");
  await isAt("assistant-edit");
  press("assistant-default", 1);
  await page.until(() => page.all("assistant-no-default").length === 1);
  press("assistant-no-default");
  await page.until(() => page.all("assistant-no-default").length === 0);
  await isAt("assistant-default", 1);
  press("assistant-remove");
  await page.until(() => page.all("assistant").length === 1);
  await isAt("assistant-remove");
  press("assistant-remove");
  await isAt("assistant-add");
});
