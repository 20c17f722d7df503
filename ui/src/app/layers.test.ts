/** Esc closes what lies on top, one press at a time, and stops only where nothing does. */
import { flushSync } from "svelte";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MemoryTurn } from "../backend/memory/turn";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/** Where the focus is, as a real key goes. */
function esc(init: KeyboardEventInit = {}): KeyboardEvent {
  return page.key("Escape", init, document.activeElement ?? document.body);
}

async function complete(question: string): Promise<void> {
  const turn = await page.send(question);
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
}

const opener = (): HTMLButtonElement =>
  page.get("conversation-item").querySelector("button") as HTMLButtonElement;

test("an edit that stays open in one conversation keeps Esc from nothing in another, and is kept", async () => {
  await complete("First words");
  page.button("edit").click();
  page.fill("edit-text", "First words, changed");
  page.button("new-conversation").click();
  const turn = await page.send("Hello");
  page.key("Escape");
  expect(turn.stopping).toBe(true);
  page.key("ArrowDown", { altKey: true });
  const field = await page.until(() => page.all("edit-text")[0]);
  expect((field as HTMLTextAreaElement).value).toBe("First words, changed");
  field.focus();
  esc();
  expect(page.all("edit-text")).toHaveLength(0);
});

/** Each thing that can lie open while an answer is written, and whether it still does. */
const surfaces: [name: string, open: () => Promise<unknown>, isOpen: () => boolean][] = [
  [
    "settings",
    async () => {
      page.button("settings").click();
      return page.until(() => page.all("settings-panel").length === 1);
    },
    () => page.all("settings-panel").length > 0,
  ],
  [
    "usage",
    async () => {
      page.button("usage-open").click();
      return page.until(() => page.all("usage-totals").length === 1);
    },
    () => page.all("usage-totals").length > 0,
  ],
  [
    "keys",
    async () => {
      page.key("?", {}, page.get("settings"));
      return page.until(() => page.all("keys").length === 1);
    },
    () => page.all("keys").length > 0,
  ],
  [
    "model picker",
    async () => {
      page.button("model-picker").click();
      return page.until(() => page.all("model-search").length === 1);
    },
    () => page.all("model-search").length > 0,
  ],
  [
    "rename",
    async () => {
      page.key("F2", {}, opener());
      return page.until(() => page.all("conversation-rename-field").length === 1);
    },
    () => page.all("conversation-rename-field").length > 0,
  ],
  [
    "menu",
    async () => {
      page.key("Enter", {}, page.get("conversation-more"));
      return page.until(() => page.all("conversation-rename").length === 1);
    },
    () => page.all("conversation-rename").length > 0,
  ],
  [
    "list over a narrow window",
    async () => {
      page.workspace.layers.overlay = true;
    },
    () => page.workspace.layers.overlay,
  ],
];

test.each(surfaces)(
  "the first Esc closes the %s, and the next one stops",
  async (_, open, isOpen) => {
    const turn = await page.send("Hello");
    await open();
    expect(isOpen()).toBe(true);
    esc();
    await page.until(() => !isOpen());
    expect(turn.stopping).toBe(false);
    esc();
    expect(turn.stopping).toBe(true);
  },
);

test.each(surfaces)(
  "an Esc that is held after it closed the %s does nothing more",
  async (_, open, isOpen) => {
    const turn = await page.send("Hello");
    await open();
    esc();
    await page.until(() => !isOpen());
    for (let count = 0; count < 30; count += 1) {
      expect(esc({ repeat: true }).defaultPrevented).toBe(true);
    }
    expect(turn.stopping).toBe(false);
  },
);

test("of things that lie above each other, Esc closes the top one", async () => {
  const turn = await page.send("Hello");
  page.workspace.layers.overlay = true;
  page.button("settings").click();
  page.workspace.layers.overlay = true;
  await page.until(() => page.all("provider-add").length === 1);
  page.button("provider-add").click();
  page.fill("provider-name", "Mine");
  esc();
  await page.until(() => page.all("discard").length === 1);
  esc();
  await page.until(() => page.all("discard").length === 0);
  expect(page.all("provider-form")).toHaveLength(1);
  page.fill("provider-name", "");
  esc();
  expect(page.all("provider-form")).toHaveLength(0);
  expect(page.workspace.layers.settings).toBe(true);
  esc();
  await page.until(() => !page.workspace.layers.settings);
  expect(page.workspace.layers.overlay).toBe(true);
  esc();
  expect(page.workspace.layers.overlay).toBe(false);
  expect(turn.stopping).toBe(false);
});

test("the form that an error leads to lies above the settings that open with it", async () => {
  await page.send("Hello");
  page.workspace.layers.openProvider(null, false);
  await page.until(() => page.all("provider-form").length === 1);
  esc();
  expect(page.all("provider-form")).toHaveLength(0);
  expect(page.workspace.layers.settings).toBe(true);
});

test("in a filled search of models Esc clears it, the next one closes the list, and neither stops", async () => {
  const turn = await page.send("Hello");
  page.button("model-picker").click();
  await page.until(() => page.all("model-search").length === 1);
  const field = page.fill("model-search", "large");
  esc();
  expect(field.value).toBe("");
  expect(page.all("model-search")).toHaveLength(1);
  esc();
  await page.until(() => page.all("model-search").length === 0);
  expect(turn.stopping).toBe(false);
});

test("in a filled search of conversations Esc clears it and stops nothing; from elsewhere it stops", async () => {
  const turn = await page.send("Hello");
  const field = page.fill("search", "hel");
  esc();
  expect(field.value).toBe("");
  expect(turn.stopping).toBe(false);
  page.fill("search", "hel");
  page.composer.focus();
  flushSync();
  esc();
  expect(turn.stopping).toBe(true);
  expect(field.value).toBe("hel");
});

test("what is deleted while its menu is open lies open no longer", async () => {
  await complete("One");
  page.button("new-conversation").click();
  const turn = await page.send("Two");
  const more = page.all("conversation-more").at(-1) as HTMLElement;
  page.key("Enter", {}, more);
  await page.until(() => page.all("conversation-delete").length === 1);
  const [other] = page.workspace.list.all.filter(({ title }) => title === "One");
  if (other) await page.workspace.delete(other);
  page.key("Escape");
  expect(turn.stopping).toBe(true);
});

test("stop everything works whatever lies open, also while an input method composes", async () => {
  for (const init of [{}, { isComposing: true }, { keyCode: 229, key: "Process" }]) {
    const turn: MemoryTurn = await page.send("Hello");
    page.button("settings").click();
    await page.until(() => page.all("settings-panel").length === 1);
    const keys = { code: "Escape", ctrlKey: true, shiftKey: true, ...init };
    page.key(init.key ?? "Escape", keys, page.get("settings-panel"));
    expect(turn.stopping).toBe(true);
    esc();
    await page.until(() => page.all("settings-panel").length === 0);
  }
});
