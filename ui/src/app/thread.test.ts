/** A conversation of which only a part is read: what stands where is known all the same. */
import { expect, test } from "vitest";
import type { BranchView } from "../backend/generated";
import { branchOf, type Messages } from "../backend/memory/tree";
import { message } from "../testing/stored";
import { Entry } from "./entry.svelte";
import { Thread } from "./thread.svelte";

/** Messages 0 to 199, and a branch of 100 below the 50th. */
function tree(): Messages {
  const messages = Array.from({ length: 200 }, (_, at) =>
    message(`${at}`, at === 0 ? null : `${at - 1}`),
  );
  for (let at = 50; at < 150; at += 1)
    messages.push(message(`b${at}`, at === 50 ? "49" : `b${at - 1}`));
  const conversation = { id: "c", title: "Ice", createdAt: 0, updatedAt: 0, head: "199" };
  return { conversation, messages, unsaved: [] };
}

/** How many messages are read at once here. */
const PAGE = 60;

function page(of: Messages, end?: Parameters<typeof branchOf>[1]): BranchView {
  const found = branchOf(of, end, PAGE);
  if (!found) throw new Error("there is no such page");
  return found;
}

function opened(of: Messages): Thread {
  const thread = new Thread("c", false);
  thread.load(page(of), undefined);
  thread.head = "199";
  return thread;
}

function path(thread: Thread): string[] {
  return thread.path.map(({ id }) => id);
}

/** Where a message of the path stands. */
function placeOf(thread: Thread, id: string): number {
  return path(thread).indexOf(id) + thread.place;
}

test("what is read above joins on, up to the root", () => {
  const all = tree();
  const thread = opened(all);
  expect(path(thread)).toEqual(all.messages.slice(140, 200).map(({ id }) => id));
  const place = placeOf(thread, "199");
  while (thread.unread !== null) thread.load(page(all, { before: thread.unread }), undefined);
  expect(path(thread)).toEqual(all.messages.slice(0, 200).map(({ id }) => id));
  expect(placeOf(thread, "199")).toBe(place);
});

test("a branch that was not read is known to be there, and joins on once it is", () => {
  const all = tree();
  const thread = opened(all);
  while (!thread.get("50")) thread.load(page(all, { before: thread.unread ?? "" }), undefined);
  const fork = thread.get("50") as Entry;
  const place = placeOf(thread, "49");
  expect(thread.siblings(fork)).toEqual({ index: 0, count: 2 });
  expect(thread.sibling(fork, 1)).toBe("b50");
  expect(thread.leafBelow("b50")).toBeUndefined();
  thread.load(page(all, { through: "b50" }), undefined);
  expect(thread.leafBelow("b50")).toBe("b149");
  thread.head = "b149";
  expect(path(thread).slice(-101)).toEqual(["49", ...all.messages.slice(200).map(({ id }) => id)]);
  expect(placeOf(thread, "49")).toBe(place);
  expect(thread.siblings(thread.get("b50") as Entry)).toEqual({ index: 1, count: 2 });
  expect(thread.leafBelow("50")).toBe("199");
});

test("a branch whose page begins above what is here takes its place from where they meet", () => {
  const all = tree();
  const thread = opened(all);
  thread.load(page(all, { through: "b120" }), undefined);
  thread.head = "b149";
  expect(path(thread)).toHaveLength(60);
  while (thread.unread !== null) thread.load(page(all, { before: thread.unread }), undefined);
  expect(path(thread)).toHaveLength(150);
  // The same the other way: what is between them is read afterwards.
  thread.load(page(all, { through: "60" }), undefined);
  thread.head = "199";
  expect(path(thread)).toHaveLength(140);
  thread.load(page(all, { before: "60" }), undefined);
  expect(path(thread)).toHaveLength(200);
});

test("a message that was added is the newest sibling, also when an older reading comes later", () => {
  const all = tree();
  const thread = opened(all);
  const late = page(all);
  thread.add(new Entry(message("again", "198")));
  thread.load(late, undefined);
  const last = thread.get("199") as Entry;
  expect(thread.siblings(last)).toEqual({ index: 0, count: 2 });
  expect(thread.sibling(last, 1)).toBe("again");
  expect(thread.leafBelow("198")).toBe("again");
});

test("what is forgotten is read again", () => {
  const all = tree();
  const thread = opened(all);
  while (thread.unread !== null) thread.load(page(all, { before: thread.unread }), undefined);
  thread.forgetAbove(30);
  expect(path(thread)).toHaveLength(30);
  expect(thread.unread).toBe("170");
  expect(thread.leafBelow("60")).toBeUndefined();
  thread.load(page(all, { before: "170" }), undefined);
  expect(path(thread)).toHaveLength(90);
});

test("a branch that was deleted is forgotten, with all that is known to be in it", () => {
  const all = tree();
  const thread = opened(all);
  while (!thread.get("50")) thread.load(page(all, { before: thread.unread ?? "" }), undefined);
  thread.load(page(all, { through: "b50" }), undefined);
  const root = thread.get("b50") as Entry;
  const gone = all.messages.slice(200).map(({ id }) => id);
  thread.forget(root, gone);
  expect(path(thread).at(-1)).toBe("199");
  expect(thread.siblings(thread.get("50") as Entry)).toEqual({ index: 0, count: 1 });
  expect(gone.filter((id) => thread.get(id) !== undefined)).toEqual([]);
  expect(thread.leafBelow("49")).toBe("199");
  // Where nothing else could be shown, what it followed is.
  thread.forget(thread.get("199") as Entry, ["199"]);
  expect(path(thread).at(-1)).toBe("198");
});
