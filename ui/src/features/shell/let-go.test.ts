/** What left the page is let go, so that a day of use takes no more memory than an hour. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test } from "vitest";
import { reported } from "../../backend/memory/usage";
import { Page } from "../../testing/page";

let page: Page;

beforeEach(async () => {
  page = await Page.open();
});
afterEach(() => page.close());

// Node gives its collector to a context that is made after this flag was set.
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const ROUNDS = 8;
const ANSWER =
  "\n## How\n\nSnow *melts*: [notes](https://example.org/ice), `flow.rs`.\n\n- a\n- b\n\n| p | m |\n|---|---:|\n| v | 1 |\n\n```rust\nfn flow() {}\n```\n\nRate $\\dot\\epsilon = A\\tau^3$.\n";

async function ask(words: string, end: "complete" | "interrupted"): Promise<void> {
  const turn = await page.send(words);
  turn.text(ANSWER);
  if (end === "complete") turn.complete(reported);
  else page.press("stop");
  await page.until(() => page.answer.dataset.state === end);
}

/** Opens the settings and closes them; gives what was shown. */
async function lookAtSettings(): Promise<HTMLElement> {
  page.key(",", { ctrlKey: true });
  const panel = await page.until(() => page.all("settings-panel")[0]);
  page.button("settings-panel-close").click();
  await page.until(() => page.all("settings-panel").length === 0);
  return panel;
}

test("conversations that were left, their messages and closed panels are let go", async () => {
  const left = new Map<string, WeakRef<object>[]>();
  const note = (name: string, things: object[]): void => {
    const refs = things.map((thing) => new WeakRef(thing));
    left.set(name, [...(left.get(name) ?? []), ...refs]);
  };
  for (let round = 0; round < ROUNDS; round += 1) {
    page.button("new-conversation").click();
    await page.until(() => page.all("message").length === 0);
    await ask(`Question ${round}`, "complete");
    await ask(`Another ${round}`, "interrupted");
    note("thread", page.workspace.thread ? [page.workspace.thread] : []);
    for (const name of ["message", "part", "receipt"]) note(name, page.all(name));
    note("panel", [await lookAtSettings()]);
  }
  page.button("new-conversation").click();
  await page.until(() => page.all("message").length === 0);

  expect([...left].map(([name, { length }]) => [name, length])).toEqual([
    ["thread", ROUNDS],
    ["message", 4 * ROUNDS],
    ["part", 4 * ROUNDS],
    ["receipt", ROUNDS],
    ["panel", ROUNDS],
  ]);
  // What the framework saw last may still hold the one that was left last.
  const most = 2 / ROUNDS;
  const held = (): string[] => {
    collect();
    const share = (refs: WeakRef<object>[]): number =>
      refs.filter((ref) => ref.deref()).length / refs.length;
    return [...left].filter(([, refs]) => share(refs) > most).map(([name]) => name);
  };
  await expect.poll(held, { interval: 100, timeout: 60_000 }).toEqual([]);
});
