import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FormField } from "../../../backend/generated";
import type { MemoryTurn } from "../../../backend/memory/turn";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const options = [
  { value: "s", title: "Small" },
  { value: "l", title: "Large" },
];

function field(name: string, input: FormField["input"], required = false): FormField {
  return { name, title: `The ${name}`, description: null, required, input };
}

const fields: FormField[] = [
  field(
    "name",
    { kind: "text", format: null, minLength: null, maxLength: null, default: "" },
    true,
  ),
  field("age", { kind: "number", whole: true, minimum: 1, maximum: null, default: "7" }),
  field("sure", { kind: "flag", default: true }),
  field("size", { kind: "choice", options, default: "l" }),
  field("sizes", { kind: "choices", options, minItems: null, maxItems: null, default: ["s"] }),
];

async function calling(): Promise<MemoryTurn> {
  const turn = await page.send("Look.");
  turn.toolArguments("call_1", "who", "{}");
  turn.toolState(0, "running");
  return turn;
}

function control<T extends HTMLElement>(name: string, selector: string): T {
  const found = page.get("elicitation").querySelector<T>(`[data-field="${name}"] ${selector}`);
  if (!found) throw new Error(`no ${selector} in ${name}`);
  return found;
}

function type(name: string, text: string): void {
  const input = control<HTMLInputElement>(name, "input");
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function submit(): void {
  page.button("elicitation-accept").click();
}

test("a form has a field of each kind with its default, and what is filled in goes to the server", async () => {
  const turn = await calling();
  page.composer.focus();
  turn.elicit(0, { wanted: { kind: "form", fields }, message: "Who?\nReally?" });
  expect(page.get("elicitation").dataset.server).toBe("files");
  expect(page.get("elicitation").textContent).toContain("Question from the server “files”");
  expect(page.get("elicitation-message").textContent).toBe("Who?\nReally?");
  expect(document.activeElement).toBe(page.composer);
  expect(control<HTMLInputElement>("age", "input").value).toBe("7");
  expect(control<HTMLInputElement>("sure", "input").checked).toBe(true);
  expect(control<HTMLSelectElement>("size", "select").value).toBe("l");
  control<HTMLInputElement>("sizes", 'input[value="l"]').click();

  submit();
  await page.until(() => page.all("elicitation-problem").length === 1);
  expect(document.activeElement).toBe(control("name", "input"));
  expect(turn.replies).toEqual([]);
  type("name", "Ann");
  submit();
  await page.until(() => page.all("elicitation").length === 0);
  const values = { name: "Ann", age: "7", sure: true, size: "l", sizes: ["s", "l"] };
  expect(turn.replies).toEqual([{ id: 1, reply: { action: "accept", values } }]);
});

test("what was typed stays when the state is read anew, and when the conversation is left", async () => {
  const turn = await calling();
  turn.elicit(0, { wanted: { kind: "form", fields } });
  page.key("j", { ctrlKey: true });
  expect(document.activeElement).toBe(control("name", "input"));
  type("name", "An");
  turn.send({ type: "resync" });
  await page.until(() => turn.viewers === 1 && page.all("elicitation").length === 1);
  expect(control<HTMLInputElement>("name", "input").value).toBe("An");
  const before = page.workspace.currentId;
  page.workspace.newConversation();
  await page.until(() => page.all("elicitation").length === 0);
  if (before) await page.workspace.open(before);
  await page.until(() => page.all("elicitation").length === 1);
  expect(control<HTMLInputElement>("name", "input").value).toBe("An");
});

test("a question is declined or closed by its buttons, and Esc in it stops the turn", async () => {
  const turn = await calling();
  turn.elicit(0, { wanted: { kind: "form", fields } });
  page.button("elicitation-decline").click();
  await page.until(() => turn.replies.length === 1);
  turn.elicit(0, { wanted: { kind: "form", fields } });
  page.button("elicitation-cancel").click();
  await page.until(() => turn.replies.length === 2);
  expect(turn.replies.map(({ reply }) => reply.action)).toEqual(["decline", "cancel"]);
  turn.elicit(0, { wanted: { kind: "form", fields } });
  page.key("Escape", {}, control("name", "input"));
  await page.until(() => page.all("elicitation").length === 0);
  expect(turn.stopping).toBe(true);
});

test("a question that is not open any more says so when it is answered", async () => {
  const turn = await calling();
  turn.elicit(0, { wanted: { kind: "form", fields: [] } });
  turn.elicitations = [];
  submit();
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("Nothing was sent");
});

test("of a page to visit the whole address is shown, and it is opened before it is accepted", async () => {
  const opened = vi.spyOn(page.backend, "openLink").mockResolvedValue();
  const turn = await calling();
  const url = "https://sign-in.example.org/a?b=c";
  turn.elicit(0, { wanted: { kind: "page", url } });
  expect(page.get("elicitation-address").textContent.trim()).toBe(url);
  expect(page.get("elicitation-address").querySelector("strong")?.textContent).toBe(
    "sign-in.example.org",
  );
  expect(opened).not.toHaveBeenCalled();
  submit();
  await page.until(() => turn.replies.length === 1);
  expect(opened).toHaveBeenCalledWith(url);
  expect(turn.replies[0]?.reply).toEqual({ action: "accept", values: {} });
});

test("once a page was opened, the person says when they are done there", async () => {
  const opened = vi.spyOn(page.backend, "openLink").mockResolvedValue();
  const turn = await calling();
  const url = "https://connect.example.org/";
  turn.elicit(0, { wanted: { kind: "visited", url }, message: "" });
  expect(page.get("elicitation").textContent).toContain("when you have finished on this page");
  expect(page.all("elicitation-message")).toEqual([]);
  page.button("elicitation-open-again").click();
  expect(opened).toHaveBeenCalledTimes(1);
  expect(page.button("elicitation-accept").textContent).toBe("Continue");
  submit();
  await page.until(() => turn.replies.length === 1);
  expect(opened).toHaveBeenCalledTimes(1);
  expect(turn.replies[0]?.reply).toEqual({ action: "accept", values: {} });
});

test("an answer that is loaded anew shows the question that is open", async () => {
  const turn = await calling();
  turn.elicit(0, { wanted: { kind: "form", fields } });
  page = await page.reload();
  await page.until(() => page.all("elicitation").length === 1);
});
