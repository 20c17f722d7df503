import { expect, test, vi } from "vitest";
import type {
  Cause,
  ConnectionEnd,
  Receipt,
  RequestRecord,
  StopEffect,
  ToolConfirmation,
} from "../../../backend/generated";
import { milliseconds } from "../../../strings/format";
import { causes } from "../../../strings/message";
import { stopEffects } from "../../../strings/receipt";
import { Page } from "../../../testing/page";
import {
  connectionPiece,
  keptPiece,
  outputSource,
  receiptRows,
  silentServers,
  toolWords,
  usageFigures,
  usageWords,
  type Row,
} from "./receipt";

const receipt: Receipt = {
  version: 2,
  requests: [],
  turnId: "t",
  phase: "text",
  cause: "user",
  stoppedAt: 1_700_000_000_000,
  clickToTokenMs: 1,
  serverCancel: null,
  tokenToClosedMs: 3,
  tokenToCommitMs: 5.23,
  connection: "closed",
  stopEffect: "goes-on",
  tools: [
    { callId: "c", name: "search_files", state: "interrupted-before-run", confirmed: true },
    { callId: "d", name: "run", state: "interrupted-while-running", confirmed: false },
  ],
  processesEnded: 2,
  bytesReceived: 12_345,
  charactersKept: 1648,
  usage: {
    source: "estimated",
    method: "kinds of characters, answer only: 310 to 620 tokens",
    inputTokens: null,
    cachedInputTokens: null,
    outputTokens: 412,
    reasoningTokens: null,
  },
  unconfirmed: ["server `files`"],
};

function values(rows: Row[], name: string): string[] {
  return rows.filter((row) => row.name === name).map((row) => row.value);
}

function value(rows: Row[], name: string): string | undefined {
  return values(rows, name)[0];
}

const words: [ConnectionEnd, string][] = [
  ["never-opened", "no connection had been opened"],
  ["finished", "no request was open"],
  ["closed", "connection closed in 3 ms"],
  ["worker-stopped", "model stopped in 3 ms"],
  ["worker-killed", "model's process was ended after 3 ms"],
  ["unconfirmed", "the end of the connection was not confirmed"],
];

test.each(words)("c26_the_line_says_what_became_of_a_connection_that_is_%s", (connection, line) => {
  const { before, strong } = connectionPiece({ ...receipt, connection });
  expect([before, strong].filter(Boolean).join(" ")).toBe(line);
});

test("c11_every_cause_has_words_of_its_own", () => {
  const all: Cause[] = [
    "user",
    "window-closed",
    "viewer-gone",
    "app-quit",
    "replaced",
    "deadline",
    "crash",
    "provider-error",
    "answer-limit",
  ];
  expect(causes.user).toBe("Stopped by you");
  expect(new Set(all.map((cause) => causes[cause])).size).toBe(all.length);
});

test("c24_every_effect_of_a_stop_has_words_of_its_own", () => {
  const all: StopEffect[] = ["stops", "goes-on", "cancels", "unknown", "local"];
  expect(all.map((effect) => stopEffects[effect]("Example"))).toEqual([
    "Example stops billing here",
    "Example may keep billing",
    "Example was asked to cancel",
    "Example doesn't say whether billing stops",
    "local, no provider billing",
  ]);
});

test("c09_what_did_not_confirm_is_named", () => {
  const rows = receiptRows(receipt, "Example");
  expect(value(rows, "Not confirmed within 2 s")).toBe("server `files`");
  expect(value(receiptRows({ ...receipt, unconfirmed: [] }, "E"), "Not confirmed within 2 s")).toBe(
    undefined,
  );
});

test("c26_the_open_receipt_has_every_field", () => {
  const rows = receiptRows(receipt, "Example");
  expect(value(rows, "Stopped while")).toBe("Writing");
  expect(value(rows, "Click to stop signal")).toBe("1 ms");
  expect(value(rows, "Stop signal to closed connection")).toBe(
    "3 ms. Measured on this computer. When the server noticed is not known here.",
  );
  expect(value(rows, "Stop signal to saved")).toBe("5.2 ms");
  expect(value(rows, "Processes ended")).toBe("2");
  expect(value(rows, "Received")).toBe("12,345 bytes");
  expect(value(rows, "Kept")).toBe("1,648 characters");
  expect(value(rows, "Estimated by")).toBe("kinds of characters, answer only: 310 to 620 tokens");
  expect(values(rows, "Tool")).toEqual([
    "search_files: Cut off · not executed",
    "run: Stopped while running · its effect is unknown (not confirmed)",
  ]);
  expect(value(receiptRows({ ...receipt, tools: [] }, "Example"), "Tools")).toBe("none");
});

