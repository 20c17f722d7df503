/** What floats over the window brings no CSS variables: see `theme/variables.ts`. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

/** Opens something by its button, gives what has variables of its own, and closes it. */
async function variables(button: string, floating: string): Promise<string[]> {
  page.button(button).focus();
  page.button(button).click();
  await page.until(() => document.querySelector(floating));
  // The body is another matter: a document without layout seems to have a scrollbar to make up for.
  const having = document.querySelectorAll("body [style*='--']");
  const own = [...having].map((element) => element.getAttribute("style") ?? "");
  page.key("Escape", {}, document.activeElement ?? document.body);
  await page.until(() => !document.querySelector(floating));
  return own;
}

test("a panel, a menu and a list of models leave the variables of all that is in them alone", async () => {
  const turn = await page.send("What is firn?");
  turn.text("Old snow.");
  turn.complete(reported);
  await page.until(() => page.answer.dataset.state === "complete");

  expect(await variables("settings", "[data-testid=settings-panel]")).toEqual([]);
  expect(await variables("conversation-more", ".menu")).toEqual([]);
  expect(await variables("model-picker", "[data-testid=model-list]")).toEqual([]);
  expect(await variables("retry-with", "[data-testid=retry-models]")).toEqual([]);
});
