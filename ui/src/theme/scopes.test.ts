/** What a component's style reaches: only what is inside that component. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const components = Object.keys(import.meta.glob("../**/*.svelte"));

/** The selectors of a style sheet. */
function selectors(css: string): string[] {
  const bare = css.replace(/\/\*[\s\S]*?\*\//g, "");
  const heads = [...bare.matchAll(/(?:^|[{};])([^{};]+)\{/g)].map(([, head]) => head ?? "");
  return heads.filter((head) => !head.trim().startsWith("@"));
}

test("a class that a component shares stands in the theme, and none reaches out of a component", () => {
  expect(components.length).toBeGreaterThan(40);
  const reaching = components.flatMap((path) => {
    const source = readFileSync(new URL(path, import.meta.url), "utf8");
    const style = /<style>([\s\S]*)<\/style>/.exec(source)?.[1] ?? "";
    const parts = selectors(style).flatMap((head) => head.split(","));
    return parts.filter((one) => one.trim().startsWith(":global")).map((one) => path + one);
  });
  expect(reaching).toEqual([]);
});
