/** What is typed outlives its page. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";
import { keep, kept } from "./kept-drafts";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

function editor(): HTMLTextAreaElement {
  return page.get("edit-text") as HTMLTextAreaElement;
}

test("drafts, their files and open edits are there again after a reload", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  page.type("A second question");
  page.workspace.attachText("notes.txt", "Some notes");
  page.button("edit").click();
  await page.until(() => page.all("edit-text").length === 1);
  editor().value = "One, in other words";
  editor().dispatchEvent(new Event("input", { bubbles: true }));
  page.key("n", { ctrlKey: true });
  page.type("For a new conversation");

  page = await page.reload();
  expect(page.composer.value).toBe("For a new conversation");
  const [conversation] = page.workspace.list.all;
  await page.workspace.open(conversation?.id ?? "");
  expect(page.workspace.draft).toBe("A second question");
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["notes.txt"]);
  await page.until(() => page.all("edit-text").length === 1);
  expect(editor().value).toBe("One, in other words");
});

test("what was sent or belongs to a deleted conversation is not kept", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  page.type("SECRET");
  page.all("message");
  expect(kept().drafts.map(({ text }) => text)).toEqual(["SECRET"]);
  await page.workspace.delete(page.workspace.list.all[0] as never);
  page.all("message");
  expect(sessionStorage.getItem("tacet.drafts")).not.toContain("SECRET");
});

test("what is too large is named and all texts are kept before any file", async () => {
  const file = { name: "film.txt", mediaType: "text/plain", base64: false };
  keep(
    [
      { id: null, text: "one", files: [{ ...file, text: "x".repeat(999_995) }] },
      { id: "a", text: "two", files: [{ ...file, name: "small.txt", text: "y" }] },
    ],
    [],
  );
  expect(kept().drafts.map(({ text }) => text)).toEqual(["one", "two"]);
  expect(kept().drafts[1]?.files).toHaveLength(1);
  expect(kept().lost).toEqual(["film.txt"]);
  page = await page.reload();
  expect(page.composer.value).toBe("one");
  expect(page.get("notice").textContent).toContain("film.txt");
});
