import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/** What a press on the empty part of the window leaves. */
function nothingHasFocus(): void {
  page.composer.blur();
  expect(document.activeElement).toBe(document.body);
}

test("what is typed or pasted while nothing has the focus goes to the composer", () => {
  for (const [key, init] of [
    ["H", { shiftKey: true }],
    ["h", {}],
    ["v", { ctrlKey: true }],
  ] as const) {
    nothingHasFocus();
    const event = page.key(key, init, document.body);
    expect(document.activeElement).toBe(page.composer);
    // The letter follows the focus only where nobody has taken the key.
    expect(event.defaultPrevented).toBe(false);
  }
});

test("keys that write nothing, and keys while a dialog is open, leave the focus", async () => {
  for (const [key, init] of [
    [" ", {}],
    ["PageUp", {}],
    ["Shift", { shiftKey: true }],
    ["c", { ctrlKey: true }],
    ["x", { altKey: true }],
  ] as const) {
    nothingHasFocus();
    page.key(key, init, document.body);
    expect(document.activeElement).toBe(document.body);
  }
  page.key("?", {}, document.body);
  await page.until(() => page.all("keys").length === 1);
  (document.activeElement as HTMLElement).blur();
  page.key("h", {}, document.body);
  expect(document.activeElement).not.toBe(page.composer);
});

test("a press beside the text of the composer means the text", () => {
  const press = (target: Element): MouseEvent => {
    const event = new MouseEvent("mousedown", { bubbles: true, cancelable: true });
    target.dispatchEvent(event);
    return event;
  };
  const frame = page.composer.parentElement as HTMLElement;
  nothingHasFocus();
  expect(press(frame).defaultPrevented).toBe(true);
  expect(document.activeElement).toBe(page.composer);
  // Inside the text it puts the cursor, and on a button it presses.
  for (const own of [page.composer, page.get("attach")])
    expect(press(own).defaultPrevented).toBe(false);
});
