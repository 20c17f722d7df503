import { expect, test } from "vitest";
import type { Conversation } from "../backend/generated";
import { beginningOf, filingOf, foldersOf, sectionsOf, tagsIn, tagsOf } from "./filing";

function conversation(id: string, filing: Partial<Conversation> = {}): Conversation {
  return { id, title: id, createdAt: 0, updatedAt: 0, head: null, ...filing };
}

const all = [
  conversation("a"),
  conversation("b", { folder: "Work", tags: ["ice"] }),
  conversation("c", { pinned: true, folder: "Work" }),
  conversation("d", { folder: "äpfel", tags: ["cold", "ice"] }),
  conversation("e", { archived: true, pinned: true, folder: "Old" }),
  conversation("f", { folder: "Work" }),
];

test("each conversation stands in one section, and the order is kept", () => {
  const sections = sectionsOf(all).map(({ kind, name, conversations }) => [
    kind,
    name,
    conversations.map(({ id }) => id).join(""),
  ]);
  expect(sections).toEqual([
    ["pinned", "", "c"],
    ["folder", "äpfel", "d"],
    ["folder", "Work", "bf"],
    ["recent", "", "a"],
    ["archive", "", "e"],
  ]);
  expect(sectionsOf([])).toEqual([]);
});

test("of the sections as many conversations are on the page as were read", () => {
  const beginning = (most: number, folded: string) =>
    beginningOf(sectionsOf(all), most, ({ name }) => name !== folded).map(({ near }) =>
      near.map(({ id }) => id).join(""),
    );
  expect(beginning(3, "none")).toEqual(["c", "d", "b"]);
  expect(beginning(3, "äpfel")).toEqual(["c", "", "bf"]);
  expect(beginning(100, "Work")).toEqual(["c", "d", "", "a", "e"]);
});

test("all names of folders and tags are known, those of the archive too", () => {
  expect(foldersOf(all)).toEqual(["äpfel", "Old", "Work"]);
  expect(tagsOf(all)).toEqual(["cold", "ice"]);
});

test("what a conversation does not say of how it is kept is not said for it", () => {
  expect(filingOf(conversation("a"))).toEqual({});
  expect(filingOf(conversation("b", { pinned: true, tags: ["ice"] }))).toEqual({
    pinned: true,
    tags: ["ice"],
  });
});

test("tags are written between commas", () => {
  expect(tagsIn(" ice,, deep water ,")).toEqual(["ice", "deep water"]);
});
