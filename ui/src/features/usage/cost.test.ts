import { expect, test } from "vitest";
import type { Cost } from "../../backend/generated";
import { emptyTally } from "../../backend/memory/usage";
import {
  costWords,
  dollars,
  priceWords,
  tallyCost,
  tallySources,
  tallyWithout,
  together,
} from "./cost";

const none = emptyTally();

const estimate: Cost = {
  low: 0.00071,
  high: 0.0039,
  basis: "estimated",
  price: {
    price: { input: 2.5, cachedInput: 1.25, output: 10 },
    origin: "table",
    date: "2025-11-30",
    upToInputTokens: null,
  },
};

test("dollars have as many places as say something, and a range both its ends", () => {
  expect(dollars(0, 0, true)).toBe("$0.00");
  expect(dollars(1234.5, 1234.5, true)).toBe("$1,234.50");
  expect(dollars(0.0031, 0.0031, true)).toBe("$0.0031");
  expect(dollars(0.25, 2, false)).toBe("≈ $0.25–2.00");
  expect(dollars(0.12341, 0.12342, false)).toBe("≈ $0.12");
});

test("c23_a_cost_says_how_it_is_known", () => {
  expect(costWords(estimate)).toBe("≈ $0.00071–0.0039");
  expect(costWords({ ...estimate, high: estimate.low, basis: "computed" })).toBe("$0.00071");
  const billed: Cost = { low: 0.0015, high: 0.0015, basis: "billed", price: null };
  expect(costWords(billed)).toBe("$0.0015 billed by the provider");
  const local: Cost = { low: 0, high: 0, basis: "on-this-computer", price: null };
  expect(costWords(local)).toBe("on this computer");
});

test("a cost names its price, where that is from, and how wide an estimate is", () => {
  const words = priceWords(estimate);
  expect(words).toContain("$2.50 in and $10.00 out for a million tokens: the table of 2025-11-30");
  expect(words).toContain("fewest tokens");
  expect(words).not.toContain("hidden");
  expect(priceWords({ ...estimate, high: null })).toContain("reasoning may be hidden");
  expect(priceWords({ ...estimate, basis: "computed" })).not.toContain("fewest tokens");
  expect(priceWords({ ...estimate, price: null })).toBe("");
});

test("c23_a_sum_without_a_known_cost_says_so_and_one_that_leaves_some_out_says_how_many", () => {
  expect(tallyCost(none)).toBe("–");
  expect(tallyCost({ ...none, answers: 2, reported: 2 })).toBe("unknown");
  const priced = { ...none, answers: 3, priced: 2, costLow: 0.5, costHigh: 2 };
  expect(tallyCost(priced)).toBe("≈ $0.50–2.00");
  expect(tallyWithout(priced)).toBe("and 1 of unknown cost");
  expect(tallyWithout({ ...priced, answers: 2 })).toBe("");
  expect(tallyCost({ ...priced, answers: 2, costHigh: 0.5 })).toBe("$0.50");
  const local = { ...none, answers: 2, priced: 2, onThisComputer: 2, costLow: 0, costHigh: 0 };
  expect(tallyCost(local)).toBe("on this computer");
});

test("c23_a_sum_counts_how_its_figures_are_known", () => {
  expect(tallySources({ ...none, reported: 1200, unknown: 1 })).toBe("1,200 reported · 1 unknown");
});

test("c23_a_cost_without_an_upper_end_is_at_least_so_much_alone_and_in_sums", () => {
  expect(costWords({ ...estimate, high: null })).toBe("at least $0.00071");
  const closed = { ...none, answers: 1, priced: 1, costLow: 0.5, costHigh: 2 };
  const open = { ...none, answers: 1, priced: 1, costLow: 0.25, atLeast: true, outputTokens: 9 };
  expect(tallyCost(open)).toBe("at least $0.25");
  for (const sum of [together(closed, open), together(open, closed)]) {
    expect(tallyCost(sum)).toBe("at least $0.75");
    expect(sum.atLeast).toBe(true);
  }
  // What has no cost at all does not open a sum.
  expect(tallyCost(together(closed, { ...none, answers: 1, unknown: 1 }))).toBe("≈ $0.50–2.00");
});

test("two sums make one, and what is absent in both stays absent", () => {
  const one = { ...none, answers: 1, estimated: 1, outputTokens: 5 };
  const other = { ...none, answers: 2, reported: 2, inputTokens: 0, outputTokens: 4, priced: 1 };
  expect(together(one, other)).toEqual({
    ...none,
    answers: 3,
    estimated: 1,
    reported: 2,
    inputTokens: 0,
    outputTokens: 9,
    priced: 1,
  });
});
