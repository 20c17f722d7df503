/** The focus in the lists of the settings: it goes along with what a key opens, closes and takes away. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  const { backend } = page;
  for (const name of ["one", "two", "three"]) {
    const command = { command: name, args: [], env: {}, cwd: null };
    await backend.addToolServers(JSON.stringify({ mcpServers: { [name]: command } }));
  }
  await backend.setToolFolders(["/one", "/two", "/three"]);
  const prompts = ["One", "Two", "Three"].map((name) => ({ name, text: `Say ${name}.` }));
  page.workspace.settings = await backend.setPrompts(prompts);
  page.workspace.layers.settings = true;
  await page.until(() => page.all("tool-server").length === 3);
});
afterEach(() => page.close());

/** Presses the button at that place by a key: it has the focus. */
function press(testid: string, place = 0): void {
  const button = page.all(testid)[place];
  button?.focus();
  button?.click();
}

async function isAt(testid: string, place = 0): Promise<void> {
  await page.until(() => document.activeElement === page.all(testid)[place]);
}

test.each([
  ["provider-edit", "provider-form", "provider-cancel"],
  ["provider-add", "provider-form", "provider-cancel"],
  ["tool-server-edit", "tool-server-form", "tool-server-cancel"],
  ["tool-server-add", "tool-server-form", "tool-server-cancel"],
  ["tool-servers-add", "tool-servers-form", "tool-servers-cancel"],
  ["prompt-edit", "prompt-form", "prompt-cancel"],
  ["prompt-add", "prompt-form", "prompt-cancel"],
])("%s leads into its form, and that back to it", async (opener, form, cancel) => {
  press(opener);
  await page.until(() => page.all(form).length === 1);
  await page.until(() => document.activeElement?.matches("input, select, textarea"));
  expect(page.get(form).contains(document.activeElement)).toBe(true);
  press(cancel);
  await page.until(() => page.all(form).length === 0);
  await isAt(opener);
});

test("what is saved leads back to where it was edited", async () => {
  press("prompt-edit", 1);
  await page.until(() => page.all("prompt-form").length === 1);
  page.fill("prompt-name", "Another");
  press("prompt-save");
  await page.until(() => page.all("prompt-form").length === 0);
  await isAt("prompt-edit", 1);
});

test.each([
  ["prompt-remove", "prompt-add"],
  ["tool-folder-remove", "tool-folder-path"],
])("%s goes on with the next one, and after the last with %s", async (remove, after) => {
  press(remove, 1);
  await page.until(() => page.all(remove).length === 2);
  await isAt(remove, 1);
  press(remove, 1);
  await page.until(() => page.all(remove).length === 1);
  await isAt(remove, 0);
  press(remove);
  await page.until(() => page.all(remove).length === 0);
  await isAt(after);
});

test("a provider that is removed leaves the focus with the next one", async () => {
  const [first] = page.workspace.settings.providers.filter(({ api }) => api !== "embedded");
  if (!first) throw new Error("there is no provider");
  const providers = ["a", "b"].map((id) => ({ ...first, id, name: id }));
  page.workspace.settings = { ...page.workspace.settings, providers };
  page.backend.settings = page.workspace.settings;
  page.all("provider-remove");
  press("provider-remove");
  await page.until(() => page.all("provider-remove").length === 1);
  await isAt("provider-remove");
  press("provider-remove");
  await page.until(() => page.all("provider-remove").length === 0);
  await isAt("provider-add");
});

test("a server that is removed asks first, and leaves the focus with the next one", async () => {
  press("tool-server-remove", 1);
  await isAt("discard-no");
  press("discard-no");
  await isAt("tool-server-remove", 1);
  press("tool-server-remove", 1);
  await isAt("discard-no");
  press("discard-yes");
  await page.until(() => page.all("tool-server").length === 2);
  await isAt("tool-server-remove", 1);
});
