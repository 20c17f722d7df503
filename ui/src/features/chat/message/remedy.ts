/** What a person can do about an error: one thing for each, with a button that does it. */
import type { ProviderError } from "../../../backend/generated";

/**
 * `key` and `settings` lead to the provider's form, `model` to the picker, `edit` to the message;
 * `leave-out` asks again without a file.
 */
export type Remedy = "key" | "settings" | "model" | "retry" | "edit" | "leave-out";

export function remedyOf(error: ProviderError): Remedy {
  switch (error.category) {
    case "authentication":
      return "key";
    case "prompt-too-long":
    case "unknown-model":
      return "model";
    case "wrong-address":
      return "settings";
    case "file":
    case "request-too-large":
      return error.files?.length ? "leave-out" : "edit";
    case "bad-request":
      // What the provider refuses once it refuses again: another model, or another address.
      return /\bmodels?\b/i.test(`${error.message} ${error.providerText ?? ""}`)
        ? "model"
        : "settings";
    case "content-filter":
    case "answer-too-long":
      return "edit";
    case "rate-limit":
    case "overloaded":
    case "network":
    case "protocol":
    case "engine":
    case "storage":
    case "unknown":
      return "retry";
  }
}
