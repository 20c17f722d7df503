/** What is typed belongs to the branch on which it is typed. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MemoryBackend } from "../backend/memory/memory";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";
import { Drafts } from "./drafts.svelte";

let page: Page;

/** Two answers to one question; the second is shown. */
beforeEach(async () => {
  page = await Page.open();
  await answered("one", () => page.send("Hello"));
  await answered("two", () => retried());
});
afterEach(() => page.close());

async function answered(words: string, ask: () => ReturnType<Page["send"]>): Promise<void> {
  const turn = await ask();
  turn.text(words);
  turn.complete(reported);
  await page.until(() => page.answer.textContent.includes(words));
  await page.until(() => page.workspace.currentTurn === undefined);
}

function retried(): ReturnType<Page["send"]> {
  const before = page.backend.turns.size;
  page.button("retry").click();
  return page.turnAfter(before);
}

/** Walks the branches of the first question, and gives what the composer says there. */
function walk(to: "previous" | "next"): string {
  const [button] = page.all(`branch-${to}`);
  if (!(button instanceof HTMLButtonElement)) throw new Error("there are no branches");
  button.click();
  page.all("message");
  return page.composer.value;
}

/** Has the next turn start when the function that it gives is called, or fail with an error. */
function slowStart(): (error?: unknown) => void {
  const start = page.backend.startTurn.bind(page.backend);
  let go: (error?: unknown) => void = () => undefined;
  vi.spyOn(page.backend, "startTurn").mockImplementationOnce(async (request) => {
    const error = await new Promise((resolve) => (go = resolve));
    if (error !== undefined) throw error;
    return start(request);
  });
  return (error) => go(error);
}

test("each branch has its own draft, text and files", () => {
  page.type("for two");
  page.workspace.attachText("two.txt", "Two.");
  expect(walk("previous")).toBe("");
  expect(page.all("attachment")).toHaveLength(0);
  page.type("for one");
  expect(walk("next")).toBe("for two");
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["two.txt"]);
  page.type("");
  expect(walk("previous")).toBe("for one");
  walk("next");
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["two.txt"]);
});

test("a branch that is found by the search shows its own draft", async () => {
  const [id, view] = [...page.backend.conversations][0] ?? ["", undefined];
  const one = view?.messages[1]?.id ?? "";
  page.type("for two");
  const at = { conversationId: id, title: "Hello", messageId: one, role: null, part: 0, at: 0 };
  await page.workspace.openHit({ ...at, kind: "text", snippet: [] });
  await page.until(() => page.answer.textContent.includes("one"));
  expect(page.composer.value).toBe("");
  expect(walk("next")).toBe("for two");
});

test("what was typed on a deleted branch is there again with it", async () => {
  page.type("for two");
  page.button("branch-delete").click();
  await page.until(() => page.all("deleted").length === 1);
  expect(page.composer.value).toBe("");
  page.type("for one");
  page.button("undo").click();
  await page.until(() => page.all("branches").length === 1);
  expect(page.composer.value).toBe("for two");
  expect(walk("previous")).toBe("for one");
});

test("what is typed goes along with a new branch, and with one that grows", async () => {
  page.type("And then?");
  await answered("three", () => retried());
  expect(page.composer.value).toBe("And then?");
  expect(walk("previous")).toBe("");
  expect(walk("next")).toBe("And then?");

  page.button("edit").click();
  await page.until(() => page.all("edit-text").length === 1);
  page.fill("edit-text", "Hello there");
  await answered("four", () => {
    const before = page.backend.turns.size;
    page.button("edit-send").click();
    return page.turnAfter(before);
  });
  expect(page.composer.value).toBe("And then?");

  const stopped = await retried();
  stopped.text("half of five");
  page.key("Escape");
  await page.until(() => page.all("continue").length === 1);
  await answered("and the rest", () => {
    const before = page.backend.turns.size;
    page.button("continue").click();
    return page.turnAfter(before);
  });
  expect(page.composer.value).toBe("And then?");

  const turn = await page.send("And then?");
  page.type("typed meanwhile");
  turn.text("six");
  turn.complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  expect(page.composer.value).toBe("typed meanwhile");
});

test("files that are read slowly belong to the branch that they were given to", async () => {
  void page.workspace.attach([new File(["Ice."], "ice.txt", { type: "text/plain" })]);
  expect(page.button("send").disabled).toBe(true);
  walk("previous");
  page.type("Sent at once");
  expect(page.button("send").disabled).toBe(false);
  walk("next");
  await page.until(() => page.all("attachment").length === 1);
  walk("previous");
  expect(page.all("attachment")).toHaveLength(0);
});

test("files that are read for a draft which is joined to another go to the whole", async () => {
  const unsent = { drafts: [], edits: [], lost: [] };
  const drafts = new Drafts(new MemoryBackend(), unsent, () => undefined);
  const reading = drafts.attach("a", [new File(["Ice."], "ice.txt")], () => undefined);
  drafts.wait("a", "leaf", drafts.take("a"));
  drafts.write("a", "typed");
  drafts.show("a", null, [{ id: "leaf" }]);
  expect(drafts.get("a")?.reading).toBe(1);
  await reading;
  expect(drafts.get("a")?.reading).toBe(0);
  expect(drafts.get("a")?.files.map(({ name }) => name)).toEqual(["ice.txt"]);
  expect(drafts.get("a")?.text).toBe("typed");
});

test("what waits for a branch is shown where that has grown, and joined to what is typed there", () => {
  const unsent = {
    drafts: [
      { id: "a", leaf: "2", text: "nearest", files: [] },
      { id: "a", leaf: "1", text: "above", files: [] },
      { id: "a", leaf: "x", text: "elsewhere", files: [] },
      { id: "a", text: "typed", files: [] },
    ],
    edits: [],
    lost: [],
  };
  sessionStorage.clear();
  const drafts = new Drafts(new MemoryBackend(), unsent, () => undefined);
  drafts.takeUp();
  drafts.show("a", null, [{ id: "1" }, { id: "2" }, { id: "3" }]);
  expect(drafts.get("a")?.text).toBe("above\n\nnearest\n\ntyped");
  drafts.show("a", "3", [{ id: "x" }]);
  expect(drafts.get("a")?.text).toBe("elsewhere");
});

test("what could not be sent comes back on its branch, whichever is shown by then", async () => {
  const start = slowStart();
  page.type("Precious");
  page.key("Enter");
  page.type("and this");
  expect(walk("previous")).toBe("");
  page.type("for one");
  start({ code: "storage", message: "Full." });
  await page.until(() => page.all("notice").length === 1);
  expect(page.composer.value).toBe("for one");
  expect(walk("next")).toBe("Precious\n\nand this");
});

test("an answer that takes the view back leaves what was typed on the branch between", async () => {
  const start = slowStart();
  page.type("And now?");
  page.key("Enter");
  page.type("typed meanwhile");
  walk("previous");
  page.type("for one");
  start();
  await page.turnAfter(2);
  expect(page.composer.value).toBe("typed meanwhile");
  expect(walk("previous")).toBe("for one");
});
