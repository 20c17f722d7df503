/** Costs in plain words: a figure, a range that says so, or that nothing is known. */
import type { Cost, Tally } from "../../backend/generated";
import { count } from "../../strings/format";
import { lazy } from "../../strings/lazy";
import { receiptStrings } from "../../strings/receipt";
import { usageStrings as words } from "../../strings/usage";

const large = lazy(
  () => new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 }),
);
const small = lazy(() => new Intl.NumberFormat(undefined, { maximumSignificantDigits: 2 }));

/** US dollars; below ten cents with as many places as say something. */
function figure(dollars: number): string {
  return dollars === 0 || dollars >= 0.1 ? large().format(dollars) : small().format(dollars);
}

/** US dollars; a range where the two ends are not the same when written, and may have no end. */
export function dollars(low: number, high: number | null, exact: boolean): string {
  if (high === null) return receiptStrings.atLeast(`$${figure(low)}`);
  const [from, to] = [figure(low), figure(high)];
  const range = from === to ? `$${from}` : `$${from}–${to}`;
  return exact ? range : `≈ ${range}`;
}

/** What one answer cost. */
export function costWords(cost: Cost): string {
  switch (cost.basis) {
    case "on-this-computer":
      return words.onThisComputer;
    case "billed":
      return `${dollars(cost.low, cost.high, true)} ${words.billed}`;
    case "computed":
      return dollars(cost.low, cost.high, true);
    case "estimated":
      return dollars(cost.low, cost.high, false);
  }
}

/** The price that a cost was computed with, and where it is from; empty where there was none. */
export function priceWords({ price: tag, basis, high }: Cost): string {
  if (!tag) return "";
  const { input, output } = tag.price;
  const price = words.priceOf(`$${figure(input)}`, `$${figure(output)}`);
  const whole = `${price}: ${words.origins[tag.origin](tag.date ?? "")}`;
  if (basis !== "estimated") return whole;
  return `${whole}. ${high === null ? words.noUpperEnd : words.ranges}`;
}

/** What several answers cost together, as far as that is known. */
export function tallyCost({ answers, priced, onThisComputer, costLow, costHigh }: Tally): string {
  if (costLow === null) return answers === 0 ? words.absent : words.costUnknown;
  if (priced > 0 && onThisComputer === priced) return words.onThisComputer;
  return dollars(costLow, costHigh, costLow === costHigh);
}

/** How many answers a cost leaves out; empty where it is the cost of all. */
export function tallyWithout({ answers, priced }: Tally): string {
  return priced === 0 || priced === answers ? "" : words.withoutCost(count(answers - priced));
}

/** How the figures of a sum are known, leaving out what none is, and the requests for titles that are
 * in it beside the answers. */
export function tallySources(tally: Tally): string {
  const sources = ["reported", "running", "counted", "estimated", "unknown"] as const;
  const known = sources
    .filter((source) => tally[source] > 0)
    .map((source) => words.known[source](count(tally[source])));
  if (tally.titles > 0) known.push(words.titles(tally.titles));
  return known.join(" · ");
}

/** The sum of two sums; a figure is absent where it is in both. */
export function together(one: Tally, other: Tally): Tally {
  const sum = (a: number | null, b: number | null): number | null =>
    a === null ? b : b === null ? a : a + b;
  const hasEnd = (tally: Tally): boolean => tally.costLow === null || tally.costHigh !== null;
  return {
    answers: one.answers + other.answers,
    reported: one.reported + other.reported,
    running: one.running + other.running,
    counted: one.counted + other.counted,
    estimated: one.estimated + other.estimated,
    unknown: one.unknown + other.unknown,
    failedAttempts: one.failedAttempts + other.failedAttempts,
    titles: one.titles + other.titles,
    inputTokens: sum(one.inputTokens, other.inputTokens),
    cachedInputTokens: sum(one.cachedInputTokens, other.cachedInputTokens),
    outputTokens: sum(one.outputTokens, other.outputTokens),
    atLeast: one.atLeast || other.atLeast,
    reasoningTokens: sum(one.reasoningTokens, other.reasoningTokens),
    priced: one.priced + other.priced,
    onThisComputer: one.onThisComputer + other.onThisComputer,
    costLow: sum(one.costLow, other.costLow),
    costHigh: hasEnd(one) && hasEnd(other) ? sum(one.costHigh, other.costHigh) : null,
  };
}
