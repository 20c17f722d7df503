/** A receipt in plain words: the one line under the answer, and all its fields. */
import type {
  Receipt,
  RequestRecord,
  ToolReceipt,
  Usage,
  UsageSource,
} from "../../../backend/generated";
import { count, milliseconds } from "../../../strings/format";
import { causes, phases, toolStates } from "../../../strings/message";
import {
  connectionEnds,
  connectionNames,
  receiptStrings,
  serverCancels,
  stopEffects,
  usageSources,
} from "../../../strings/receipt";
import { usageStrings } from "../../../strings/usage";
import { costWords, priceWords } from "../../usage/cost";

/** A piece of the line: what stands out, and around it what explains it. */
export interface Piece {
  before?: string;
  strong?: string;
  after?: string;
}

/** What became of the connection, and how fast. */
export function connectionPiece(receipt: Receipt): Piece {
  const { before, timed } = connectionEnds[receipt.connection];
  return timed ? { before, strong: milliseconds(receipt.tokenToClosedMs) } : { before };
}

/** What was kept: tokens where their number is known, else characters. */
export function keptPiece({ usage, charactersKept }: Receipt): Piece {
  if (usage.outputTokens !== null) {
    const tokens = count(usage.outputTokens);
    // What was billed beyond it was not kept.
    return usage.atLeast
      ? { strong: receiptStrings.atLeast(tokens), after: `${receiptStrings.tokens},` }
      : { strong: tokens, after: `${receiptStrings.tokensKept},` };
  }
  if (charactersKept === 0) return { after: receiptStrings.nothingKept };
  return { strong: count(charactersKept), after: receiptStrings.charactersKept };
}

/** One row of the open receipt. Several may have the same name. */
export interface Row {
  name: string;
  value: string;
  /** What the row is about, where there is one for each. */
  of?: "request" | "tool";
}

export function receiptRows(receipt: Receipt, provider: string): Row[] {
  const rows: Row[] = [
    { name: receiptStrings.receiptCause, value: causes[receipt.cause] },
    { name: receiptStrings.receiptPhase, value: phases[receipt.phase] },
    { name: receiptStrings.receiptStoppedAt, value: clock(receipt.stoppedAt) },
    {
      name: receiptStrings.receiptClick,
      value:
        receipt.clickToTokenMs === null
          ? receiptStrings.receiptNoClick
          : milliseconds(receipt.clickToTokenMs),
    },
    { name: receiptStrings.receiptConnection, value: connectionNames[receipt.connection] },
    ...(receipt.serverCancel === null
      ? []
      : [{ name: receiptStrings.receiptServer, value: serverCancels[receipt.serverCancel] }]),
    { name: receiptStrings.receiptClosed, value: closing(receipt) },
    {
      name: receiptStrings.receiptCommit,
      value:
        receipt.tokenToCommitMs === null
          ? receiptStrings.receiptNoCommit
          : milliseconds(receipt.tokenToCommitMs),
    },
    { name: receiptStrings.receiptEffect, value: stopEffects[receipt.stopEffect](provider) },
    ...toolRows(receipt),
    { name: receiptStrings.receiptProcesses, value: count(receipt.processesEnded) },
    {
      name: receiptStrings.receiptBytes,
      value: receiptStrings.bytes(count(receipt.bytesReceived)),
    },
    {
      name: receiptStrings.receiptKept,
      value: receiptStrings.characters(count(receipt.charactersKept)),
    },
    ...requestRows(receipt),
    { name: receiptStrings.receiptUsage, value: usageWords(receipt.usage) },
  ];
  const { cost, replaced } = receipt.usage;
  if (cost) {
    const value = [costWords(cost), priceWords(cost)].filter(Boolean).join(", ");
    rows.push({ name: usageStrings.receiptCost, value });
  }
  if (replaced) rows.push({ name: usageStrings.receiptReplaced, value: usageWords(replaced) });
  if (receipt.usage.method !== null) {
    rows.push({ name: receiptStrings.receiptMethod, value: receipt.usage.method });
  }
  if (receipt.withoutSeals) {
    rows.push({ name: receiptStrings.receiptLeftOut, value: receiptStrings.refusedReasoning });
  }
  if (receipt.unconfirmed.length > 0) {
    rows.push({ name: receiptStrings.receiptUnconfirmed, value: receipt.unconfirmed.join(", ") });
  }
  return rows;
}

/** The time to the closed connection, which is that of this side. */
function closing({ connection, tokenToClosedMs }: Receipt): string {
  const time = milliseconds(tokenToClosedMs);
  return connection === "closed" ? `${time}. ${receiptStrings.receiptClosedHint}` : time;
}

