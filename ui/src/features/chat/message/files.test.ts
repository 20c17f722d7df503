/** Files of messages: the page has their names, and reads what is in them when it is shown. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Attachment, Part } from "../../../backend/generated";
import { Page } from "../../../testing/page";
import { message, stored } from "../../../testing/stored";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const DOT = "iVBORw0KGgo=";
const picture: Attachment = { name: "dot.png", mediaType: "image/png", text: DOT, base64: true };
const notes: Attachment = { name: "a.txt", mediaType: "text/plain", text: "Ice.", base64: false };

async function open(asked: Attachment[], answered: Attachment[]): Promise<void> {
  const parts = (files: Attachment[]): Part[] =>
    files.map((file) => ({ kind: "attachment", ...file }));
  const question: Part = { kind: "text", text: "What is this?" };
  const messages = [
    message("q", null, [...parts(asked), question]),
    message("a", "q", parts(answered)),
  ];
  page.backend.conversations.set("c", stored({}, messages));
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

test("a message of which something is damaged says so, and the rest of it is shown", async () => {
  page.backend.damagedMessages.add("q");
  await open([notes], []);
  expect(page.all("damaged")).toHaveLength(1);
  const question = page.all("message")[0]?.textContent;
  expect(question).toContain("damaged on the disk");
  expect(question).toContain(notes.name);
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
