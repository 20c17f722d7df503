/** Whose key it is: the input method's, the press that is held on, or ours. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/**
 * Confirms a candidate as WebKit on macOS does: the Enter comes after the composition's end, with
 * the key code 229 and without `isComposing`.
 */
function confirmCandidate(
  field: HTMLInputElement | HTMLTextAreaElement,
  text: string,
): KeyboardEvent {
  field.focus();
  const composition = (type: string, data: string): void => {
    field.dispatchEvent(new CompositionEvent(type, { bubbles: true, data }));
  };
  composition("compositionstart", "");
  composition("compositionupdate", "はる");
  field.value = text;
  composition("compositionend", text);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  return page.key("Enter", { keyCode: 229 }, field);
}

function both(field: () => HTMLElement): void {
  for (const init of [{ keyCode: 229 }, { isComposing: true }]) {
    expect(page.key("Escape", init, field()).defaultPrevented).toBe(false);
  }
}

test("an input method's Enter and Esc send, stop and close nothing in the composer", async () => {
  expect(confirmCandidate(page.composer, "春").defaultPrevented).toBe(false);
  expect(page.backend.turns.size).toBe(0);
  expect(page.composer.value).toBe("春");
  page.key("Enter", { keyCode: 13 });
  const turn = await page.turnAfter(0);
  both(() => page.composer);
  expect(turn.stopping).toBe(false);
});

test("nor in the edit of a question", async () => {
  const turn = await page.send("Hello");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  page.button("edit").click();
  confirmCandidate(page.get("edit-text") as HTMLTextAreaElement, "春");
  both(() => page.get("edit-text"));
  expect(page.backend.turns.size).toBe(1);
  page.key("Enter", { keyCode: 13 }, page.get("edit-text"));
  await page.turnAfter(1);
});

test("nor in the title of a conversation", async () => {
  await page.send("Hello");
  page.key("F2", {}, page.get("conversation-item").querySelector("button") as Element);
  confirmCandidate(page.get("conversation-rename-field") as HTMLInputElement, "春");
  both(() => page.get("conversation-rename-field"));
  page.key("Enter", { keyCode: 13 }, page.get("conversation-rename-field"));
  await page.until(() => page.get("conversation-item").textContent.includes("春"));
});

test("nor in the search of models, nor in a dialog of the library", async () => {
  page.button("model-picker").click();
  await page.until(() => page.all("model-search").length === 1);
  const before = page.backend.settings.defaultModel;
  confirmCandidate(page.get("model-search") as HTMLInputElement, "large");
  both(() => page.get("model-search"));
  expect(page.backend.settings.defaultModel).toBe(before);
  page.key("Enter", { keyCode: 13 }, page.get("model-search"));
  await page.until(() => page.backend.settings.defaultModel === "example/large");
  page.button("settings").click();
  await page.until(() => page.all("provider-add").length === 1);
  page.button("provider-add").click();
  both(() => page.get("provider-name"));
  await page.until(() => page.workspace.layers.settings && page.all("provider-form").length === 1);
});

test("an Enter that is held on sends nothing and presses nothing", async () => {
  page.type("Hello");
  expect(page.key("Enter", { repeat: true }).defaultPrevented).toBe(true);
  expect(page.backend.turns.size).toBe(0);
  const stopAll = page.key("Enter", { repeat: true }, page.get("settings"));
  expect(stopAll.defaultPrevented).toBe(true);
  expect(page.composer.value).toBe("Hello");
});

test("a Del that is held on deletes one conversation", async () => {
  for (const words of ["One", "Two"]) {
    (await page.send(words)).complete(reported);
    page.button("new-conversation").click();
  }
  const opener = page.get("conversation-item").querySelector("button") as Element;
  page.key("Delete", { repeat: true }, opener);
  expect(page.backend.conversations.size).toBe(2);
});
