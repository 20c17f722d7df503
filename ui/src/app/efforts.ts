/** How much models can be asked to reason. */
import type { Effort } from "../backend/generated";

/** All that there is, the least first. */
export const EFFORTS: readonly Effort[] = ["off", "low", "medium", "high", "most"];
/** In the place of no effort, where a choice has to be a text. */
export const AUTOMATIC = "automatic";

/**
 * What is sent for `wanted`: the most that the model has and that is not above it, else the least.
 * Null is for what the model does by itself.
 */
export function nearest(efforts: readonly Effort[], wanted: Effort | null): Effort | null {
  if (wanted === null || efforts.includes(wanted)) return wanted;
  const reasons = efforts.filter((effort) => effort !== "off");
  const below = reasons.filter((effort) => EFFORTS.indexOf(effort) <= EFFORTS.indexOf(wanted));
  return below.at(-1) ?? reasons[0] ?? null;
}
