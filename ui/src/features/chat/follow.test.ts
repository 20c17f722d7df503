/** Who moved the view: the reader, or the window around it. */
import { expect, test } from "vitest";
import { Follow } from "./follow.svelte";

globalThis.ResizeObserver = class {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
};

/** A scroller with the sizes that a test gives it, which clamps its position as a browser does. */
function scroller(content: number, view: number) {
  const element = document.createElement("div");
  const sizes = { content, view, top: 0 };
  const clamp = (): void => {
    sizes.top = Math.max(0, Math.min(sizes.top, sizes.content - sizes.view));
  };
  Object.defineProperties(element, {
    scrollHeight: { get: () => sizes.content },
    clientHeight: { get: () => sizes.view },
    scrollTop: {
      get: () => sizes.top,
      set: (top: number) => {
        sizes.top = top;
        clamp();
      },
    },
  });
  return {
    element,
    /** Gives it other sizes for as long as one layout lasts. */
    layOut: (change: Partial<typeof sizes>): void => {
      Object.assign(sizes, change);
      clamp();
    },
    scrolled: (): boolean => element.dispatchEvent(new Event("scroll")),
  };
}

function followed(content: number, view: number) {
  const follow = new Follow();
  const place = scroller(content, view);
  follow.scroller(place.element);
  follow.resume();
  return { follow, ...place };
}

test("a reader who scrolls up is not pulled back, and one who comes to the end follows again", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  element.scrollTop = 1_200;
  scrolled();
  expect(follow.following).toBe(false);
  layOut({ content: 3_000 });
  scrolled();
  expect(element.scrollTop).toBe(1_200);
  element.scrollTop = 2_500;
  scrolled();
  expect(follow.following).toBe(true);
});

test("a reader scrolls up while text comes in", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  layOut({ content: 2_100 });
  element.scrollTop = 1_400;
  scrolled();
  expect(follow.following).toBe(false);
});

test("a composer that grows after it shrank for a moment is not the reader", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  layOut({ view: 548 });
  layOut({ view: 476 });
  scrolled();
  expect(follow.following).toBe(true);
  expect(element.scrollTop).toBe(1_524);
});

test("content that shrinks and a window that changes its size are not the reader", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  layOut({ content: 1_700 });
  layOut({ content: 1_900 });
  scrolled();
  layOut({ content: 1_500, view: 700 });
  layOut({ content: 1_800, view: 400 });
  scrolled();
  expect(follow.following).toBe(true);
  expect(element.scrollTop).toBe(1_400);
});

test("a reader's wheel counts also while the sizes change", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  element.dispatchEvent(new Event("wheel"));
  layOut({ content: 1_990 });
  element.scrollTop = 1_000;
  scrolled();
  expect(follow.following).toBe(false);
});

test("the key that asks for the end goes to the end that there is, and stays there", () => {
  const { follow, element, layOut, scrolled } = followed(2_000, 500);
  element.className = "scroller";
  const field = element.appendChild(document.createElement("textarea"));
  const press = (target: Element, init: KeyboardEventInit = {}): boolean =>
    target.dispatchEvent(new KeyboardEvent("keydown", { key: "End", bubbles: true, ...init }));
  const up = (): void => {
    element.scrollTop = 100;
    scrolled();
    expect(follow.following).toBe(false);
  };
  up();
  press(field);
  press(element, { shiftKey: true });
  expect(element.scrollTop).toBe(100);
  press(element);
  expect(element.scrollTop).toBe(1_500);
  layOut({ content: 2_100 });
  scrolled();
  expect(follow.following).toBe(true);
});
