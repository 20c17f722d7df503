/** How much models can be asked to reason. */
import type { Effort } from "../backend/generated";

const ORDER: readonly Effort[] = ["off", "low", "medium", "high", "most"];

/** What is sent for `wanted`: the most that the model has and that is not above it, else the least. */
export function nearest(efforts: readonly Effort[], wanted: Effort): Effort | null {
  if (efforts.includes(wanted)) return wanted;
  const reasons = efforts.filter((effort) => effort !== "off");
  const below = reasons.filter((effort) => ORDER.indexOf(effort) <= ORDER.indexOf(wanted));
  return below.at(-1) ?? reasons[0] ?? null;
}
