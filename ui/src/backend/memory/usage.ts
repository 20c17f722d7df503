/** The usage of the twin's answers, and the sums that it gives over what its conversations hold. */
import type { Grouping, Message, Tally, Usage, UsageTotal, UsageTotals } from "../generated";
import type { Tree } from "./tree";

/** Figures as a provider reports them. */
export const reported: Usage = {
  source: "reported",
  method: null,
  inputTokens: 21,
  cachedInputTokens: null,
  outputTokens: 9,
  reasoningTokens: null,
};

export function usageTotals(
  grouping: Grouping,
  views: Tree[],
): Omit<UsageTotals, "priceList" | "priceListSource"> {
  const groups = new Map<string, UsageTotal & { newest: number }>();
  for (const { conversation, messages } of views) {
    for (const message of messages) {
      if (!message.usage) continue;
      const key = keyOf(grouping, message);
      const title = grouping === "conversation" ? conversation.title : null;
      const known = groups.get(key);
      const group = known ?? { key, title, stopped: emptyTally(), others: emptyTally(), newest: 0 };
      groups.set(key, group);
      group.newest = Math.max(group.newest, message.createdAt);
      add(message.state === "interrupted" ? group.stopped : group.others, message.usage);
    }
  }
  const sorted = [...groups.values()].sort((a, b) => b.newest - a.newest);
  return {
    grouping,
    groups: sorted.map(({ newest: _, ...group }) => group),
    priceTableDate: "2025-11-30",
  };
}

function keyOf(grouping: Grouping, message: Message): string {
  const model = message.model ?? "";
  switch (grouping) {
    case "conversation":
      return message.conversationId;
    case "day":
      return new Date(message.createdAt).toLocaleDateString("sv-SE");
    case "model":
      return model;
    case "provider":
      return model.slice(0, model.indexOf("/"));
  }
}

export function emptyTally(): Tally {
  return {
    answers: 0,
    reported: 0,
    running: 0,
    counted: 0,
    estimated: 0,
    unknown: 0,
    failedAttempts: 0,
    titles: 0,
    inputTokens: null,
    cachedInputTokens: null,
    outputTokens: null,
    atLeast: false,
    reasoningTokens: null,
    priced: 0,
    onThisComputer: 0,
    costLow: null,
    costHigh: null,
  };
}

function add(tally: Tally, { source, outputSource, atLeast, cost, ...figures }: Usage): void {
  tally.answers += 1;
  tally[outputSource ?? source] += 1;
  tally.atLeast ||= atLeast === true;
  const names = ["inputTokens", "cachedInputTokens", "outputTokens", "reasoningTokens"] as const;
  for (const name of names) {
    const figure = figures[name];
    if (figure !== null) tally[name] = (tally[name] ?? 0) + figure;
  }
  if (!cost) return;
  tally.priced += 1;
  if (cost.basis === "on-this-computer") tally.onThisComputer += 1;
  const isOpen = cost.high === null || (tally.costLow !== null && tally.costHigh === null);
  tally.costLow = (tally.costLow ?? 0) + cost.low;
  tally.costHigh = isOpen ? null : (tally.costHigh ?? 0) + (cost.high ?? 0);
}
