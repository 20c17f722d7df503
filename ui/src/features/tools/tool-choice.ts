/** Which tools a conversation uses: all of a server (`SERVER`) or some of it (`SERVER/TOOL`). */
import type { ToolGroup } from "../../backend/generated";

/** Null for all that there are, also those that are added later. */
export type Chosen = readonly string[] | null;

export function usesTool(chosen: Chosen, server: string, tool: string): boolean {
  return chosen === null || chosen.includes(server) || chosen.includes(`${server}/${tool}`);
}

/** How much of a server is used. */
export function usesServer(chosen: Chosen, group: ToolGroup): "all" | "some" | "none" {
  if (chosen === null || chosen.includes(group.server)) return "all";
  const used = group.tools.filter(({ name }) => usesTool(chosen, group.server, name));
  if (used.length === 0) return "none";
  return used.length === group.tools.length ? "all" : "some";
}

/** Whether what is chosen is of that server. */
export function isOf(choice: string, server: string): boolean {
  return choice === server || choice.startsWith(`${server}/`);
}

/** What is chosen, server by server, where all were. */
function spelled(chosen: Chosen, groups: readonly ToolGroup[]): readonly string[] {
  return chosen ?? groups.map(({ server }) => server);
}

/** The same with all or nothing of a server. */
export function withServer(
  chosen: Chosen,
  groups: readonly ToolGroup[],
  server: string,
  used: boolean,
): string[] {
  const others = spelled(chosen, groups).filter((choice) => !isOf(choice, server));
  return used ? [...others, server] : others;
}

/** The same with or without one tool. */
export function withTool(
  chosen: Chosen,
  groups: readonly ToolGroup[],
  server: string,
  tool: string,
  used: boolean,
): string[] {
  const group = groups.find((it) => it.server === server);
  const others = spelled(chosen, groups).filter((choice) => !isOf(choice, server));
  const tools = (group?.tools ?? []).filter(({ name }) =>
    name === tool ? used : usesTool(chosen, server, name),
  );
  // All that it has now are all of it, also what it adds later.
  if (group && tools.length === group.tools.length) return [...others, server];
  return [...others, ...tools.map(({ name }) => `${server}/${name}`)];
}
