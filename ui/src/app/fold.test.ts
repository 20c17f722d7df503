import { expect, test } from "vitest";
import { fold, placesOf } from "./fold";

function found(text: string, words: string): string[] {
  const places = placesOf(fold(text), fold(words).text);
  return places.map(({ from, to }) => text.slice(from, to));
}

test("case and diacritics do not count, and what is found is given as it stands", () => {
  expect(found("Un Café, deux CAFÉS", "cafe")).toEqual(["Café", "CAFÉ"]);
  expect(found("Cafe\u0301!", "café")).toEqual(["Cafe\u0301"]);
  expect(found("İstanbul Straße 😀 x", "strasse")).toEqual(["Straße"]);
  expect(found("😀 ice", "ICE")).toEqual(["ice"]);
  expect(found("私は機械学習", "機械")).toEqual(["機械"]);
  expect(found("がか", "か")).toEqual(["か"]);
  expect(found("aaaa", "aa")).toEqual(["aa", "aa"]);
  expect(found("anything", "")).toEqual([]);
});

// `src-tauri/store/src/find.rs` has the same.
test("the vowels and voicing of other scripts count", () => {
  const folded = (text: string): string => fold(text).text;
  expect(folded("Café NAÏVE Größe GRÖẞE")).toBe("cafe naive grosse grosse");
  expect(folded("e\u0301te\u0301")).toBe(folded("été"));
  expect(folded("ﬁne Ⅳ İ")).toBe("fine iv i");
  expect(folded("ὈΔΥΣΣΕΎΣ")).toBe(folded("Ὀδυσσεύς"));
  expect(folded("ガス")).not.toBe(folded("カス"));
  expect(folded("ｶﾞｽ")).toBe("カ\u3099ス");
  expect(folded("कि")).not.toBe(folded("क"));
  expect(folded("안녕")).toBe("안녕");
});
