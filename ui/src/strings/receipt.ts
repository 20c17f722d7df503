/** The words of a receipt, and of how figures are known. */
import type { ConnectionEnd, ServerCancel, StopEffect, UsageSource } from "../backend/generated";

export const usageSources: Record<UsageSource, string> = {
  reported: "reported by the provider",
  running: "provider's last count",
  counted: "counted by the provider",
  estimated: "estimated",
  unknown: "unknown",
};

/** The same on a receipt. */
export const stopEffects: Record<StopEffect, (provider: string) => string> = {
  stops: (provider) => `${provider} stops billing here`,
  "goes-on": (provider) => `${provider} may keep billing`,
  cancels: (provider) => `${provider} was asked to cancel`,
  unknown: (provider) => `${provider} doesn't say whether billing stops`,
  local: () => "local, no provider billing",
};

/** What became of the connection, around the time that it took. */
export const connectionEnds: Record<ConnectionEnd, { before: string; timed: boolean }> = {
  "never-opened": { before: "no connection had been opened", timed: false },
  finished: { before: "no request was open", timed: false },
  closed: { before: "connection closed in", timed: true },
  "worker-stopped": { before: "model stopped in", timed: true },
  "worker-killed": { before: "model's process was ended after", timed: true },
  "read-on": { before: "hidden at once, still being received for the exact usage", timed: false },
  unconfirmed: { before: "the end of the connection was not confirmed", timed: false },
};

/** The same without the time. */
export const connectionNames: Record<ConnectionEnd, string> = {
  "never-opened": "had not been opened",
  finished: "had ended by itself",
  closed: "closed",
  "worker-stopped": "the built-in model confirmed that it stopped",
  "worker-killed":
    "the built-in model had not loaded or did not answer in time, and its process was ended",
  "read-on":
    "hidden at once and, as set for this provider, received to its end for the exact usage",
  unconfirmed: "its end was not confirmed",
};

/** What the server said when it was asked to end an answer. */
export const serverCancels: Record<ServerCancel, string> = {
  confirmed: "confirmed that it ended the answer",
  refused: "refused to end the answer",
  unanswered: "was told to end the answer and has not confirmed it",
};

export const receiptStrings = {
  receipt: "receipt",
  tokensKept: "tokens kept",
  atLeast: (figure: string) => `at least ${figure}`,
  tokens: "tokens",
  charactersKept: "characters kept",
  nothingKept: "nothing had arrived",
  unknownUsage: "tokens unknown",
  receiptTitle: "What Stop did",
  receiptCause: "Why",
  receiptPhase: "Stopped while",
  receiptStoppedAt: "Stopped at",
  receiptClick: "Click to stop signal",
  receiptServer: "Server",
  receiptClosed: "Stop signal to closed connection",
  receiptClosedHint: "Measured on this computer. When the server noticed is not known here.",
  receiptNoCommit: "not known",
  receiptCommit: "Stop signal to saved",
  receiptConnection: "Connection",
  receiptEffect: "The provider",
  receiptTools: "Tools",
  receiptTool: "Tool",
  step: (step: string) => `Step ${step}`,
  attempt: (step: string, attempt: string) => `Step ${step}, attempt ${attempt}`,
  madeAgain: "failed and was retried",
  receiptProcesses: "Processes ended",
  receiptBytes: "Received",
  receiptKept: "Kept",
  receiptUsage: "Usage",
  receiptMethod: "Estimated by",
  receiptLeftOut: "Left out",
  refusedReasoning: "reasoning of earlier answers that the provider refused",
  receiptUnconfirmed: "Not confirmed within 2 s",
  receiptNoClick: "not stopped manually",
  receiptNoTools: "none",
  serverSilent: (server: string) =>
    `The server “${server}” was told to stop and hasn't confirmed it.`,
  endServer: (server: string) => `End ${server}`,
  serverEnded: (server: string) =>
    `The server “${server}” was ended. It starts again when it is needed.`,
  receiptToolConfirmed: "confirmed",
  receiptToolUnconfirmed: "not confirmed",
  toolConfirmed: (time: string) => `confirmed in ${time}`,
  toolSilent: (time: string) => `told to stop, no answer within ${time}`,
  toolKilled: (processes: number, figure: string, time: string) =>
    `${figure} ${processes === 1 ? "process" : "processes"} killed in ${time}`,
  toolNotNeeded: "nothing to stop",
  bytes: (count: string) => `${count} bytes`,
  characters: (count: string) => `${count} characters`,
  inputTokens: (count: string) => `${count} in`,
  cachedTokens: (count: string) => `${count} of them cached`,
  outputTokens: (count: string) => `${count} out`,
  reasoningTokens: (count: string) => `${count} of them reasoning`,
};
