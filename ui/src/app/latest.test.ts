import { expect, test } from "vitest";
import { Latest } from "./latest";

/** Work that ends when it is told to. */
function work() {
  const begun: { end: () => void; fail: (error: Error) => void }[] = [];
  const latest = new Latest(
    () => new Promise((end, fail) => begun.push({ end: () => end(), fail })),
  );
  return { begun, latest };
}

test("of those who ask while it is being done, all wait for one more time", async () => {
  const { begun, latest } = work();
  const first = latest.run();
  // Asked between the end of one and the beginning of the next.
  const between = first.then(() => latest.run());
  const others = [latest.run(), latest.run(), between];
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.end();
  await Promise.all(others);
  expect(begun).toHaveLength(2);
  expect(latest.running).toBe(false);
});

test("what fails is told to those who asked for it, and keeps nothing from being done after it", async () => {
  const { begun, latest } = work();
  const first = latest.run();
  const second = latest.run();
  begun[0]?.fail(new Error("No."));
  await expect(first).rejects.toThrow("No.");
  await expect.poll(() => begun.length).toBe(2);
  begun[1]?.end();
  await second;
});
