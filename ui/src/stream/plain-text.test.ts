import { expect, test } from "vitest";
import { LINE_LENGTH, PlainText, WORD_LENGTH } from "./plain-text";

/** Shows `text` in pieces of `size`, and gives the element with what was done to it. */
function shown(text: string, size: number) {
  const host = document.createElement("div");
  let characters = 0;
  const observer = new MutationObserver(() => undefined);
  observer.observe(host, { subtree: true, childList: true, characterData: true });
  const plain = new PlainText(host);
  let late = 0;
  for (let at = 0; at < text.length; at += size) {
    const closed = new Set<Node>(blocks(host).slice(0, -1));
    plain.append(text.slice(at, at + size));
    for (const { target, type } of observer.takeRecords()) {
      if (type === "characterData") characters += (target as Text).length;
      const block = target instanceof Text ? target.parentNode : target;
      if (block && closed.has(block)) late += 1;
    }
  }
  plain.end();
  return { host, characters, late };
}

function blocks(host: HTMLElement): Element[] {
  return [...host.children].flatMap((section) => [...section.children]);
}

function lengths(host: HTMLElement): number[] {
  return blocks(host).map((block) => block.textContent.length);
}

test("long text stands in blocks of bounded length, and none is touched again", () => {
  const text = "A line of some eighty characters, as they are in code and in reasoning, and on.\n";
  const { host, late } = shown(text.repeat(600), 256);
  expect(host.textContent).toBe(text.repeat(600));
  expect(Math.max(...lengths(host))).toBeLessThan(2200);
  expect(blocks(host).length).toBeGreaterThan(15);
  expect(late).toBe(0);
});

test("the characters that are set anew for a piece do not grow with the text", () => {
  const line = `${"word ".repeat(15)}\n`;
  const [short, long] = [shown(line.repeat(100), 100), shown(line.repeat(600), 100)];
  expect(long.characters / short.characters).toBeLessThan(7);
});

test("lines and words without end are cut all the same, never inside a pair", () => {
  const words = "word ".repeat(20_000);
  expect(Math.max(...lengths(shown(words, 333).host))).toBeLessThan(LINE_LENGTH + 400);
  const word = "😀".repeat(20_000);
  for (const size of [64, 3, 8191]) {
    const { host } = shown(word, size);
    expect(host.textContent).toBe(word);
    expect(Math.max(...lengths(host))).toBeLessThanOrEqual(WORD_LENGTH + 1);
    for (const block of blocks(host)) expect(block.textContent).not.toMatch(/[\ud800-\udbff]$/);
  }
});

test("the same text gives the same blocks however it was cut", () => {
  const text = `${"A paragraph of words. ".repeat(60)}\n\n`.repeat(8);
  const whole = lengths(shown(text, text.length).host);
  for (const size of [3, 7, 1000]) expect(lengths(shown(text, size).host)).toEqual(whole);
});

test("the text that grows stands directly in its block, in one node", () => {
  const { host } = shown("word ".repeat(300), 7);
  expect(blocks(host).map((block) => block.childNodes.length)).toEqual([1]);
  expect(blocks(host)[0]?.firstChild).toBeInstanceOf(Text);
});

test("a selection over the end of a block is copied as it stands in the text", () => {
  const word = "x".repeat(WORD_LENGTH + 100);
  const { host } = shown(word, 1000);
  document.body.append(host);
  expect(blocks(host).length).toBe(2);
  document.getSelection()?.selectAllChildren(host);
  const data = new Map<string, string>();
  const event = new Event("copy", { cancelable: true });
  Object.assign(event, { clipboardData: { setData: data.set.bind(data) } });
  host.dispatchEvent(event);
  expect(data.get("text/plain")).toBe(word);
  expect(event.defaultPrevented).toBe(true);
});
