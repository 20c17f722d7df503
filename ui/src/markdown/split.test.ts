import fc from "fast-check";
import { expect, test } from "vitest";
import { answer, pieces, rendered, syntax } from "./fixture";

const text = fc.array(syntax, { maxLength: 40 }).map((parts) => parts.join(""));

test("any split of any text gives the same document as rendering it at once", () => {
  fc.assert(
    fc.property(
      text,
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      (source, sizes) => {
        const cut: string[] = [];
        for (let at = 0, turn = 0; at < source.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          cut.push(source.slice(at, at + size));
          at += size;
        }
        expect(rendered(...cut).innerHTML).toBe(rendered(source).innerHTML);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a whole answer gives the same document for every size of piece", () => {
  const whole = rendered(answer).innerHTML;
  for (let size = 1; size < 80; size += 1) {
    expect(rendered(...pieces(answer, size)).innerHTML).toBe(whole);
  }
});

test("no character of plain words is lost, whatever stands around them", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(syntax, fc.nat(999_999)), { maxLength: 20 }), (parts) => {
      const source = parts.map(([mark, number]) => `${mark}w${number}w`).join("");
      const shown = rendered(source);
      // Targets and languages are shown elsewhere than in the text.
      const titles = [...shown.querySelectorAll("[title]")].map((link) =>
        link.getAttribute("title"),
      );
      const all = [shown.textContent, ...titles].join(" ");
      const hidden = /```[^\n]*|~~~[^\n]*|\]\([^)]*\)/g;
      for (const [, number] of parts) {
        const word = `w${number}w`;
        if (!source.replace(hidden, "").includes(word)) continue;
        expect(all).toContain(word);
      }
    }),
    { numRuns: 500 },
  );
});
