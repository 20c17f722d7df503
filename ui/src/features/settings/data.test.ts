/** Where everything is kept, in the settings. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
  page.button("settings").click();
  await page.until(() => page.all("move-path").length === 1);
});
afterEach(() => page.close());

test("the data folder is moved once that was confirmed, and what is in the way is told", async () => {
  expect(page.button("move").disabled).toBe(true);
  page.fill("move-path", "elsewhere");
  await page.until(() => !page.button("move").disabled);
  page.button("move").click();
  expect(page.backend.starts).toBe(0);
  await page.until(() => page.button("move").textContent?.includes("restart"));
  page.button("move").click();
  await page.until(() => page.all("move-problem").length === 1);
  expect(page.backend.starts).toBe(0);
  // Another folder is asked about anew.
  page.fill("move-path", "/disk/tacet");
  page.button("move").click();
  expect(page.all("move-problem")).toHaveLength(0);
  expect(page.backend.starts).toBe(0);
  await page.until(() => page.button("move").textContent?.includes("restart"));
  page.button("move").click();
  await page.until(() => page.backend.starts === 1);
  expect(page.button("move").disabled).toBe(true);
  expect(page.get("move-progress").textContent).toContain("5 MB of 20 MB copied");
});
