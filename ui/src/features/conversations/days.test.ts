import { expect, test } from "vitest";
import type { Conversation } from "../../backend/generated";
import { byDay } from "./days";

const conversation = (title: string, at: Date): Conversation => ({
  id: title,
  title,
  createdAt: at.getTime(),
  updatedAt: at.getTime(),
  head: null,
});

test("conversations stand under today, yesterday and their month by the calendar and not by hours", () => {
  const now = new Date(2026, 2, 1, 0, 30);
  const groups = byDay(
    [
      conversation("just now", new Date(2026, 2, 1, 0, 10)),
      conversation("an hour ago", new Date(2026, 1, 28, 23, 30)),
      conversation("yesterday's first minute", new Date(2026, 1, 28, 0, 0)),
      conversation("the day before", new Date(2026, 1, 27, 23, 59)),
      conversation("the month before", new Date(2026, 0, 31, 23, 59)),
      conversation("the year before", new Date(2025, 0, 31, 23, 59)),
    ],
    now,
  );
  expect(groups.map(({ title, conversations }) => [title, conversations.length])).toEqual([
    ["Today", 1],
    ["Yesterday", 2],
    ["February 2026", 1],
    ["January 2026", 1],
    ["January 2025", 1],
  ]);
});

test("a day without conversations has no heading", () => {
  expect(byDay([], new Date())).toEqual([]);
});
