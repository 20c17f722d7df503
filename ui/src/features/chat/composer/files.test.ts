/** Files that go with a message: by paste, drop and picker. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

function paste(...files: File[]): Event {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { files } });
  page.composer.dispatchEvent(event);
  return event;
}

/** A PNG, whatever its name and its system say. */
const picture = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0xff, 0])], "moraine.jpg", {
  type: "image/jpeg",
});
const notes = new File(["Ice moves — slowly."], "notes.md", { type: "text/markdown" });

test("pasted and dropped files go with the message, as bytes or as text, and are shown in it", async () => {
  expect(paste(picture).defaultPrevented).toBe(true);
  await page.until(() => page.all("attachment").length === 1);
  const drop = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(drop, { dataTransfer: { files: [notes], types: ["Files"] } });
  page.composer.dispatchEvent(drop);
  await page.until(() => page.all("attachment").length === 2);
  const turn = await page.send("What is it?");
  expect(page.all("attachment")).toHaveLength(0);
  const view = await page.backend.openConversation(turn.message.conversationId);
  expect(view.messages[0]?.parts).toEqual([
    {
      kind: "attachment",
      name: "moraine.jpg",
      mediaType: "image/png",
      text: "",
      base64: true,
    },
    {
      kind: "attachment",
      name: "notes.md",
      mediaType: "text/markdown",
      text: "Ice moves — slowly.",
      base64: false,
    },
    { kind: "text", text: "What is it?" },
  ]);
  // Its bytes were kept, and come to the page only when they are asked for.
  expect(await page.backend.openFile(view.messages[0]?.id ?? "", 0)).toBe("iVBOR/8A");
  const question = page.all("message")[0];
  expect(question?.textContent).toContain("moraine.jpg");
  expect(question?.textContent).not.toContain("iVBOR/8A");
});

test("a file alone can be sent, and one can be taken away again", async () => {
  paste(picture, notes);
  await page.until(() => page.all("attachment").length === 2);
  page.all("attachment")[0]?.querySelector("button")?.click();
  expect(page.all("attachment").map(({ textContent }) => textContent.trim())).toEqual(["notes.md"]);
  expect(page.button("send").disabled).toBe(false);
  page.button("send").click();
  await page.turnAfter(0);
});

test("a picture that is none is refused, whatever its name says", async () => {
  const bytes = new Uint8Array([0x42, 0x4d, 0xff, 0xfe, 0]);
  paste(new File([bytes], "holiday.png", { type: "image/png" }));
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("holiday.png");
  expect(page.all("attachment")).toHaveLength(0);
});

test("a file that cannot be sent is named, and nothing is attached", async () => {
  paste(new File([new Uint8Array([0xff, 0xfe, 0])], "archive.zip", { type: "application/zip" }));
  await page.until(() => page.all("notice").length === 1);
  expect(page.get("notice").textContent).toContain("archive.zip");
  expect(page.all("attachment")).toHaveLength(0);
});

test("an edited message keeps its files", async () => {
  paste(picture);
  await page.until(() => page.all("attachment").length === 1);
  const turn = await page.send("One");
  page.button("stop").click();
  await page.until(() => turn.end);
  page.button("edit").click();
  page.button("edit-send").click();
  const again = await page.turnAfter(1);
  const view = await page.backend.openConversation(again.message.conversationId);
  const kinds = view.messages[0]?.parts.map(({ kind }) => kind);
  expect(kinds).toEqual(["attachment", "text"]);
});

/** A drag of files, or of what `types` says; WebKit and jsdom make no real ones by script. */
function drag(type: string, target: Element, files: File[], types = ["Files"]): Event {
  const event = new Event(type, { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { files, types, dropEffect: "none" } });
  target.dispatchEvent(event);
  return event;
}

test("a file dropped anywhere in the window is attached, and shown as welcome before", async () => {
  for (const [count, target] of [document.querySelector("main"), page.get("settings")].entries()) {
    if (!target) throw new Error("there is no such place");
    drag("dragenter", target, []);
    expect(page.all("drop-hint")).toHaveLength(1);
    expect(drag("dragover", target, []).defaultPrevented).toBe(true);
    expect(drag("drop", target, [notes]).defaultPrevented).toBe(true);
    expect(page.all("drop-hint")).toHaveLength(0);
    await page.until(() => page.all("attachment").length === count + 1);
  }
  expect(document.activeElement).toBe(page.composer);
});

test("the hint goes when the drag leaves the window, and not when it leaves an element", () => {
  drag("dragenter", page.get("settings"), []);
  drag("dragenter", page.composer, []);
  drag("dragleave", page.get("settings"), []);
  expect(page.all("drop-hint")).toHaveLength(1);
  drag("dragleave", page.composer, []);
  expect(page.all("drop-hint")).toHaveLength(0);
});

test("links and text open nothing where they are dropped, and are text in a text field", () => {
  const types = ["text/uri-list", "text/plain"];
  for (const event of ["dragover", "drop"]) {
    expect(drag(event, page.get("settings"), [], types).defaultPrevented).toBe(true);
    expect(drag(event, page.composer, [], types).defaultPrevented).toBe(false);
  }
  expect(page.all("attachment")).toHaveLength(0);
});

test("a file that is taken away by a key leaves the focus in the composer", async () => {
  paste(notes);
  await page.until(() => page.all("attachment").length === 1);
  page.button("remove-file").focus();
  page.button("remove-file").click();
  await page.until(() => page.all("attachment").length === 0);
  expect(document.activeElement).toBe(page.composer);
});
