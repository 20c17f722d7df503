/** The words of what answers took and cost. */
import type { Grouping, PriceOrigin, UsageSource } from "../backend/generated";

export const usageStrings = {
  title: "Usage",
  open: "Usage",
  groupBy: "Group by",
  groupings: {
    conversation: "Conversation",
    day: "Day",
    model: "Model",
    provider: "Provider",
  } satisfies Record<Grouping, string>,
  answers: "Answers",
  input: "Tokens in",
  output: "Tokens out",
  cost: "Cost",
  total: "Total",
  whole: "Completed",
  stopped: "Stopped",
  nameless: "Unknown model",
  empty: "No answers yet. What each one uses and costs will be added up here.",
  loading: "Adding up…",
  absent: "–",
  absentHint: "Not known for any of these answers",
  known: {
    reported: (count: string) => `${count} reported`,
    running: (count: string) => `${count} provider's last count`,
    counted: (count: string) => `${count} counted by the provider`,
    estimated: (count: string) => `${count} estimated`,
    unknown: (count: string) => `${count} unknown`,
  } satisfies Record<UsageSource, (count: string) => string>,
  titles: (count: number) => (count === 1 ? "and 1 title" : `and ${String(count)} titles`),
  costUnknown: "unknown",
  onThisComputer: "on this computer",
  billed: "billed by the provider",
  withoutCost: (count: string) => `and ${count} of unknown cost`,
  prices: (builtIn: string, list: string | null) => {
    const read = list === null ? "" : `, your price list (${list})`;
    return `US dollars. Priority: your prices.json, the provider's list${read}, built-in prices (${builtIn})`;
  },
  priceList: "Price list",
  priceListHint:
    "An https address or the path of a file: prices in Tacet's own form, or LiteLLM's list. It is read only when you choose Refresh.",
  refresh: "Refresh",
  priceListRead: (models: string) =>
    `Prices of ${models} models were read. They apply from now on.`,
  ranges:
    "≈ estimated here: from the fewest tokens the answer can be to the most that prompt and answer can be",
  noUpperEnd:
    "“At least”: reasoning may be hidden, the provider may have kept writing, or a file can't be counted",
  priceOf: (input: string, output: string) => `${input} in and ${output} out for a million tokens`,
  origins: {
    "own-table": (date: string) => `your own table of ${date}`,
    "provider-list": () => "the provider's list",
    "public-list": (date: string) => `your price list of ${date}`,
    table: (date: string) => `the table of ${date}`,
  } satisfies Record<PriceOrigin, (date: string) => string>,
  receiptCost: "Cost",
  receiptReplaced: "Earlier estimate",
};
