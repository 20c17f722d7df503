/** Several forms of the settings are open at once, and each keeps what was typed into it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  const prompts = ["One", "Two", "Three"].map((name) => ({ name, text: `Say ${name}.` }));
  page.workspace.settings = await page.backend.setPrompts(prompts);
  page.workspace.layers.openProvider("example", false);
  await page.until(() => page.all("provider-form").length === 1);
});
afterEach(() => page.close());

/** Opens the form of the prompt at that place among those whose forms are not open. */
async function edit(place: number): Promise<void> {
  page.all("prompt-edit")[place]?.click();
  await page.until(() => page.all("prompt-form").length === 1);
}

async function answer(choice: "discard-yes" | "discard-no"): Promise<void> {
  await page.until(() => page.all("discard").length === 1);
  page.button(choice).click();
}

test("the settings close when each of the forms that something was typed into agrees", async () => {
  page.fill("provider-key", "sk-typed");
  await edit(1);
  page.fill("prompt-text", "Typed");
  page.button("settings-panel-close").click();
  await answer("discard-yes");
  await page.until(() => page.get("provider-form").contains(page.get("discard")));
  await answer("discard-no");
  await page.until(() => page.all("discard").length === 0);
  expect(page.field("provider-key").value).toBe("sk-typed");
  expect(page.field("prompt-text").value).toBe("Typed");
  page.button("settings-panel-close").click();
  await answer("discard-yes");
  await page.until(() => page.get("provider-form").contains(page.get("discard")));
  await answer("discard-yes");
  await page.until(() => page.all("settings-panel").length === 0);
});

test("a form that was opened or closed later takes nobody's guard away", async () => {
  page.fill("provider-key", "sk-typed");
  await edit(0);
  page.button("settings-panel-close").click();
  await answer("discard-no");
  page.button("prompt-cancel").click();
  await page.until(() => page.all("prompt-form").length === 0);
  page.button("settings-panel-close").click();
  await answer("discard-no");
  await page.until(() => page.all("discard").length === 0);
  expect(page.field("provider-key").value).toBe("sk-typed");
});

test("another provider's form asks the one before it, and no prompt's", async () => {
  await edit(0);
  page.fill("prompt-text", "Typed");
  page.workspace.layers.openProvider(null, false);
  await page.until(() => page.field("provider-name").value === "");
  expect(page.all("discard")).toHaveLength(0);
  expect(page.field("prompt-text").value).toBe("Typed");
});

test("what is typed for a prompt stays when another one is opened or removed", async () => {
  await edit(2);
  page.fill("prompt-text", "Typed");
  page.all("prompt-edit")[0]?.click();
  await answer("discard-no");
  await page.until(() => page.all("discard").length === 0);
  expect(page.field("prompt-name").value).toBe("Three");
  page.all("prompt-remove")[0]?.click();
  await page.until(() => page.workspace.settings.prompts.length === 2);
  expect(page.field("prompt-text").value).toBe("Typed");
  page.button("prompt-save").click();
  await page.until(() => page.all("prompt-form").length === 0);
  expect(page.workspace.settings.prompts).toEqual([
    { name: "Two", text: "Say Two." },
    { name: "Three", text: "Typed" },
  ]);
  await edit(0);
  page.fill("prompt-text", "Typed again");
  page.all("prompt-edit")[0]?.click();
  await answer("discard-yes");
  await page.until(() => page.field("prompt-name").value === "Three");
  expect(page.field("prompt-text").value).toBe("Typed");
});
