/** Assistants as they are made and changed. */
import type { Assistant } from "../../backend/generated";
import { assistantStrings } from "../../strings/assistants";

/** An id that no other has, made of `wanted`. */
export function freeId(wanted: string, taken: readonly Assistant[]): string {
  const plain = wanted
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
  const base = plain === "" ? "assistant" : plain;
  const has = (id: string): boolean => taken.some((assistant) => assistant.id === id);
  let [id, number] = [base, 2];
  while (has(id)) id = `${base}-${number++}`;
  return id;
}

export function blankAssistant(taken: readonly Assistant[]): Assistant {
  return {
    id: freeId("assistant", taken),
    name: "",
    icon: "",
    instructions: "",
    model: null,
    temperature: null,
    max_output_tokens: null,
    effort: null,
    tools: null,
    prompts: [],
  };
}

export function duplicate(assistant: Assistant, taken: readonly Assistant[]): Assistant {
  const name = assistantStrings.copyOf(assistant.name);
  return { ...assistant, name, id: freeId(assistant.id, taken) };
}

/** The starting prompts that a person typed, one per line. */
export function promptsOf(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}
