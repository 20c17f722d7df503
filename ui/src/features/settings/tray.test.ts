import { afterEach, beforeEach, expect, test } from "vitest";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

function box(): HTMLInputElement {
  return page.get("keep-in-tray") as HTMLInputElement;
}

test("the setting is kept, and says where the desktop has no tray", async () => {
  page.workspace.layers.settings = true;
  await page.until(() => page.all("keep-in-tray").length === 1 && !box().disabled);
  expect(box().checked).toBe(false);
  box().click();
  await page.until(() => page.backend.trayView.keep);
  expect(page.all("tray-problem")).toHaveLength(0);

  page.backend.trayView = { keep: false, problem: "This desktop has no tray." };
  page.workspace.layers.settings = false;
  await page.until(() => page.all("keep-in-tray").length === 0);
  page.workspace.layers.settings = true;
  await page.until(() => page.all("tray-problem").length === 1);
  expect(page.get("tray-problem").textContent).toContain(
    "This desktop has no tray. Closing the window still ends Tacet",
  );
});

test("what is refused leaves the box as the settings have it", async () => {
  page.backend.keepInTray = () => Promise.reject(new Error("The disk is full."));
  page.workspace.layers.settings = true;
  await page.until(() => page.all("keep-in-tray").length === 1 && !box().disabled);
  box().click();
  await page.until(() => page.all("notice").length === 1 && !box().checked);
});

test("a clicked notification leads to its conversation", async () => {
  const first = page.workspace.currentId;
  await page.send("What is a moraine?");
  const wanted = page.workspace.currentId;
  expect(wanted).not.toBe(first);
  page.button("new-conversation").click();
  await page.until(() => page.workspace.currentId !== wanted);
  page.backend.news({ type: "wanted", conversationId: wanted ?? "" });
  await page.until(() => page.workspace.currentId === wanted);
});
