// @vitest-environment node
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const css = readFileSync(new URL("./tokens.css", import.meta.url), "utf8");
const pairs = new Map(
  [...css.matchAll(/--colour-([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)/g)].map(
    ([, name, light, dark]) => [name as string, { light: light as string, dark: dark as string }],
  ),
);

/** Relative luminance as in WCAG 2.2. */
function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const channel = parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(name: string, surface: string, theme: "light" | "dark"): number {
  const [a, b] = [name, surface].map((key) => {
    const pair = pairs.get(key);
    if (!pair) throw new Error(`tokens.css has no --colour-${key}`);
    return luminance(pair[theme]);
  }) as [number, number];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

const surfaces = ["paper", "sidebar", "raised", "code", "bubble"];
const readable: [string, string[]][] = [
  [
    "text",
    [...surfaces, "hover", "cut-surface", "danger-surface", "selection", "found", "found-current"],
  ],
  ["muted", [...surfaces, "hover", "cut-surface"]],
  ["faint", ["paper", "sidebar", "raised", "code"]],
  ["accent", ["paper", "sidebar", "raised"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["cut-text", ["cut-surface", "paper", "raised"]],
  ["danger", ["paper", "raised", "danger-surface"]],
  ...["keyword", "string", "number", "name", "comment"].map((part): [string, string[]] => [
    `code-${part}`,
    ["code"],
  ]),
  // Titles of alerts.
  ["code-name", ["paper"]],
  ["code-keyword", ["paper"]],
];

for (const theme of ["light", "dark"] as const) {
  test(`text keeps a contrast of 4.5 to 1 on each of its surfaces in the ${theme} theme`, () => {
    const failures = readable.flatMap(([name, on]) =>
      on
        .filter((surface) => contrast(name, surface, theme) < 4.5)
        .map((surface) => `${name} on ${surface}: ${contrast(name, surface, theme).toFixed(2)}`),
    );
    expect(failures).toEqual([]);
  });

  test(`the outline of a control keeps 3 to 1 against its surface in the ${theme} theme`, () => {
    for (const surface of ["paper", "raised"]) {
      expect(contrast("control-line", surface, theme)).toBeGreaterThanOrEqual(3);
    }
  });
}
