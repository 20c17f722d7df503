import { expect, test } from "vitest";
import { scene } from "../../../backend/memory/scenes";
import { MemoryBackend } from "../../../backend/memory/memory";
import { Page } from "../../../testing/page";
import { PIECE, pieces } from "./windowing";

test("pieces count from the first message, so that an earlier one never changes", () => {
  const all = Array.from({ length: 2 * PIECE + 3 }, (_, index) => index);
  expect(pieces(all).map((piece) => piece.length)).toEqual([PIECE, PIECE, 3]);
  expect(pieces([...all, 99])[1]).toEqual(pieces(all)[1]);
  expect(pieces([])).toEqual([]);
});

test("a conversation of 2,000 messages opens at its end with a screenful on the page", async () => {
  const backend = new MemoryBackend();
  scene(backend, "long");
  const page = await Page.open(backend);
  await page.until(() => page.all("message").length > 0);
  expect(page.workspace.thread?.path.length).toBe(2002);
  expect(page.all("message").length).toBeLessThanOrEqual(2 * PIECE + 2);
  expect(page.answer.textContent).toContain("Here it comes.");
  await page.close();
});
