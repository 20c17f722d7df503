import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../../testing/page";
import { asked, matching, nextField } from "./template";

const PROMPTS = [
  { name: "Translate", text: "Translate into {language}, {tone}:\n\n{text}" },
  { name: "Review code", text: "Review this code." },
  { name: "Code comment", text: "Comment {code}." },
];

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.workspace.settings = await page.backend.setPrompts(PROMPTS);
});
afterEach(() => page.close());

function options(): string[] {
  return page.all("prompt-option").map((option) => option.querySelector("strong")!.textContent);
}

function selected(): string {
  const { value, selectionStart, selectionEnd } = page.composer;
  return value.slice(selectionStart, selectionEnd);
}

test("a slash that begins the draft asks for prompts, and elsewhere it is a slash", () => {
  expect(asked("/")).toBe("");
  expect(asked("/tra")).toBe("tra");
  for (const text of ["", "a /tra", "//", "/one\ntwo"].slice(0, 2)) expect(asked(text)).toBeNull();
  expect(asked("/one\ntwo")).toBeNull();
});

test("names that begin with what is typed come before those that have it", () => {
  expect(matching(PROMPTS, "co").map(({ name }) => name)).toEqual(["Code comment", "Review code"]);
  expect(matching(PROMPTS, "code rev").map(({ name }) => name)).toEqual(["Review code"]);
  expect(matching(PROMPTS, "x")).toEqual([]);
});

test("fields are found forwards and backwards", () => {
  const text = "{a} and {b}";
  expect(nextField(text, 0, 1)).toEqual({ from: 0, to: 3 });
  expect(nextField(text, 3, 1)).toEqual({ from: 8, to: 11 });
  expect(nextField(text, 8, -1)).toEqual({ from: 0, to: 3 });
  expect(nextField(text, 11, 1)).toBeNull();
});

test("the list filters as one types, Enter inserts, and Tab walks the fields", () => {
  page.type("/");
  expect(options()).toEqual(["Translate", "Review code", "Code comment"]);
  page.type("/co");
  expect(options()).toEqual(["Code comment", "Review code"]);
  page.type("/tr");
  const enter = page.key("Enter");
  expect(enter.defaultPrevented).toBe(true);
  expect(page.backend.turns.size).toBe(0);
  expect(page.composer.value).toBe(PROMPTS[0]!.text);
  expect(selected()).toBe("{language}");
  page.key("Tab");
  expect(selected()).toBe("{tone}");
  page.key("Tab", { shiftKey: true });
  expect(selected()).toBe("{language}");
  page.key("Tab");
  page.key("Tab");
  expect(selected()).toBe("{text}");
  // After the last one Tab leaves the composer, as always.
  expect(page.key("Tab").defaultPrevented).toBe(false);
});

test("arrows choose, and what is chosen is told to those who listen", () => {
  page.type("/");
  const active = (): string | null => page.composer.getAttribute("aria-activedescendant");
  const first = active();
  page.key("ArrowDown");
  expect(active()).not.toBe(first);
  const option = document.getElementById(active()!);
  expect(option?.getAttribute("aria-selected")).toBe("true");
  page.key("Tab");
  expect(page.composer.value).toBe("Review this code.");
});

test("Esc closes the list, and Enter sends what is typed then", async () => {
  page.type("/tr");
  page.key("Escape");
  expect(page.all("prompts")).toHaveLength(0);
  page.key("Enter");
  await page.until(() => page.backend.turns.size === 1);
});

/** Opens the settings, and there the form of a new prompt. */
async function beginPrompt(): Promise<void> {
  page.workspace.layers.settings = true;
  await page.until(() => page.all("prompt-add").length === 1);
  page.button("prompt-add").click();
}

test("a prompt that was typed is not thrown away unasked", async () => {
  await beginPrompt();
  page.fill("prompt-text", "Translate this.");
  page.button("prompt-cancel").click();
  await page.until(() => page.all("discard").length === 1);
  page.button("discard-no").click();
  await page.until(() => page.all("discard").length === 0);
  expect(page.field("prompt-text").value).toBe("Translate this.");
  page.button("prompt-cancel").click();
  page.button("discard-yes").click();
  await page.until(() => page.all("prompt-form").length === 0);
});

test("prompts are added, changed and removed in the settings", async () => {
  await beginPrompt();
  page.fill("prompt-name", "translate");
  page.fill("prompt-text", "Again");
  page.button("prompt-save").click();
  await page.until(() => page.all("prompt-problem").length === 1);
  page.fill("prompt-name", "Shorten");
  page.button("prompt-save").click();
  await page.until(() => page.workspace.settings.prompts.length === 4);
  page.button("prompt-remove").click();
  await page.until(() => page.workspace.settings.prompts.length === 3);
});
