/** One registry: what it lists is what the keyboard does. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../testing/page";
import { shellStrings } from "../strings/shell";
import { commandFor, keys } from "./commands";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/** A press of each command's key, as a system that is not a Mac sends it. */
const presses: Record<string, KeyboardEventInit> = {
  escape: { key: "Escape" },
  stopAfterStep: { key: "Escape", shiftKey: true },
  stopAll: { key: "Escape", ctrlKey: true, shiftKey: true },
  tool: { key: "j", ctrlKey: true },
  newConversation: { key: "n", ctrlKey: true },
  newWindow: { key: "N", ctrlKey: true, shiftKey: true },
  search: { key: "F", ctrlKey: true, shiftKey: true },
  find: { key: "f", ctrlKey: true },
  previous: { key: "ArrowUp", altKey: true },
  next: { key: "ArrowDown", altKey: true },
  settings: { key: ",", ctrlKey: true },
  sidebar: { key: "b", ctrlKey: true },
  usage: { key: "u", ctrlKey: true },
  conversation: { key: "i", ctrlKey: true },
  branches: { key: "B", ctrlKey: true, shiftKey: true },
  assistants: { key: "A", ctrlKey: true, shiftKey: true },
  effort: { key: "e", ctrlKey: true },
  filing: { key: "M", ctrlKey: true, shiftKey: true },
  keys: { key: "?", shiftKey: true },
};

test("each action has one row in the list of keys, and each key stands there once", () => {
  expect(keys.map(({ id }) => id).sort()).toEqual(Object.keys(shellStrings.commands).sort());
  expect(new Set(keys.map(({ key }) => key)).size).toBe(keys.length);
});

test("each command is found by its own key and by no other command's", () => {
  const found = Object.values(presses).map(
    (press) => commandFor(new KeyboardEvent("keydown", press))?.id,
  );
  expect(found).toEqual(Object.keys(presses));
  const commands = keys.filter((key) => "run" in key).map(({ id }) => id);
  expect(commands.sort()).toEqual(Object.keys(presses).sort());
});

test("a letter that is typed with AltGr and Shift is no command", () => {
  for (const key of ["A", "B", "F", "N"]) {
    const typed = { key, ctrlKey: true, altKey: true, shiftKey: true };
    expect(commandFor(new KeyboardEvent("keydown", typed))).toBeUndefined();
  }
});

test("the list of keys opens from the window too, and shows all of the registry", async () => {
  page.button("keys-open").click();
  const list = await page.until(() => page.all("keys").at(0));
  expect([...list.querySelectorAll("kbd")].map(({ textContent }) => textContent)).toEqual(
    keys.map(({ key }) => key),
  );
});

test("a key that is held on does its work once", () => {
  page.key("b", { ctrlKey: true });
  expect(page.workspace.layers.sidebar).toBe(false);
  expect(page.key("b", { ctrlKey: true, repeat: true }).defaultPrevented).toBe(true);
  expect(page.workspace.layers.sidebar).toBe(false);
});

test("the keys that walk the conversations stop at the ends of the list", async () => {
  for (const words of ["One", "Two"]) {
    page.key("n", { ctrlKey: true });
    await page.send(words);
  }
  const [first, last] = page.workspace.list.all.map(({ id }) => id);
  const at = (id: string | undefined) => () => page.workspace.currentId === id;
  page.key("ArrowDown", { altKey: true });
  await page.until(at(last));
  page.key("ArrowDown", { altKey: true });
  expect(page.workspace.currentId).toBe(last);
  page.key("ArrowUp", { altKey: true });
  await page.until(at(first));
  page.key("ArrowUp", { altKey: true });
  expect(page.workspace.currentId).toBe(first);
});
