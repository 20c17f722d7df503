import fc from "fast-check";
import { expect, test } from "vitest";
import { boundedSink, boundMarks, LONGEST_RUN, MarkBound } from "./marks";

const acute = "\u0301";
/** Outside of the basic plane, a pair of surrogates. */
const stem = "\u{1d165}";

test("a run of marks is cut at its limit, and the letters around it stay", () => {
  const run = acute.repeat(10_000);
  expect(boundMarks(`a${run}b${run}c`)).toBe(
    `a${acute.repeat(LONGEST_RUN)}b${acute.repeat(LONGEST_RUN)}c`,
  );
  expect(boundMarks(`a${stem.repeat(100)}b`)).toBe(`a${stem.repeat(LONGEST_RUN)}b`);
  expect(boundMarks(`a${"\u200d".repeat(100)}`)).toBe(`a${"\u200d".repeat(LONGEST_RUN)}`);
});

test("what people write stays as it is", () => {
  const words = [
    "Việt Nam",
    "שָׁלוֹם",
    "नमस्ते",
    "བསྒྲུབས",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ✈️",
    `e${acute.repeat(LONGEST_RUN)}`,
    "",
  ];
  for (const word of words) expect(boundMarks(word)).toBe(word);
});

test("however a text is cut into pieces, the same of it is shown", () => {
  const text = fc
    .array(fc.constantFrom("a", acute.repeat(7), stem.repeat(9), "\u200d", "\n", "𝔸"), {
      maxLength: 60,
    })
    .map((pieces) => [...pieces.join("")]);
  fc.assert(
    fc.property(text, fc.array(fc.nat(12)), (letters, cuts) => {
      const bound = new MarkBound();
      let shown = "";
      let at = 0;
      for (const cut of cuts) {
        shown += bound.next(letters.slice(at, at + cut).join(""));
        at += cut;
      }
      shown += bound.next(letters.slice(at).join(""));
      expect(shown).toBe(boundMarks(letters.join("")));
    }),
  );
});

test("a bounded sink passes on what is shown, and the end", () => {
  const told: string[] = [];
  const sink = boundedSink({ append: (text) => told.push(text), end: () => told.push("end") });
  sink.append(`a${acute.repeat(25)}`);
  sink.append(acute.repeat(25));
  sink.append("b");
  sink.end();
  expect(told).toEqual([`a${acute.repeat(25)}`, acute.repeat(5), "b", "end"]);
});
