import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

async function open(): Promise<void> {
  page.button("attach-from-server").click();
  await page.until(() => page.all("offers").length === 1);
}

test("a resource of a server is attached to the message, and the composer has the focus again", async () => {
  const { toolSettings } = page.backend;
  toolSettings.offers = [
    {
      server: "notes",
      resources: [
        { uri: "notes://ice", title: "Ice", description: null },
        { uri: "notes://rubble", title: "Rubble", description: null },
      ],
      prompts: [],
      problem: null,
    },
  ];
  await open();
  await page.until(
    () => page.all("offer-resource").length === 2 && !page.button("offer-resource").disabled,
  );
  page.fill("offers-filter", "rub");
  await page.until(() => page.all("offer-resource").length === 1);
  page.button("offer-resource").click();
  await page.until(() => page.all("offers").length === 0);
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["rubble"]);
});

/** Has what servers are asked next be answered when the function that it gives is called, or fail. */
function slowly(): (error?: Error) => void {
  const { backend } = page;
  const read = backend.readToolResource.bind(backend);
  const use = backend.useToolPrompt.bind(backend);
  let go: (error?: Error) => void = () => undefined;
  const answered = new Promise<void>((resolve, reject) => {
    go = (error) => (error ? reject(error) : resolve());
  });
  vi.spyOn(backend, "readToolResource").mockImplementationOnce(async (...asked) => {
    await answered;
    return read(...asked);
  });
  vi.spyOn(backend, "useToolPrompt").mockImplementationOnce(async (...asked) => {
    await answered;
    return use(...asked);
  });
  return go;
}

test("what is read slowly goes to the draft that it was chosen for, and nothing is sent before", async () => {
  page.backend.toolSettings.offers = [
    {
      server: "notes",
      resources: [{ uri: "notes://ice", title: "Ice", description: null }],
      prompts: [{ name: "sum", title: "Sum up", description: null, arguments: [] }],
      problem: null,
    },
  ];
  const turn = await page.send("Hello");
  turn.complete(reported);
  await page.until(() => page.workspace.currentTurn === undefined);
  const first = page.workspace.currentId ?? "";
  page.type("For the first.");
  for (const offer of ["offer-resource", "offer-prompt"]) {
    const go = slowly();
    await open();
    await page.until(() => page.all(offer).length === 1 && !page.button(offer).disabled);
    page.button(offer).click();
    expect(page.workspace.maySend).toBe(false);
    page.key("Escape", {}, page.get("offers"));
    await page.until(() => page.all("offers").length === 0);
    page.workspace.newConversation();
    page.type("For another.");
    expect(page.workspace.maySend).toBe(true);
    // Opened anew for another draft, the panel stays.
    await open();
    await page.until(() => page.all(offer).length === 1 && !page.button(offer).disabled);
    go();
    await page.workspace.open(first);
    await page.until(() => page.workspace.maySend);
    expect(page.all("offers")).toHaveLength(1);
    page.key("Escape", {}, page.get("offers"));
    await page.until(() => page.all("offers").length === 0);
    page.workspace.newConversation();
    expect(page.workspace.files).toEqual([]);
    expect(page.workspace.draft).toBe("For another.");
    await page.workspace.open(first);
  }
  expect(page.workspace.files.map(({ name }) => name)).toEqual(["ice"]);
  expect(page.workspace.draft).toBe("For the first.\n\nsum: ");
});

test("what could not be read is told also when the panel is closed, and the draft can be sent", async () => {
  page.backend.toolSettings.offers = [
    {
      server: "notes",
      resources: [{ uri: "notes://ice", title: "Ice", description: null }],
      prompts: [],
      problem: null,
    },
  ];
  page.type("Please.");
  const go = slowly();
  await open();
  await page.until(
    () => page.all("offer-resource").length === 1 && !page.button("offer-resource").disabled,
  );
  page.button("offer-resource").click();
  page.key("Escape", {}, page.get("offers"));
  await page.until(() => page.all("offers").length === 0);
  go(new Error("The server “notes” is gone."));
  await page.until(() => page.workspace.maySend);
  await page.until(() => page.all("notice").some((one) => one.textContent.includes("is gone")));
});

test("a prompt asks for what it needs, and its text goes behind what was typed", async () => {
  page.backend.toolSettings.offers = [
    {
      server: "notes",
      resources: [],
      prompts: [
        {
          name: "sum",
          title: "Sum up",
          description: null,
          arguments: [{ name: "topic", title: "Topic", description: null, required: true }],
        },
      ],
      problem: null,
    },
  ];
  page.type("Please.");
  await open();
  await page.until(
    () => page.all("offer-prompt").length === 1 && !page.button("offer-prompt").disabled,
  );
  page.button("offer-prompt").click();
  await page.until(() => page.all("prompt-argument").length === 1);
  page.fill("prompt-argument", "ice");
  page.button("prompt-use").click();
  await page.until(() => page.all("offers").length === 0);
  expect(page.workspace.draft).toBe("Please.\n\nsum: ice");
});

test("a server that cannot be asked says why, and keeps no other away", async () => {
  page.backend.toolSettings.offers = [
    { server: "broken", resources: [], prompts: [], problem: "The server “broken” is gone." },
    {
      server: "notes",
      resources: [{ uri: "notes://ice", title: "Ice", description: null }],
      prompts: [],
      problem: null,
    },
  ];
  await open();
  await page.until(() => page.all("offer-resource").length === 1);
  expect(page.get("offers").textContent).toContain("is gone");
});

test("without a server it says what servers are for", async () => {
  await open();
  await page.until(() => page.get("offers").textContent.includes("No tool servers yet"));
});
