/** The words of how a conversation is answered: its instructions, and how much its model reasons. */
import type { AUTOMATIC } from "../app/efforts";
import type { Effort } from "../backend/generated";

export const efforts: Record<Effort | typeof AUTOMATIC, string> = {
  automatic: "Automatic",
  off: "Off",
  low: "Low",
  medium: "Medium",
  high: "High",
  most: "Most",
};

export const answeringStrings = {
  conversation: "Conversation",
  open: "Instructions and settings",
  effort: "Reasoning",
  effortIs: (effort: string) => `Reasoning: ${effort}`,
  effortDefault: "Use for new conversations with this model",
  instructions: "Instructions",
  instructionsHint:
    "Sent before the first message. {date} and {model} are filled in when the conversation starts.",
  instructionsChange:
    "A change counts from the next message on. Providers then read the whole conversation anew.",
  temperature: "Temperature",
  temperatureHint: "0 to 2; empty for the provider's default",
  noTemperature: (model: string) => `${model} doesn't take a temperature.`,
  temperatureWrong: "Write a number from 0 to 2, or leave it empty.",
  limit: "Longest answer",
  limitUnit: "tokens",
  limitHint: "Empty for as much as the provider allows. Reasoning may count too.",
  limitWrong: "Write a whole number from 1 on, or leave it empty.",
  useForNew: "Use for new conversations",
  usedForNew: "New conversations start with this.",
  retryWith: "Retry with another model",
  answeredBy: (model: string, time: string) => `${model} · ${time}`,
  hiddenReasoning: (tokens: string) => `Reasoning hidden by the provider, ${tokens} tokens`,
};