const told: [ToolConfirmation, string][] = [
  [{ kind: "confirmed", ms: 12 }, "confirmed in 12 ms"],
  [{ kind: "told-and-silent", ms: 2000 }, "told to stop, no answer within 2.0 s"],
  [{ kind: "killed", processes: 3, ms: 612 }, "3 processes killed in 612 ms"],
  [{ kind: "killed", processes: 1, ms: 104 }, "1 process killed in 104 ms"],
  [{ kind: "not-needed" }, "nothing to stop"],
];

test.each(told)("c26_a_tool_that_was_told_to_stop_says_what_it_did: %o", (confirmation, words) => {
  const tool = {
    callId: "c",
    name: "run",
    state: "interrupted-while-running" as const,
    confirmed: confirmation.kind !== "told-and-silent",
    confirmation,
  };
  expect(toolWords(tool)).toBe(`Stopped while running · its effect is unknown (${words})`);
});

test("c26_a_tool_that_had_ended_before_the_stop_does_not_claim_to_have_confirmed_it", () => {
  const tool = { callId: "c", name: "run", state: "succeeded" as const, confirmed: true };
  expect(toolWords(tool)).toBe("Done");
});

function request(step: number, attempt: number, more: Partial<RequestRecord> = {}): RequestRecord {
  const usage = {
    ...receipt.usage,
    source: "reported" as const,
    method: null,
    inputTokens: 1000 + step,
    outputTokens: 20,
  };
  return { step, attempt, finishReason: null, usage, ...more };
}

test("c23_each_of_several_requests_has_a_row_with_its_step_its_tokens_and_its_cost", () => {
  const unknown = { ...receipt.usage, source: "unknown" as const, outputTokens: null };
  const cost = { low: 0.0015, high: 0.0015, basis: "billed" as const, price: null };
  const last = request(1, 1);
  const requests = [
    request(0, 0),
    request(1, 0, { madeAgain: true, usage: unknown }),
    { ...last, usage: { ...last.usage, cost } },
  ];
  const rows = receiptRows({ ...receipt, requests }, "Example");
  expect(rows.filter(({ of }) => of === "request")).toEqual([
    {
      name: "Step 1",
      value: "tokens: 1,000 in · 20 out, reported by the provider",
      of: "request",
    },
    {
      name: "Step 2, attempt 1",
      value: "failed and was retried, tokens unknown",
      of: "request",
    },
    {
      name: "Step 2, attempt 2",
      value: "tokens: 1,001 in · 20 out, reported by the provider, $0.0015 billed by the provider",
      of: "request",
    },
  ]);
  const single = receiptRows({ ...receipt, requests: [request(0, 0)] }, "Example");
  expect(single.some(({ of }) => of === "request")).toBe(false);
});

test("two calls of one tool have a row each in the receipt on the page", async () => {
  const page = await Page.open();
  const turn = await page.send("Look.");
  turn.toolArguments("call_1", "search_files", "{}");
  turn.toolArguments("call_2", "search_files", '{"path": ".gi');
  const stopped = turn.receipt("user", null);
  turn.interrupt("user", { ...stopped, requests: [request(0, 0), request(1, 0)] });
  await page.until(() => page.all("receipt").length === 1);
  page.get("receipt").querySelector("button")?.click();
  await page.until(() => page.all("receipt-tool").length === 2);
  expect(page.all("receipt-request")).toHaveLength(2);
  await page.close();
});

