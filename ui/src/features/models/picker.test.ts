import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../testing/page";
import { byProvider } from "./search";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.button("model-picker").click();
  await page.until(() => page.all("model-search").length === 1);
});
afterEach(() => page.close());

const shown = (): (string | undefined)[] =>
  page.all("model-option").map(({ dataset }) => dataset.model);

function search(text: string): void {
  const field = page.get("model-search") as HTMLInputElement;
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

test("the search leaves the models that have every word, and Enter takes one", async () => {
  expect(shown()).toHaveLength(3);
  search("exam lar");
  expect(shown()).toEqual(["example/large"]);
  page.key("Enter", {}, page.get("model-search"));
  await page.until(() => page.get("model-picker").textContent.includes("large"));
  expect(page.backend.settings.defaultModel).toBe("example/large");
});

test("the arrows walk the list and tell the screen reader where they are", async () => {
  const field = page.get("model-search");
  page.key("ArrowDown", {}, field);
  page.key("ArrowDown", {}, field);
  const active = document.getElementById(field.getAttribute("aria-activedescendant") ?? "");
  expect(active?.dataset.model).toBe("example/small");
  page.key("ArrowDown", {}, field);
  page.key("Enter", {}, field);
  await page.until(() => page.backend.settings.defaultModel === "example/small");
});

test("opening asks the servers for their models and shows the old list meanwhile", async () => {
  page.key("Escape", {}, page.get("model-search"));
  await page.until(() => !page.workspace.layers.models);
  let answer: () => void = () => undefined;
  const { settings } = page.backend;
  vi.spyOn(page.backend, "refreshModels").mockImplementation(
    () =>
      new Promise((resolve) => {
        answer = () => {
          const [first] = settings.models;
          resolve({ ...settings, models: first ? [first] : [] });
        };
      }),
  );
  page.button("model-picker").click();
  await page.until(() => page.all("model-option").length === 3);
  answer();
  await page.until(() => page.all("model-option").length === 1);
});

test("models stand under their providers in the given order", () => {
  const groups = byProvider(page.backend.settings.models, "");
  expect(groups.map(({ provider, models }) => [provider, models.length])).toEqual([
    ["On this computer", 1],
    ["Example", 2],
  ]);
});
