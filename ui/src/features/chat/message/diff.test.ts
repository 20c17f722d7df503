import { expect, test } from "vitest";
import { diffLines } from "./diff";

test("the lines of a diff are told apart by their signs", () => {
  const diff = "--- a.txt\n+++ a.txt\n@@ -1 +1 @@\n-old\n+new\n same\n";
  expect(diffLines(diff).map(({ kind }) => kind)).toEqual([
    "head",
    "head",
    "head",
    "removed",
    "added",
    "same",
  ]);
});

test("of a diff without end the beginning is shown, and how much there is beside it", () => {
  const lines = diffLines("+x\n".repeat(5_000));
  expect(lines).toHaveLength(2_001);
  expect(lines.at(-1)).toEqual({ kind: "head", text: "… 3000" });
});
