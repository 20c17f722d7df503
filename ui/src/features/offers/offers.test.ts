import { afterEach, beforeEach, expect, test } from "vitest";
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
