import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Cost, Usage } from "../../backend/generated";
import { emptyTally, reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

const local: Cost = { low: 0, high: 0, basis: "on-this-computer", price: null };
const priced: Usage = {
  ...reported,
  cost: { low: 0.25, high: 0.25, basis: "computed", price: null },
};

async function open(): Promise<void> {
  page.key("u", { ctrlKey: true });
  await page.until(() => page.all("usage-totals").length === 1);
}

/** Each row of the table: what it is of, and its cells. */
function rows(): string[][] {
  return page
    .all("usage-row")
    .map((row) => [
      row.dataset.kind ?? "",
      ...[...row.querySelectorAll("td")].map((cell) => cell.textContent.trim()),
    ]);
}

test("before the first answer the view says that there is nothing to sum up", async () => {
  await open();
  await page.until(() => page.all("usage-empty").length === 1);
  expect(page.get("price-date").textContent).toContain("2025-11-30");
});

test("stopped answers stand apart, and what is not known is not shown as zero", async () => {
  const whole = await page.send("Hello");
  whole.text("An answer");
  whole.complete(priced);
  const cut = await page.send("And now?");
  cut.text("Half an answer");
  cut.interrupt("user", cut.receipt("user", null));
  page.button("usage-open").click();
  await page.until(() => page.all("usage-row").length === 2);
  expect(rows()).toEqual([
    ["whole", "1", "21", "9", "$0.25"],
    ["stopped", "1", "–", "at least 4", "unknown"],
  ]);
  expect(page.get("usage-row").textContent).toContain("1 estimated");
});

test("the switch sums up by something else, and several groups are summed up together", async () => {
  const first = await page.send("Hello");
  first.complete(priced);
  page.key("n", { ctrlKey: true });
  const second = await page.send("Something else");
  second.complete({ ...reported, cost: local });
  await open();
  await page.until(() => page.all("usage-group").length === 3);
  expect(page.get("usage-group").textContent).toContain("Total");
  expect(rows().at(-1)).toEqual(["whole", "2", "42", "18", "$0.25"]);
  page.button("usage-by-provider").click();
  await page.until(() => page.all("usage-group").length === 1);
  expect(rows()).toEqual([["whole", "2", "42", "18", "$0.25"]]);
});

test("Esc closes the view and does not stop an answer", async () => {
  await page.send("Hello");
  await open();
  const stop = vi.spyOn(page.backend, "stopTurn");
  page.key("Escape", {}, document.activeElement ?? document.body);
  await page.until(() => page.all("usage-totals").length === 0);
  expect(stop).not.toHaveBeenCalled();
});

test("a title with endless marks or of a huge length is bounded on the screen", async () => {
  const marked = `a${"\u0301".repeat(10_000)}b`.repeat(100);
  for (const title of [marked, "x".repeat(1_000_000)]) {
    vi.spyOn(page.backend, "usageTotals").mockResolvedValue({
      grouping: "conversation",
      groups: [{ key: "c", title, stopped: emptyTally(), others: { ...emptyTally(), answers: 1 } }],
      priceTableDate: "2025-11-30",
      priceList: null,
      priceListSource: null,
    });
    await open();
    await page.until(() => page.all("usage-group").length === 1);
    const shown = page.get("usage-group").querySelector(".name");
    expect(shown?.textContent.length).toBeLessThan(400);
    expect(shown?.textContent).toMatch(/…$/u);
    expect(shown?.getAttribute("title")?.length).toBeLessThan(400);
    page.key("Escape", {}, document.activeElement ?? document.body);
    await page.until(() => page.all("usage-totals").length === 0);
  }
});

test("a list of prices is read when the person says so, and shown with its date", async () => {
  const read = vi.spyOn(page.backend, "refreshPrices");
  await open();
  await page.until(() => page.all("price-list-source").length === 1);
  expect(page.get("price-date").textContent).not.toContain("your price list");
  expect(read).not.toHaveBeenCalled();
  const refresh = (source: string): void => {
    page.fill("price-list-source", source);
    page.button("price-list-refresh").click();
  };
  refresh("prices.json");
  await page.until(() => page.all("price-list-problem").length === 1);
  expect(page.get("price-list-problem").textContent).toContain("no list of prices");
  refresh("https://example.org/prices.json");
  await page.until(() => page.all("price-list-read").length === 1);
  expect(page.all("price-list-problem")).toEqual([]);
  expect(page.get("price-list-read").textContent).toContain("1,200 models");
  expect(page.get("price-date").textContent).toContain("your price list (2026-11-01)");
});

test("sums that cannot be read say why", async () => {
  vi.spyOn(page.backend, "usageTotals").mockRejectedValue({
    code: "storage",
    message: "The database is busy.",
  });
  await open();
  await page.until(() => page.get("usage-totals").textContent.includes("The database is busy."));
});

test("c23_the_line_under_an_answer_says_what_it_cost_and_how_that_is_known", async () => {
  const turn = await page.send("Hello");
  turn.text("An answer");
  turn.complete(priced);
  expect(page.get("cost").textContent.trim()).toBe("$0.25");
  expect(page.get("cost").dataset.basis).toBe("computed");
});