test("c26_the_open_receipt_has_the_cost_and_what_was_said_before_the_true_figures_came", () => {
  const cost = { low: 0.0015, high: 0.0015, basis: "billed" as const, price: null };
  const usage = {
    ...receipt.usage,
    source: "reported" as const,
    method: null,
    outputTokens: 25,
    cost,
    replaced: receipt.usage,
  };
  const rows = receiptRows({ ...receipt, usage }, "Example");
  expect(value(rows, "Usage")).toBe("tokens: 25 out, reported by the provider");
  expect(value(rows, "Cost")).toBe("$0.0015 billed by the provider");
  expect(value(rows, "Earlier estimate")).toBe("tokens: 412 out, estimated");
  expect(value(receiptRows(receipt, "Example"), "Cost")).toBe(undefined);
});

test("c23_an_answer_whose_request_alone_was_counted_says_how_each_figure_is_known", () => {
  const usage = {
    ...receipt.usage,
    source: "running" as const,
    outputSource: "estimated" as const,
    inputTokens: 1200,
    cachedInputTokens: 900,
  };
  expect(usageWords(usage)).toBe(
    "tokens: 1,200 in · 900 of them cached, provider's last count · 412 out, estimated",
  );
  expect(outputSource(usage)).toBe("estimated");
  expect(outputSource(receipt.usage)).toBe("estimated");
});

test("c23_what_an_answer_took_at_least_is_not_said_to_be_all_and_not_to_be_kept", () => {
  const usage = { ...receipt.usage, atLeast: true };
  expect(usageWords(usage)).toBe("tokens: at least 412 out, estimated");
  expect(keptPiece({ ...receipt, usage })).toEqual({ strong: "at least 412", after: "tokens," });
});

test("a turn that no click stopped does not claim one", () => {
  const rows = receiptRows({ ...receipt, clickToTokenMs: null, cause: "viewer-gone" }, "Example");
  expect(value(rows, "Click to stop signal")).toBe("not stopped manually");
});

test("c23_a_zero_is_shown_as_a_number_and_an_absent_figure_is_not_shown_as_zero", () => {
  const usage = { ...receipt.usage, outputTokens: 0 };
  expect(keptPiece({ ...receipt, usage }).strong).toBe("0");
  const unknown = {
    ...receipt.usage,
    source: "unknown" as const,
    method: null,
    outputTokens: null,
  };
  expect(keptPiece({ ...receipt, usage: unknown })).toEqual({
    strong: "1,648",
    after: "characters kept",
  });
  expect(keptPiece({ ...receipt, usage: unknown, charactersKept: 0 })).toEqual({
    after: "nothing had arrived",
  });
  expect(usageFigures(unknown)).toBe("");
  expect(usageWords(unknown)).toBe("tokens unknown");
});

test("c23_usage_names_its_source", () => {
  const usage = { ...receipt.usage, source: "reported" as const, inputTokens: 1200 };
  expect(usageWords({ ...usage, cachedInputTokens: 0, reasoningTokens: 7 })).toBe(
    "tokens: 1,200 in · 0 of them cached · 412 out · 7 of them reasoning, reported by the provider",
  );
});

test("times are told as exactly as they matter", () => {
  expect([0.01, 0.28, 3, 9.96, 41.4, 1999].map(milliseconds)).toEqual([
    "under 0.1 ms",
    "0.3 ms",
    "3 ms",
    "10 ms",
    "41 ms",
    "2.0 s",
  ]);
});

test("a server that is silent after a stop is named once and can be ended", async () => {
  const call = { name: "look", state: "interrupted-while-running" } as const;
  const tools = [
    { ...call, callId: "a", server: "files", confirmed: false },
    { ...call, callId: "b", server: "files", confirmed: false },
    { ...call, callId: "c", server: "time", confirmed: true },
    { ...call, callId: "d", confirmed: false },
  ];
  expect(silentServers({ ...receipt, tools })).toEqual(["files"]);
  const page = await Page.open();
  const turn = await page.send("Look.");
  turn.interrupt("user", { ...receipt, tools });
  await page.until(() => page.all("silent-server").length === 1);
  const ended = vi.spyOn(page.backend, "endToolServer");
  page.button("end-server").click();
  await page.until(() => page.get("silent-server").textContent.includes("was ended"));
  expect(ended).toHaveBeenCalledWith("files");
  await page.close();
});
