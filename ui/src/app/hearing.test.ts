/** What another window does is seen in this one; the twin of the app stands for the other window. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { News, Unsent, UnsentDraft } from "../backend/generated";
import type { MemoryTurn } from "../backend/memory/turn";
import { reported } from "../backend/memory/usage";
import { Page } from "../testing/page";
import { changesOf, takenUp } from "./kept-drafts";

const WAIT = { timeout: 10_000 };

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/** A conversation with a whole answer on the screen. */
async function answered(words: string): Promise<MemoryTurn> {
  const turn = await page.send(words);
  turn.text(`About ${words}`);
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");
  return turn;
}

/** A turn that another window begins below `parentId`. */
async function begunElsewhere(
  conversationId: string,
  parentId: string,
  text: string | null,
): Promise<MemoryTurn> {
  const turnId = crypto.randomUUID();
  const rest = { attachments: [], filesOf: null, continues: null, settings: null };
  const model = page.workspace.settings.defaultModel;
  const request = { turnId, conversationId, parentId, text, model, ...rest };
  const { answer, conversation } = await page.backend.startTurn(request);
  page.backend.news({ type: "conversation-changed", conversation });
  page.backend.news({ type: "turn-began", conversationId, turnId, messageId: answer.id });
  const turn = page.backend.turns.get(turnId);
  if (!turn) throw new Error("the turn was not started");
  return turn;
}

test("c13 a turn of another window is followed, shown and stopped in this one", async () => {
  const first = await answered("One");
  const { conversationId, id } = first.message;
  const turn = await begunElsewhere(conversationId, id, "Two");
  await page.until(() => turn.viewers > 0 && page.all("message").length === 4);
  turn.text("About Two");
  await page.until(() => page.answer.textContent.includes("About Two"));
  page.key("Escape");
  expect(turn.stopping).toBe(true);
  await page.until(() => page.answer.dataset.state === "interrupted");
});

test("c13 a turn of another window that ended before it could be followed is shown", async () => {
  const first = await answered("One");
  const { conversationId, id } = first.message;
  const attach = vi.spyOn(page.backend, "attachTurn");
  let go = (): void => undefined;
  attach.mockImplementationOnce(async () => {
    await new Promise<void>((resolve) => (go = resolve));
    return null;
  });
  const turn = await begunElsewhere(conversationId, id, "Two");
  turn.text("About Two");
  turn.complete(reported);
  go();
  await page.until(() => page.all("message").length === 4);
  expect(page.answer.textContent).toContain("About Two");
  expect(page.workspace.currentTurn).toBeUndefined();
});

test("a branch that is begun or chosen in another window is shown, and drafts keep to theirs", async () => {
  const first = await answered("One");
  const { conversationId, id, parentId } = first.message;
  const second = await begunElsewhere(conversationId, parentId ?? "", null);
  second.text("Otherwise");
  second.complete(reported);
  await page.until(() => page.answer.textContent.includes("Otherwise"));
  page.type("for the second");
  page.backend.news({ type: "branch-chosen", conversationId, head: id });
  await page.until(() => page.answer.textContent.includes("About One"));
  expect(page.composer.value).toBe("");
  page.backend.news({ type: "branch-chosen", conversationId, head: second.message.id });
  await page.until(() => page.composer.value === "for the second");
});

test("a conversation that another window deletes is left, and says so", async () => {
  const { conversationId } = (await answered("One")).message;
  await page.backend.deleteConversation(conversationId);
  page.backend.news({ type: "conversation-deleted", conversationId });
  expect(page.all("message")).toHaveLength(0);
  expect(page.all("conversation-item")).toHaveLength(0);
  expect(page.get("notice").textContent).toContain("“One” was deleted in another window");
  const conversation = await page.backend.restoreConversation(conversationId);
  page.backend.news({ type: "conversation-changed", conversation });
  expect(page.all("conversation-item")).toHaveLength(1);
});

test("settings that another window changes hold in this one from the next question on", async () => {
  const { conversationId } = (await answered("One")).message;
  const settings = { ...page.workspace.answering.settings, instructions: "Be short." };
  await page.backend.setConversationSettings(conversationId, settings);
  page.backend.news({ type: "conversation-settings-changed", conversationId });
  await page.until(() => page.workspace.answering.settings.instructions === "Be short.");
  await page.backend.setTheme("dark");
  page.backend.news({ type: "settings-changed" });
  await page.until(() => document.documentElement.dataset.theme === "dark");
});

/** Has another window type, and this one hear of it. */
async function typedElsewhere(id: string, text: string): Promise<void> {
  await page.backend.keepDrafts({ drafts: [{ id, text, files: [] }], edits: [], lost: [] });
  page.backend.news({ type: "drafts-changed" });
}

