import { afterEach, beforeEach, expect, test } from "vitest";
import type { ErrorCategory, ProviderError } from "../../../backend/generated";
import { Page } from "../../../testing/page";
import { remedyOf } from "./remedy";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  await page.backend.setDefaultModel("example/large");
  await page.reload().then((again) => (page = again));
});
afterEach(() => page.close());

function error(category: ErrorCategory, message = "It failed."): ProviderError {
  return { ...BLANK, category, message };
}

const BLANK = { providerText: "Said so.", status: 400, retryAfterMs: null, retryable: false };

async function fail(category: ErrorCategory, message?: string): Promise<HTMLButtonElement> {
  const turn = await page.send("What is a moraine?");
  turn.fail(error(category, message));
  const card = await page.until(() => page.all("error").at(-1));
  expect(card.dataset.category).toBe(category);
  expect(card.querySelector("details")?.open).toBe(false);
  expect(card.querySelector("pre")?.textContent).toBe("Said so.");
  expect(card.querySelectorAll("button")).toHaveLength(1);
  return page.button("remedy");
}

test("each category asks for one thing", () => {
  const expected: [ErrorCategory, string][] = [
    ["authentication", "key"],
    ["rate-limit", "retry"],
    ["overloaded", "retry"],
    ["network", "retry"],
    ["protocol", "retry"],
    ["engine", "retry"],
    ["storage", "retry"],
    ["prompt-too-long", "model"],
    ["content-filter", "edit"],
    ["answer-too-long", "edit"],
    ["bad-request", "settings"],
    ["wrong-address", "settings"],
    ["unknown-model", "model"],
    ["unknown", "retry"],
    ["file", "edit"],
    ["request-too-large", "edit"],
  ];
  for (const [category, remedy] of expected) expect(remedyOf(error(category))).toBe(remedy);
  const unknown = error("bad-request", 'The provider does not know the model "x".');
  expect(remedyOf(unknown)).toBe("model");
});

test("a file that was not accepted is left out by one click, asked without, and kept", async () => {
  const picture = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 0])], "bad.png");
  await page.workspace.attach([picture]);
  const turn = await page.send("What is it?");
  const question = turn.message.parentId ?? "";
  const files = [{ messageId: question, part: 0, name: "bad.png" }];
  turn.fail({ ...error("file"), files });
  await page.until(() => page.all("error").length === 1);
  const remedy = page.button("remedy");
  expect(remedy.textContent).toContain("bad.png");
  remedy.click();
  await page.turnAfter(1);
  const view = await page.backend.openConversation(turn.message.conversationId);
  expect(view.messages[0]?.parts[0]).toMatchObject({ name: "bad.png", leftOut: true });
  expect(page.all("message")[0]?.textContent).toContain("left out");
});

test("a refused key leads to the provider's settings with the key in focus", async () => {
  (await fail("authentication")).click();
  await page.until(() => document.activeElement === page.all("provider-key")[0]);
  expect(page.all("provider-preset")).toHaveLength(0);
  expect((page.get("provider-id") as HTMLInputElement).value).toBe("example");
});

test("a conversation that is too long leads to the picker", async () => {
  (await fail("prompt-too-long")).click();
  await page.until(() => page.all("model-search").length === 1);
});

test("a filter's refusal leads to the message that was refused", async () => {
  (await fail("content-filter")).click();
  await page.until(() => page.all("edit-text").length === 1);
  expect((page.get("edit-text") as HTMLTextAreaElement).value).toBe("What is a moraine?");
});

test("what may pass is tried again, once", async () => {
  const button = await fail("network");
  button.click();
  const turn = await page.turnAfter(1);
  turn.text("Here.");
  expect(page.backend.turns.size).toBe(2);
  expect(page.answer.textContent).toContain("Here.");
});

test("a bad request leads to the provider's settings, and its key is left alone", async () => {
  (await fail("bad-request")).click();
  await page.until(() => page.all("provider-form").length === 1);
  expect(document.activeElement).not.toBe(page.get("provider-key"));
});
