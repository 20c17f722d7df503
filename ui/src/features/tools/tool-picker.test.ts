import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.backend.toolSettings.catalogue = [
    {
      server: "tacet",
      problem: null,
      tools: [
        { name: "read_file", title: "Read a file" },
        { name: "run_command", title: "Run a command" },
      ],
    },
    { server: "time", problem: "The server “time” could not be started.", tools: [] },
  ];
});
afterEach(() => page.close());

async function open(): Promise<void> {
  page.key("i", { ctrlKey: true });
  await page.until(() => page.all("tool-group").length === 2);
}

function box(testid: string, place: number): HTMLInputElement {
  return page.all(testid)[place] as HTMLInputElement;
}

test("a conversation uses all tools until some are chosen, and the choice goes along", async () => {
  const started = vi.spyOn(page.backend, "startTurn");
  await open();
  expect((page.get("tools-all") as HTMLInputElement).checked).toBe(true);
  box("tool-use", 1).click();
  await page.until(() => page.all("tool-group")[0]?.dataset.used === "some");
  expect((page.get("tools-all") as HTMLInputElement).checked).toBe(false);
  expect(box("tool-group-use", 0).indeterminate).toBe(true);
  page.button("conversation-panel-close").click();
  await page.until(() => page.all("tool-picker").length === 0);
  await page.send("Look.");
  expect(started.mock.lastCall?.[0].settings?.tools).toEqual(["time", "tacet/read_file"]);
  await open();
  expect(box("tool-use", 1).checked).toBe(false);
  (page.get("tools-all") as HTMLInputElement).click();
  await page.until(() => page.all("tool-group")[0]?.dataset.used === "all");
});

test("a server that gives no tools says why, and none at all is said", async () => {
  await open();
  expect(page.get("tool-picker").textContent).toContain("could not be started");
  box("tool-group-use", 0).click();
  box("tool-group-use", 1).click();
  await page.until(() => page.get("tool-picker").textContent.includes("uses no tools"));
});

test("what runs without asking in the conversation is named, and can be asked about again", async () => {
  const turn = await page.send("Look.");
  const { conversationId } = turn.message;
  page.backend.toolSettings.allowed.set(conversationId, ["tacet/read_file", "example.org"]);
  await open();
  await page.until(() => page.all("allowed-here").length === 1);
  expect(page.get("allowed-here").textContent).toContain("tacet/read_file, example.org");
  page.button("ask-again").click();
  await page.until(() => page.all("allowed-here").length === 0);
  expect(page.backend.toolSettings.allowed.size).toBe(0);
});