/** A row for each request; none for a single one, whose figures are those of the turn. */
function requestRows({ requests }: Receipt): Row[] {
  if (requests.length < 2) return [];
  return requests.map((request) => ({
    name: requestName(request, requests),
    value: requestWords(request),
    of: "request",
  }));
}

/** By its step, and by its attempt where the step took several. People count from one. */
function requestName({ step, attempt }: RequestRecord, all: RequestRecord[]): string {
  const attempts = all.filter((other) => other.step === step).length;
  return attempts === 1
    ? receiptStrings.step(count(step + 1))
    : receiptStrings.attempt(count(step + 1), count(attempt + 1));
}

function requestWords({ usage, madeAgain }: RequestRecord): string {
  const words = [
    madeAgain ? receiptStrings.madeAgain : "",
    usageWords(usage),
    usage.cost ? costWords(usage.cost) : "",
  ];
  return words.filter(Boolean).join(", ");
}

function toolRows({ tools }: Receipt): Row[] {
  const name = receiptStrings.receiptTools;
  if (tools.length === 0) return [{ name, value: receiptStrings.receiptNoTools }];
  return tools.map((tool) => ({
    name: receiptStrings.receiptTool,
    value: `${tool.name}: ${toolWords(tool)}`,
    of: "tool",
  }));
}

/** What became of a tool, and what it did where it was told to stop. */
export function toolWords(tool: ToolReceipt): string {
  const told = confirmationWords(tool);
  return told === "" ? toolStates[tool.state] : `${toolStates[tool.state]} (${told})`;
}

function confirmationWords({ state, confirmed, confirmation }: ToolReceipt): string {
  if (confirmation === undefined) {
    // A call that had ended, or had not begun, was not told anything that it could confirm.
    if (state !== "interrupted-while-running") return "";
    return confirmed ? receiptStrings.receiptToolConfirmed : receiptStrings.receiptToolUnconfirmed;
  }
  switch (confirmation.kind) {
    case "confirmed":
      return receiptStrings.toolConfirmed(milliseconds(confirmation.ms));
    case "told-and-silent":
      return receiptStrings.toolSilent(milliseconds(confirmation.ms));
    case "killed":
      return receiptStrings.toolKilled(
        confirmation.processes,
        count(confirmation.processes),
        milliseconds(confirmation.ms),
      );
    case "not-needed":
      return receiptStrings.toolNotNeeded;
  }
}

/** The servers that were told to stop a tool and have not said that they did, each once. */
export function silentServers({ tools }: Receipt): string[] {
  const servers = tools.flatMap(({ server, confirmed }) => (confirmed || !server ? [] : [server]));
  return [...new Set(servers)];
}

/** How the tokens of an answer are known, which may differ from those of its request. */
export function outputSource({ source, outputSource }: Usage): UsageSource {
  return outputSource ?? source;
}

/** All figures of the usage with their source; absent ones are left out, zero is a number. */
export function usageWords(usage: Usage): string {
  const figures = usageFigures(usage);
  return figures === ""
    ? receiptStrings.unknownUsage
    : `${figures}, ${usageSources[outputSource(usage)]}`;
}

/**
 * The figures; empty when there is none. The source of the last one is to be said after them, and
 * that of the others is where it differs.
 */
export function usageFigures(usage: Usage): string {
  const { inputTokens, cachedInputTokens, outputTokens, reasoningTokens } = usage;
  const request = [
    inputTokens === null ? null : receiptStrings.inputTokens(count(inputTokens)),
    cachedInputTokens === null ? null : receiptStrings.cachedTokens(count(cachedInputTokens)),
  ].filter((figure) => figure !== null);
  const answer = [
    outputTokens === null ? null : receiptStrings.outputTokens(leastOrCount(usage, outputTokens)),
    reasoningTokens === null ? null : receiptStrings.reasoningTokens(count(reasoningTokens)),
  ].filter((figure) => figure !== null);
  if (usage.outputSource && request.length > 0) {
    request.push(`${request.pop() ?? ""}, ${usageSources[usage.source]}`);
  }
  const figures = [...request, ...answer];
  return figures.length === 0 ? "" : `${receiptStrings.tokens}: ${figures.join(" · ")}`;
}

function leastOrCount({ atLeast }: Usage, tokens: number): string {
  return atLeast ? receiptStrings.atLeast(count(tokens)) : count(tokens);
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString(undefined, { timeStyle: "medium" });
}
