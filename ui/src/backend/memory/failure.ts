import type { CommandError, ErrorCode } from "../generated";

/** What a call of the twin rejects with. */
export function failure(code: ErrorCode, message: string): CommandError {
  return { code, message };
}
