import { expect, test } from "vitest";
import { deviations } from "./deviations";
import { pieces } from "./fixture";
import { commonmarkExamples, expected, found, gfmExamples, render } from "./specification";

/** Each of these is meant to differ; an example here that passes fails the test, as does one that is not. */
for (const [suite, examples] of [
  ["CommonMark 0.31.2", commonmarkExamples],
  ["GFM 0.29", gfmExamples],
] as const) {
  test(`the examples of ${suite} come out as specified, save for those that are meant to differ`, () => {
    const differs = examples.filter(
      ({ markdown, html }) => found(render(markdown)) !== expected(html),
    );
    const passed = examples.length - differs.length;
    console.info(`${suite}: ${passed} of ${examples.length} examples without raw HTML`);
    const listed = examples.filter(({ name }) => name in deviations).map(({ name }) => name);
    expect(differs.map(({ name }) => name)).toEqual(listed);
    expect(passed / examples.length).toBeGreaterThanOrEqual(0.97);
  });

  test(`the examples of ${suite} are the same document in single characters and in any split`, () => {
    for (const { name, markdown } of examples) {
      const whole = render(markdown).innerHTML;
      for (const size of [1, 2, 3, 5, 7]) {
        expect(render(...pieces(markdown, size)).innerHTML, `${name} by ${size}`).toBe(whole);
      }
      const [first, second] = [markdown.length / 3, (markdown.length * 2) / 3].map(Math.floor);
      const thirds = [
        markdown.slice(0, first),
        markdown.slice(first, second),
        markdown.slice(second),
      ];
      expect(render(...thirds).innerHTML, name).toBe(whole);
    }
  });
}