test("what is typed elsewhere is taken over where nothing was typed since, and joined where it was", async () => {
  const { conversationId: id } = (await answered("One")).message;
  await typedElsewhere(id, "Typed there");
  await page.until(() => page.composer.value === "Typed there");
  page.type("Typed there, and here");
  await vi.waitFor(() => expect(page.backend.unsent.drafts[0]?.text).toContain("and here"), WAIT);
  await typedElsewhere(id, "");
  await page.until(() => page.composer.value === "");

  // Both at once: neither is lost.
  page.type("Here");
  await typedElsewhere(id, "There");
  await page.until(() => page.composer.value === "There\n\nHere");
  await vi.waitFor(() => expect(page.backend.unsent.drafts[0]?.text).toBe("There\n\nHere"), WAIT);
  // What was sent there does not take away what was typed here since.
  page.type("There\n\nHere, too");
  await typedElsewhere(id, "");
  await vi.waitFor(() => expect(page.backend.unsent.drafts[0]?.text).toContain("too"), WAIT);
  expect(page.composer.value).toBe("There\n\nHere, too");
});

test("what is typed elsewhere in a conversation that is not listed here yet is not thrown away", async () => {
  const write = vi.spyOn(page.backend, "keepDrafts");
  await typedElsewhere("not-listed", "Typed there");
  page.type("Here");
  await vi.waitFor(() => expect(page.backend.unsent.drafts).toHaveLength(2), WAIT);
  const { calls } = write.mock;
  expect(calls.at(-1)?.[0].drafts.map(({ text }) => text)).toEqual(["Here"]);
});

test("the app has what was typed as soon as another window is used or the pointer leaves this one", async () => {
  for (const [place, event] of [
    [window, "blur"],
    [document.body, "mouseleave"],
  ] as const) {
    page.type(`Before ${event}`);
    place.dispatchEvent(new Event(event));
    await page.until(() => page.backend.unsent.drafts[0]?.text === `Before ${event}`);
  }
});

test("an edit that is begun and ended elsewhere is open and closed here", async () => {
  const turn = await answered("One");
  const question = turn.message.parentId ?? "";
  const edit = async (text: string | null): Promise<void> => {
    await page.backend.keepDrafts({ drafts: [], edits: [[question, text]], lost: [] });
    page.backend.news({ type: "drafts-changed" });
  };
  await edit("One, or two");
  await page.until(() => page.all("edit-text").length === 1);
  expect(page.field("edit-text").value).toBe("One, or two");
  await edit(null);
  await page.until(() => page.all("edit-text").length === 0);
});

test("a window is opened for a conversation or a new one, by menu and key", async () => {
  const { conversationId } = (await answered("One")).message;
  page.key("N", { ctrlKey: true, shiftKey: true });
  page.button("window-new").click();
  const item = page.get("conversation-item").querySelector("button.open");
  page.key("o", {}, item as Element);
  expect(page.backend.openedWindows).toEqual([null, null, conversationId]);
});

test("a window that was opened for a new conversation shows none that runs, also after a reload", async () => {
  await page.send("One");
  location.hash = "new";
  const other = await Page.open(page.backend);
  expect(other.workspace.currentId).toBeNull();
  expect(location.hash).toBe("#new");
  await other.close();
  location.hash = "";
});

test("what a page left in its window's memory counts only where the app had not heard of it", () => {
  const draft = (id: string, text: string): UnsentDraft => ({ id, text, files: [] });
  const found: Unsent = {
    drafts: [draft("a", "newer"), draft("b", "old")],
    edits: [["m", "newer"]],
    lost: [],
  };
  const left: Unsent = {
    drafts: [draft("a", "older"), draft("b", "new")],
    edits: [["m", "older"]],
    lost: [],
  };
  const both = takenUp(found, { unsent: left, unwritten: ["draft b ", "draft c "] });
  expect(both.drafts).toEqual([draft("a", "newer"), draft("b", "new")]);
  expect(both.edits).toEqual([["m", "newer"]]);
  expect(changesOf(found, both)?.drafts).toEqual([draft("b", "new")]);
  const sent = changesOf(found, { ...found, drafts: [draft("b", "old")], edits: [] });
  expect(sent?.drafts).toEqual([draft("a", "")]);
  expect(sent?.edits).toEqual([["m", null]]);
});

test("news of conversations that are not on the screen changes nothing there", async () => {
  await answered("One");
  const conversationId = crypto.randomUUID();
  const all: News[] = [
    { type: "messages-changed", conversationId },
    { type: "conversation-settings-changed", conversationId },
    { type: "branch-chosen", conversationId, head: crypto.randomUUID() },
    { type: "conversation-deleted", conversationId },
  ];
  const read = vi.spyOn(page.backend, "openConversation");
  for (const news of all) page.backend.news(news);
  expect(read).not.toHaveBeenCalled();
  expect(page.all("message")).toHaveLength(2);
  expect(page.all("notice")).toHaveLength(0);
});
