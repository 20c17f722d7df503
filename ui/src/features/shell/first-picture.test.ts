/** What the first picture must not wait for. */
import { expect, test, vi } from "vitest";

const made = vi.hoisted(() => {
  const made: string[] = [];
  for (const name of ["DateTimeFormat", "NumberFormat", "PluralRules"] as const) {
    const noted = new Proxy(Intl[name], {
      construct(target, given, asked) {
        made.push(name);
        return Reflect.construct(target, given, asked) as object;
      },
    });
    Object.defineProperty(Intl, name, { value: noted });
  }
  return made;
});

import { MemoryBackend } from "../../backend/memory/memory";
import { noSettings } from "../../backend/memory/samples";
import { Page } from "../../testing/page";

test("the first picture, with conversations of earlier months, needs no formatter", async () => {
  const backend = new MemoryBackend();
  const conversation = { id: "old", title: "Old", createdAt: 0, updatedAt: 0, head: null };
  backend.conversations.set("old", {
    conversation,
    messages: [],
    unsaved: [],
    settings: noSettings,
    modelOption: null,
  });
  const page = await Page.open(backend);
  expect(page.get("conversation-item").textContent).toContain("Old");
  expect(made).toEqual([]);
  await page.close();
});
