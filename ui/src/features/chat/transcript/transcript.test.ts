import { expect, test } from "vitest";
import { scene } from "../../../backend/memory/scenes";
import { MemoryBackend } from "../../../backend/memory/memory";
import { Page } from "../../../testing/page";
import {
  FIRST,
  MOST,
  PIECE,
  around,
  atEnd,
  downwards,
  pieces,
  upwards,
  withoutBeginning,
  withoutEnd,
} from "./windowing";

test("pieces keep their keys and cuts, whatever is read above them or follows below", () => {
  const all = Array.from({ length: 2 * PIECE + 3 }, (_, index) => index);
  const place = -PIECE - 3;
  const cut = pieces(all, place);
  expect(cut.map(({ key }) => key)).toEqual([-2, -1, 0]);
  expect(cut.map(({ items }) => items.length)).toEqual([3, PIECE, PIECE]);
  expect(pieces([...all, 99], place).slice(0, 3)).toEqual(cut);
  expect(pieces([-2, -1, ...all], place - 2).slice(1)).toEqual(cut.slice(1));
  expect(pieces([], 0)).toEqual([]);
});

test("however far is read, what is far from it leaves the page and comes back", () => {
  const last = 999;
  let shown = atEnd(last);
  expect(shown).toEqual({ from: last - FIRST + 1, to: Infinity });
  for (let step = 0; step < 300; step += 1) {
    shown = withoutEnd(upwards(shown), last);
    expect(Math.min(shown.to, last) - shown.from).toBeLessThan(MOST);
  }
  expect(shown).toEqual({ from: 397, to: 397 + MOST - 1 });
  for (let step = 0; step < 297; step += 1) {
    shown = withoutBeginning(downwards(shown, last), last);
    expect(Math.min(shown.to, last) - shown.from).toBeLessThan(MOST);
  }
  expect(shown).toEqual({ from: last - MOST + 1, to: Infinity });
  expect(around(5, last)).toEqual({ from: 4, to: 7 });
  expect(around(998, last)).toEqual({ from: 997, to: Infinity });
});

test("a conversation of 2,000 messages opens at its end with a screenful on the page", async () => {
  const backend = new MemoryBackend();
  scene(backend, "long");
  const page = await Page.open(backend);
  await page.until(() => page.all("message").length > 0);
  expect(page.all("message").length).toBeLessThanOrEqual(FIRST * PIECE);
  expect(page.answer.textContent).toContain("Here it comes.");
  // Of the rest nothing was read.
  expect(page.workspace.thread?.path.length).toBe(30);
  await page.close();
});
