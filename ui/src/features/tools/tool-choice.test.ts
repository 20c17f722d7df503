import { expect, test } from "vitest";
import { usesServer, usesTool, withServer, withTool } from "./tool-choice";

const group = (server: string, ...names: string[]) => ({
  server,
  problem: null,
  tools: names.map((name) => ({ name, title: name })),
});
const groups = [group("tacet", "read_file", "run_command"), group("time", "now")];

test("nothing chosen is everything, and what is taken away leaves the rest", () => {
  expect(usesTool(null, "time", "now")).toBe(true);
  const rest = withTool(null, groups, "tacet", "run_command", false);
  expect(rest).toEqual(["time", "tacet/read_file"]);
  expect(usesServer(rest, groups[0]!)).toBe("some");
  expect(usesServer(rest, groups[1]!)).toBe("all");
  expect(withServer(null, groups, "time", false)).toEqual(["tacet"]);
});

test("all tools of a server one by one are the server, also what it adds later", () => {
  const one = withTool([], groups, "tacet", "read_file", true);
  expect(one).toEqual(["tacet/read_file"]);
  expect(withTool(one, groups, "tacet", "run_command", true)).toEqual(["tacet"]);
  expect(withServer(one, groups, "tacet", true)).toEqual(["tacet"]);
});

test("a server whose name begins as another's is another", () => {
  const both = [group("a", "x"), group("ab", "x")];
  expect(withServer(["a", "ab/x"], both, "a", false)).toEqual(["ab/x"]);
});
