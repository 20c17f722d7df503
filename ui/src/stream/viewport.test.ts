/** Sections in a view of 600 pixels, with a layout that adds up heights as a browser does. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Section, type Content } from "./section";
import { Viewport, type Sectioned } from "./viewport";

const VIEW = 600;
/** What a section is thought to be high, and is. */
const [THOUGHT, HIGH] = [100, 150];

class Words implements Content {
  left = vi.fn();
  constructor(readonly source: string) {}
  fill(element: HTMLElement): void {
    element.innerHTML = `<details><summary>${this.source}</summary>more</details>`;
  }
}

let resized: ((entries: Pick<ResizeObserverEntry, "target">[]) => void) | undefined;
let scroller: HTMLElement;
let text: Sectioned & { sections: Section[] };
let viewport: Viewport;
let width: number;
/** Heights that a layout gives to filled sections. */
let heights: number[];

const heightOf = (section: Section, index: number): number =>
  section.filled ? (heights[index] ?? HIGH) : parseFloat(section.element.style.height);
const topOf = (index: number): number =>
  text.sections.slice(0, index).reduce((sum, section, at) => sum + heightOf(section, at), 0);
const shown = (): number[] => text.sections.flatMap(({ filled }, index) => (filled ? [index] : []));

beforeEach(() => {
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(callback: typeof resized) {
        resized = callback;
      }
      observe(): void {}
      unobserve(): void {}
    },
  );
  scroller = document.createElement("div");
  scroller.className = "scroller";
  document.body.append(scroller);
  heights = [];
  width = 700;
  const sections = Array.from({ length: 200 }, (_, index) => {
    const element = document.createElement("div");
    scroller.append(element);
    return new Section(element, new Words(`section ${index}`), THOUGHT);
  });
  text = { sections };
  vi.spyOn(Element.prototype, "getClientRects").mockReturnValue([{}] as unknown as DOMRectList);
  vi.spyOn(Element.prototype, "clientHeight", "get").mockReturnValue(VIEW);
  vi.spyOn(Element.prototype, "scrollHeight", "get").mockImplementation(() => topOf(200));
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    const index = text.sections.findIndex(({ element }) => element === this);
    if (index < 0) return new DOMRect(0, 0, 700, VIEW);
    const section = text.sections[index] as Section;
    return new DOMRect(0, topOf(index) - scroller.scrollTop, width, heightOf(section, index));
  });
  const around = Viewport.around(scroller);
  if (!around) throw new Error("there is no viewport");
  viewport = around;
  viewport.add(text, scroller);
});

afterEach(() => {
  viewport.remove(text);
  scroller.remove();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

test("only what is near the view is on the page, and what is far from it leaves", () => {
  scroller.scrollTop = 10_000;
  viewport.look();
  const first = shown();
  expect(first.length).toBeGreaterThan(8);
  expect(first.length).toBeLessThan(20);
  expect(topOf(first[0] as number)).toBeLessThanOrEqual(10_000 - VIEW);
  scroller.scrollTop = 3_000;
  viewport.look();
  const second = shown();
  expect(second.some((index) => first.includes(index))).toBe(false);
  expect(second.length).toBeLessThan(20);
  expect(text.sections[first[0] as number]?.element.innerHTML).toBe("");
});

test("nothing in view moves when what is above it is higher than was thought", () => {
  scroller.scrollTop = 10_000;
  viewport.look();
  for (let step = 0; step < 40; step += 1) {
    scroller.scrollTop -= 200;
    const seen = text.sections.findIndex((_, index) => topOf(index + 1) > scroller.scrollTop);
    const before = topOf(seen) - scroller.scrollTop;
    viewport.look();
    expect(topOf(seen) - scroller.scrollTop).toBe(before);
    expect(text.sections[seen]?.filled).toBe(true);
  }
});

test("a section that grows later, above the view, does not move it either", () => {
  scroller.scrollTop = 10_000;
  viewport.look();
  const [first = 0] = shown();
  const seen = first + 6;
  const before = topOf(seen) - scroller.scrollTop;
  heights[first] = HIGH + 77;
  resized?.([{ target: (text.sections[first] as Section).element }]);
  expect(topOf(seen) - scroller.scrollTop).toBe(before);
});

test("at the top, where nothing above can take it up, the position follows", () => {
  scroller.scrollTop = 500;
  viewport.look();
  expect(shown()[0]).toBe(0);
  const before = topOf(10) - scroller.scrollTop;
  heights[0] = HIGH + 50;
  resized?.([{ target: (text.sections[0] as Section).element }]);
  expect(topOf(10) - scroller.scrollTop).toBe(before);
});

test("the text stays as long as it was thought to be while any of it was never laid out", () => {
  for (const top of [10_000, 4_000, 0, 15_000]) {
    scroller.scrollTop = top;
    viewport.look();
    expect(topOf(200)).toBe(200 * THOUGHT);
  }
});

test("a section that comes back has the height and the open folds that it had", () => {
  viewport.look();
  const [section] = text.sections as [Section];
  const fold = section.element.querySelector("details") as HTMLDetailsElement;
  fold.open = true;
  heights[0] = 444;
  scroller.scrollTop = 10_000;
  viewport.look();
  expect(section.filled).toBe(false);
  expect(section.element.style.height).toBe("444px");
  scroller.scrollTop = 0;
  viewport.look();
  expect(section.element.textContent).toBe("section 0more");
  expect(section.element.querySelector("details")?.open).toBe(true);
});

test("in a window of another width the same words are at the top", () => {
  scroller.scrollTop = 10_060;
  viewport.look();
  const seen = text.sections.findIndex((_, index) => topOf(index + 1) > scroller.scrollTop);
  const above = (scroller.scrollTop - topOf(seen)) / heightOf(text.sections[seen] as Section, seen);
  width = 350;
  heights = text.sections.map(() => 2 * HIGH);
  viewport.update();
  expect(scroller.scrollTop).toBeGreaterThan(18_000);
  expect(scroller.scrollTop).toBeCloseTo(topOf(seen) + above * 2 * HIGH, 0);
});

test("what the reader has selected or focused stays on the page", () => {
  viewport.look();
  const [first, second, third] = text.sections as [Section, Section, Section];
  const focused = second.element.querySelector("details") as HTMLDetailsElement;
  focused.tabIndex = 0;
  focused.focus();
  document.getSelection()?.setBaseAndExtent(first.element, 0, first.element, 1);
  scroller.scrollTop = 10_000;
  viewport.look();
  expect([first, second, third].map(({ filled }) => filled)).toEqual([true, true, false]);
});

test("a small move changes nothing and asks for no layout of a section", () => {
  scroller.scrollTop = 10_000;
  viewport.look();
  const asked = vi.mocked(text.sections[0]?.element.getBoundingClientRect as () => DOMRect);
  asked.mockClear();
  scroller.scrollTop += 50;
  viewport.look();
  expect(asked).not.toHaveBeenCalled();
});
