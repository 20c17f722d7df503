/** What is typed outlives its page, and the app. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";
import { fitting } from "./kept-drafts";

/** Drafts are written some time after the last change. */
const WAIT = { timeout: 10_000 };

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

test("drafts, their files and open edits are there again after a reload", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  page.type("A second question");
  page.workspace.attachText("notes.txt", "Some notes");
  page.button("edit").click();
  await page.until(() => page.all("edit-text").length === 1);
  page.fill("edit-text", "One, in other words");
  page.key("n", { ctrlKey: true });
  page.type("For a new conversation");

  page = await page.reload();
  expect(page.composer.value).toBe("For a new conversation");
  const [conversation] = page.workspace.list.all;
  await page.workspace.open(conversation?.id ?? "");
  expect(page.workspace.draft).toBe("A second question");
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["notes.txt"]);
  await page.until(() => page.all("edit-text").length === 1);
  expect(page.field("edit-text").value).toBe("One, in other words");
});

test("drafts of several branches are there again after a reload, and after the next start", async () => {
  const first = await page.send("Hello");
  first.text("one");
  first.complete(reported);
  await page.until(() => page.all("retry").length === 1);
  page.button("retry").click();
  const second = await page.turnAfter(1);
  second.text("two");
  second.complete(reported);
  page.type("for two");
  page.button("branch-previous").click();
  page.type("for one");
  const both = async (): Promise<void> => {
    await page.until(() => page.all("branches").length === 1);
    expect(page.answer.textContent).toContain("one");
    expect(page.composer.value).toBe("for one");
    page.button("branch-next").click();
    await page.until(() => page.composer.value === "for two");
    page.button("branch-previous").click();
    await page.until(() => page.composer.value === "for one");
  };
  page = await page.reload();
  await both();
  await vi.waitFor(() => expect(page.backend.unsent.drafts).toHaveLength(2), WAIT);
  await page.close();
  page = await Page.open(page.backend);
  await page.workspace.open(first.message.conversationId);
  await both();

  await page.workspace.delete(page.workspace.list.all[0] as never);
  page.all("message");
  expect(sessionStorage.getItem("tacet.drafts")).not.toContain("for two");
});

test("what was sent or belongs to a deleted conversation is not kept", async () => {
  const turn = await page.send("One");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  page.type("SECRET");
  page.all("message");
  expect(sessionStorage.getItem("tacet.drafts")).toContain("SECRET");
  await page.workspace.delete(page.workspace.list.all[0] as never);
  page.all("message");
  expect(sessionStorage.getItem("tacet.drafts")).not.toContain("SECRET");
});

test("what is typed is there again after the next start, until it is sent", async () => {
  page.type("Not sent yet");
  page.workspace.attachText("notes.txt", "Some notes");
  await vi.waitFor(() => expect(page.backend.unsent.drafts[0]?.files).toHaveLength(1), WAIT);
  await page.close();
  page = await Page.open(page.backend);
  expect(page.composer.value).toBe("Not sent yet");
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["notes.txt"]);
  page.button("send").click();
  await vi.waitFor(() => expect(page.backend.unsent.drafts).toHaveLength(0), WAIT);
});

test("what could not be kept is told once, and kept with the next change", async () => {
  const write = vi.spyOn(page.backend, "keepDrafts");
  write.mockRejectedValueOnce(new Error("The disk is full."));
  write.mockRejectedValueOnce(new Error("The disk is full."));
  page.type("One");
  await vi.waitFor(() => expect(page.all("notice")).toHaveLength(1), WAIT);
  expect(page.get("notice").textContent).toContain("The disk is full.");
  page.type("Two");
  await vi.waitFor(() => expect(write).toHaveBeenCalledTimes(2), WAIT);
  page.type("Two, and more");
  await vi.waitFor(() => expect(page.backend.unsent.drafts[0]?.text).toBe("Two, and more"), WAIT);
  expect(page.all("notice")).toHaveLength(1);
});

test("where nothing can be saved, drafts do not say so once more", async () => {
  page.backend.readOnly = "The folder is read-only.";
  page = await page.reload();
  const write = vi.spyOn(page.backend, "keepDrafts").mockRejectedValue(new Error("No."));
  page.type("One");
  await vi.waitFor(() => expect(write).toHaveBeenCalledOnce(), WAIT);
  await expect(write.mock.results[0]?.value).rejects.toThrow("No.");
  expect(page.all("notice")).toHaveLength(0);
});

test("what is too large is named and all texts are kept before any file", async () => {
  const file = { name: "film.txt", mediaType: "text/plain", base64: false };
  const unsent = fitting(
    [
      { id: null, text: "one", files: [{ ...file, text: "x".repeat(999_995) }] },
      { id: "a", text: "two", files: [{ ...file, name: "small.txt", text: "y" }] },
    ],
    [],
  );
  expect(unsent.drafts.map(({ text }) => text)).toEqual(["one", "two"]);
  expect(unsent.drafts[1]?.files).toHaveLength(1);
  expect(unsent.lost).toEqual(["film.txt"]);
  page.backend.unsent = unsent;
  await page.close();
  page = await Page.open(page.backend);
  expect(page.composer.value).toBe("one");
  expect(page.get("notice").textContent).toContain("film.txt");
});
