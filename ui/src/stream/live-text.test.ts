import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LiveText, type TextSink } from "./live-text";

class Recorder implements TextSink {
  readonly appended: string[] = [];
  ends = 0;
  append(text: string): void {
    this.appended.push(text);
  }
  end(): void {
    this.ends += 1;
  }
}

let frames: FrameRequestCallback[] = [];

function nextFrame(): void {
  const due = frames;
  frames = [];
  for (const callback of due) callback(0);
}

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
});

afterEach(() => {
  // Two quiet frames open the gate again for the next test.
  nextFrame();
  nextFrame();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(document, "hidden");
});

test("the first append of a frame is shown at once and the others with the next frame", () => {
  const text = new LiveText();
  const sink = new Recorder();
  text.bind(sink);
  text.append("a");
  expect(sink.appended).toEqual(["a"]);
  text.append("b");
  text.append("c");
  expect(sink.appended).toEqual(["a"]);
  nextFrame();
  expect(sink.appended).toEqual(["a", "bc"]);
});

test("after a quiet frame the next append is shown at once again", () => {
  const text = new LiveText();
  const sink = new Recorder();
  text.bind(sink);
  text.append("a");
  nextFrame();
  text.append("b");
  expect(sink.appended).toEqual(["a", "b"]);
});

test("a hidden page gets no frames and nothing waits for one", () => {
  const text = new LiveText();
  const sink = new Recorder();
  text.bind(sink);
  text.append("a");
  text.append("b");
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
  expect(sink.appended.join("")).toBe("ab");
  text.append("c");
  text.append("d");
  expect(sink.appended.join("")).toBe("abcd");
});

test("a text that was bound late or twice shows all of itself once", () => {
  const text = new LiveText("begin ");
  text.append("and ");
  const first = new Recorder();
  const end = text.bind(first);
  end();
  text.append("end");
  const second = new Recorder();
  text.bind(second);
  expect(first.appended.join("")).toBe("begin and ");
  expect(second.appended.join("")).toBe("begin and end");
});

test("the end shows what still waited and comes once", () => {
  const text = new LiveText();
  const sink = new Recorder();
  text.bind(sink);
  text.append("a");
  text.append("b");
  text.finish();
  text.finish();
  expect(sink.appended.join("")).toBe("ab");
  expect(sink.ends).toBe(1);
});

test("the length counts UTF-16 code units as the offsets of events do", () => {
  const text = new LiveText();
  text.append("a😀");
  expect(text.length).toBe(3);
});
