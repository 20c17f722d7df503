import { expect, test, vi } from "vitest";
import { typeset } from "./formula";
import { highlight } from "./highlight";

// Grammars and typesetting load on demand, which takes a busy machine a while.

const patience = { timeout: 15_000 };

test("code without a worker is coloured by classes alone and keeps its text", async () => {
  const source = 'fn main() { println!("</code><b>"); }';
  const code = document.createElement("code");
  code.append(source);
  highlight(code, source, "Rust");
  await vi.waitFor(
    () => expect(code.querySelector(".hljs-keyword")?.textContent).toBe("fn"),
    patience,
  );
  expect(code.textContent).toBe(source);
  expect(code.querySelector("b, [style]")).toBeNull();
}, 20_000);

test("a finished formula becomes MathML", async () => {
  const formula = document.createElement("code");
  formula.append("x^2");
  typeset(formula, "x^2", false);
  await vi.waitFor(() => expect(formula.querySelector("math msup")).not.toBeNull(), patience);
}, 20_000);

test("what is crossed out has a stroke that the style sheet draws, whatever it encloses", async () => {
  const formula = document.createElement("code");
  typeset(formula, "\\cancel{x}^2 + \\xcancel{\\bcancel{y}} + \\sout{z}", false);
  await vi.waitFor(() => expect(formula.querySelector("math")).not.toBeNull(), patience);
  const strokes = [...formula.querySelectorAll(".md-strike")].map((struck) => [
    struck.textContent,
    struck.getAttribute("class"),
  ]);
  expect(strokes).toEqual([
    ["x", "md-strike md-strike-up"],
    ["y", "md-strike md-strike-up md-strike-down"],
    ["y", "md-strike md-strike-down"],
    ["z", "md-strike md-strike-out"],
  ]);
  expect(formula.querySelector("menclose, .tml-cancel")).toBeNull();
}, 20_000);

test("a formula can neither link nor load nor bring its own markup", async () => {
  const sources = [
    "\\href{javascript:alert(1)}{x}",
    "\\includegraphics{https://tracker.example/a.png}",
    "\\class{evil}{x}",
    "<img src=x onerror=alert(1)>",
    "\\text{<script>alert(1)</script>}",
  ];
  const formulas = sources.map((source) => {
    const formula = document.createElement("code");
    formula.append(source);
    typeset(formula, source, false);
    return formula;
  });
  const last = document.createElement("code");
  typeset(last, "y", false);
  await vi.waitFor(() => expect(last.querySelector("math")).not.toBeNull(), patience);
  for (const formula of formulas) {
    expect(formula.querySelector("a, img, script, mglyph, .evil, [href], [src]")).toBeNull();
  }
}, 20_000);

test("a faulty formula keeps its source", async () => {
  const faulty = document.createElement("code");
  faulty.append("\\frac{1");
  const good = document.createElement("code");
  typeset(faulty, "\\frac{1", false);
  typeset(good, "y", false);
  await vi.waitFor(() => expect(good.querySelector("math")).not.toBeNull(), patience);
  expect(faulty.innerHTML).toBe("\\frac{1");
}, 20_000);
