/** A unified diff as lines that can be told apart. */
import { boundMarks } from "../../../stream/marks";

export interface DiffLine {
  kind: "head" | "added" | "removed" | "same";
  text: string;
}

/** So many lines are shown; the rest is counted. */
const MOST = 2_000;

/** The lines of a unified diff, each with the sign before it, so that colour is not all there is. */
export function diffLines(diff: string): DiffLine[] {
  const all = diff.replace(/\n$/, "").split("\n");
  const lines = all.slice(0, MOST).map((line): DiffLine => {
    return { kind: kindOf(line), text: boundMarks(line) };
  });
  const more = all.length - lines.length;
  return more > 0 ? [...lines, { kind: "head", text: `… ${String(more)}` }] : lines;
}

function kindOf(line: string): DiffLine["kind"] {
  if (line.startsWith("+++ ") || line.startsWith("--- ") || line.startsWith("@@")) return "head";
  if (line.startsWith("+")) return "added";
  return line.startsWith("-") ? "removed" : "same";
}
