import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Page } from "../../testing/page";
import { foundOllama } from "../../backend/memory/samples";
import { contextLength, groups } from "./choice";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.button("model-picker").click();
  await page.until(() => page.all("model-search").length === 1);
});
afterEach(() => page.close());

const shown = (): (string | undefined)[] =>
  page.all("model-option").map(({ dataset }) => dataset.model);

test("the search leaves the models that have every word, and Enter takes one", async () => {
  expect(shown()).toHaveLength(3);
  page.fill("model-search", "exam lar");
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
  const { models } = page.backend.settings;
  const offer = { models, found: [], first: new Set<string>(), taken: [] };
  expect(groups(offer, "").map(({ title, choices }) => [title, choices.length])).toEqual([
    ["On this computer", 1],
    ["Example", 2],
  ]);
});

test("the search looks at the names of providers too", () => {
  page.fill("model-search", "on this comp");
  expect(shown()).toEqual(["embedded/SmolLM2-360M"]);
  page.fill("model-search", "nobody");
  expect(shown()).toEqual([]);
  expect(page.get("model-list").textContent).toContain("No model matches.");
});

async function reopen(): Promise<void> {
  page.key("Escape", {}, page.get("model-search"));
  await page.until(() => !page.workspace.layers.models && page.all("model-search").length === 0);
  page.button("model-picker").click();
  await page.until(() => page.all("model-search").length === 1);
}

test("a star brings its model to the front the next time, and moves nothing before", async () => {
  const before = shown();
  const star = page.get("model-option").querySelector("button");
  expect(star?.getAttribute("aria-pressed")).toBe("false");
  star?.click();
  await page.until(() => star?.getAttribute("aria-pressed") === "true");
  expect(page.workspace.layers.models).toBe(true);
  expect(shown()).toEqual(before);
  await reopen();
  expect(shown()).toEqual(["example/small", "embedded/SmolLM2-360M", "example/large"]);
  expect(page.all("model-option")[0]?.textContent).toContain("Example");
});

test("Tab leads from the search to the star of the model that Enter would take, and to no other", () => {
  page.key("ArrowDown", {}, page.get("model-search"));
  const reachable = page.all("favourite").filter(({ tabIndex }) => tabIndex === 0);
  expect(reachable.map((star) => star.getAttribute("aria-label"))).toEqual(["Favourite: large"]);
});

test("context and abilities stand beside a model whose server says them", () => {
  const [embedded, large] = page.all("model-option");
  expect(large?.textContent).toContain("128K");
  expect(large?.textContent).toContain("Understands images");
  expect(embedded?.textContent).not.toContain("K");
  const written = [512, 8192, 40_960, 200_000, 1_000_000, 1_048_576, 1_500_000].map(contextLength);
  expect(written).toEqual(["512", "8K", "40K", "200K", "1M", "1M", "1.5M"]);
});

test("a long name is cut with its whole length as the title", () => {
  const name = page.all("model-option")[1]?.querySelector(".name");
  expect(name?.getAttribute("title")).toBe("large");
});

test("servers on this computer are asked for at the opening, and choosing a model adds its server", async () => {
  const asked = vi.spyOn(page.backend, "discoverServers").mockResolvedValue([foundOllama]);
  expect(asked).not.toHaveBeenCalled();
  await reopen();
  await page.until(() => page.all("model-option").length === 5);
  expect(asked).toHaveBeenCalledTimes(1);
  expect(page.get("model-list").textContent).toContain("Found on this computer: Ollama");
  page.fill("model-search", "qwen");
  page.key("Enter", {}, page.get("model-search"));
  await page.until(() => page.backend.settings.defaultModel === "ollama/qwen3:8b");
  const added = page.backend.settings.providers.at(-1);
  expect(added).toMatchObject({ id: "ollama", name: "Ollama", api: "ollama", models: [] });
});

test("a server that is found does not take the place of a provider with its name", () => {
  const { models } = page.backend.settings;
  const offer = { models, found: [foundOllama], first: new Set<string>(), taken: ["ollama"] };
  expect(groups(offer, "gemma")[0]?.choices[0]?.model).toBe("ollama-2/gemma3:4b");
});
