/** Long messages of the person: folded on the page, whole in what is sent and kept. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../../testing/page";
import { beginning } from "./long-text";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const long = Array.from({ length: 40_000 }, (_, line) => `Line ${line} of the long text.\n`).join(
  "",
);

function paste(text: string): Event {
  const event = new Event("paste", { bubbles: true, cancelable: true });
  Object.assign(event, { clipboardData: { files: [], getData: () => text } });
  page.composer.dispatchEvent(event);
  return event;
}

function question(): HTMLElement {
  const found = page.all("message").find(({ dataset }) => dataset.role === "user");
  if (!found) throw new Error("there is no question");
  return found;
}

test("a long message shows its beginning, and all of it is sent and kept", async () => {
  const turn = await page.send(long);
  expect(question().textContent.length).toBeLessThan(2_000);
  expect(question().textContent).toContain("Line 0 of");
  expect(page.button("fold").textContent).toBe(
    `Show all ${long.length.toLocaleString("en")} characters`,
  );
  const view = await page.backend.openConversation(turn.message.conversationId);
  expect(view.messages[0]?.parts).toEqual([{ kind: "text", text: long }]);
});

test("shown whole, only what is read of it is on the page, and it can be folded again", async () => {
  await page.send(long);
  page.button("fold").click();
  // What is not in view has its height alone.
  expect(question().textContent).toContain("Line 39999 of");
  expect(question().textContent.length).toBeLessThan(20_000);
  expect(question().querySelectorAll(".section-away").length).toBeGreaterThan(100);
  expect(page.button("fold").getAttribute("aria-expanded")).toBe("true");
  page.button("fold").click();
  expect(question().textContent.length).toBeLessThan(2_000);
});

test("while a long message is being sent, no more of it is on the page than afterwards", () => {
  page.type(long);
  page.key("Enter");
  expect(page.workspace.thread?.pending).toBe(long);
  expect(document.querySelector(".pending")?.textContent.length).toBeLessThan(2_000);
});

test("a message of some lines is shown as it is", () => {
  for (const text of ["", "One.\n\nTwo.", "a".repeat(4_000), "a\n".repeat(39)]) {
    expect(beginning(text)).toBe(null);
  }
  expect(beginning("a".repeat(4_001))).toHaveLength(1_500);
  expect(beginning(`${"a".repeat(1_499)}${"😀".repeat(2_000)}`)).toBe("a".repeat(1_499));
  expect(beginning("ab\n".repeat(41))).toBe(`${"ab\n".repeat(15)}ab`);
});

test("a long paste becomes a file of text, which can be put back where the cursor is", async () => {
  page.type("before after");
  page.composer.setSelectionRange(7, 7);
  expect(paste(long).defaultPrevented).toBe(true);
  await page.until(() => page.all("attachment").length === 1);
  expect(page.get("attachment").textContent).toContain("Pasted text.txt");
  expect(page.composer.value).toBe("before after");
  paste(long);
  await page.until(() => page.all("attachment").length === 2);
  expect(page.get("attachment").textContent).toContain("Pasted text 2.txt");
  page.button("remove-file").click();
  page.button("insert-as-text").click();
  expect(page.all("attachment")).toHaveLength(0);
  expect(page.workspace.draft).toBe(`before ${long}after`);
});

test("a short paste is the text field's own", () => {
  expect(paste("a".repeat(20_000)).defaultPrevented).toBe(false);
});

test("a file of text in a message is folded too", async () => {
  paste(long);
  await page.until(() => page.all("attachment").length === 1);
  await page.send("What is it?");
  const part = page.all("part").find(({ dataset }) => dataset.kind === "attachment");
  expect(part?.textContent.length).toBeLessThan(2_000);
});

test("runs of combining marks are bounded on the page, and whole in what is copied and sent", async () => {
  const hostile = `e${"\u0301".repeat(2_000)}`;
  const turn = await page.send(hostile);
  const view = await page.backend.openConversation(turn.message.conversationId);
  expect(view.messages[0]?.parts).toEqual([{ kind: "text", text: hostile }]);
  turn.text(`**${hostile}**`);
  turn.text("\u0301".repeat(2_000));
  turn.reasoning(hostile);
  const longest = /\u0301{31}/;
  expect(longest.test(document.body.textContent)).toBe(false);
  expect(page.get("conversation-item").textContent).toContain("e\u0301");
  expect(page.workspace.thread?.path.at(-1)?.markdown()).toContain("\u0301".repeat(2_000));
});
