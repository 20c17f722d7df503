/** The twin looks through messages as the app does, and as the page does once it has read them. */
import { expect, test } from "vitest";
import { message, stored } from "../../testing/stored";
import type { Part } from "../generated";
import { findAbove } from "./search";

const parts: Part[] = [
  { kind: "text", text: "A glacier." },
  { kind: "server-tool", name: "glacier_search", input: "where a glacier meets a glacier" },
  { kind: "server-tool", name: "glacier_search", input: "" },
  { kind: "tool-call", callId: "1", name: "glacier", arguments: "glacier", state: "succeeded" },
  { kind: "tool-result", callId: "1", text: "glacier", state: "succeeded" },
  { kind: "attachment", name: "glacier.txt", mediaType: "text/plain", text: "ice", base64: false },
  { kind: "attachment", name: "a.png", mediaType: "image/png", text: "glacier", base64: true },
];

test("words are counted apart in the name and in the text of a part", () => {
  const tree = stored({}, [message("above", null, parts), message("below", "above")]);
  const found = findAbove(tree, "below", "GLACIER");
  expect(found.map(({ part, inName, count }) => [part, inName, count])).toEqual([
    [0, false, 1],
    [1, true, 1],
    [1, false, 2],
    [3, true, 1],
    [3, false, 1],
    [4, false, 1],
    [5, true, 1],
  ]);
  expect(findAbove(tree, "below", " ")).toEqual([]);
});
