/** Files of messages: the page has their names, and reads what is in them when it is shown. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Attachment, Message, Part } from "../../../backend/generated";
import { noSettings } from "../../../backend/memory/samples";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const DOT = "iVBORw0KGgo=";
const picture: Attachment = { name: "dot.png", mediaType: "image/png", text: DOT, base64: true };
const notes: Attachment = { name: "a.txt", mediaType: "text/plain", text: "Ice.", base64: false };

function message(id: string, parentId: string | null, files: Attachment[]): Message {
  const parts: Part[] = files.map((file) => ({ kind: "attachment", ...file }));
  if (parentId === null) parts.push({ kind: "text", text: "What is this?" });
  return {
    id,
    conversationId: "c",
    parentId,
    turnId: id,
    role: parentId === null ? "user" : "assistant",
    state: "complete",
    cause: null,
    model: "example/large",
    parts,
    finishReason: null,
    usage: null,
    receipt: null,
    error: null,
    createdAt: 1,
    endedAt: 1,
  };
}

async function open(asked: Attachment[], answered: Attachment[]): Promise<void> {
  const messages = [message("q", null, asked), message("a", "q", answered)];
  const conversation = { id: "c", title: "Dots", createdAt: 0, updatedAt: 0, head: "a" };
  const rest = { messages, unsaved: [], settings: noSettings, modelOption: null };
  page.backend.conversations.set("c", { conversation, ...rest });
  await page.workspace.list.refresh();
  await page.workspace.open("c");
  await page.until(() => page.all("message").length === 2);
}

test("an image that was read from the disk is shown, and read once", async () => {
  const read = vi.spyOn(page.backend, "openFile");
  await open([picture], [picture]);
  const shown = (): string | null =>
    document.querySelector("[data-testid='generated-image']")?.getAttribute("src") ?? null;
  await page.until(() => shown() === `data:image/png;base64,${DOT}`);
  expect(read.mock.calls).toEqual([["a", 0]]);
  const image = page.workspace.thread?.get("a")?.parts[0];
  expect(await image?.bytes(() => page.backend.openFile("a", 0))).toBe(DOT);
  expect(read).toHaveBeenCalledOnce();
});

test("an edited question takes its files along, which the page does not have", async () => {
  const start = vi.spyOn(page.backend, "startTurn");
  await open([picture, notes], []);
  const question = page.workspace.thread?.get("q");
  if (!question) throw new Error("no question");
  expect(question.files.map(({ text }) => text)).toEqual(["", "Ice."]);
  expect(await page.workspace.edit(question, "And this?")).toBe(true);
  expect(start.mock.lastCall?.[0]).toMatchObject({ filesOf: "q", attachments: [] });
  const sent = page.workspace.thread?.path.at(-2);
  expect(sent?.files.map(({ name }) => name)).toEqual(["dot.png", "a.txt"]);
  const kept = await page.backend.openMessage(sent?.id ?? "");
  expect(kept?.parts.slice(0, 2)).toEqual([
    { kind: "attachment", ...picture },
    { kind: "attachment", ...notes },
  ]);
});
