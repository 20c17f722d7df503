import { expect, test } from "vitest";
import { draftOf, fieldsOf, idFrom } from "./draft";

test("an id that was left empty is made from the name", () => {
  expect(idFrom("  My Server (work) ")).toBe("my-server-work");
  expect(draftOf({ ...fieldsOf(null), name: "Ärger & Co." }).id).toBe("rger-co.");
  expect(draftOf({ ...fieldsOf(null), name: "Any", id: "kept_as.typed" }).id).toBe("kept_as.typed");
});

test("empty lines and spaces around models are not models", () => {
  expect(draftOf({ ...fieldsOf(null), models: "a\n\n b \n" }).models).toEqual(["a", "b"]);
});

test("an empty variable is none", () => {
  expect(draftOf({ ...fieldsOf(null), apiKeyEnv: "  " }).apiKeyEnv).toBe(null);
});
