import { flushSync, mount, unmount } from "svelte";
import { afterEach, expect, test, vi } from "vitest";
import type { FailureBackend } from "../../backend/failure";
import type { Failure } from "../../backend/generated";
import FailurePage from "./FailurePage.svelte";

const failure: Failure = {
  kind: "damaged",
  reason: "The file is damaged.",
  folder: "/data",
  theme: "dark",
  actions: ["recover", "other-folder", "try-again", "quit"],
  copies: [{ name: "tacet.db.format-3", conversations: 2, modified: 0 }],
};

let mounted: ReturnType<typeof mount> | null = null;

async function open(change: Partial<FailureBackend>, view: Partial<Failure> = {}) {
  const backend: FailureBackend = {
    failure: () => Promise.resolve({ ...failure, ...view }),
    stopAll: vi.fn(() => Promise.resolve(2)),
    reload: vi.fn(),
    tryAgain: vi.fn(() => Promise.resolve()),
    openReadOnly: vi.fn(() => Promise.resolve()),
    useFolder: vi.fn(() => Promise.resolve()),
    pickFolder: () => Promise.resolve("/picked"),
    recover: vi.fn(() =>
      Promise.resolve({ conversations: 1, messages: 4, isWhole: false, keptAs: "/data/kept" }),
    ),
    restoreCopy: vi.fn(() => Promise.resolve("/data/kept")),
    startEmpty: vi.fn(() => Promise.resolve(null)),
    saveCopy: () => Promise.resolve("/home/saved.json"),
    quit: vi.fn(() => Promise.resolve()),
    ...change,
  };
  mounted = mount(FailurePage, { target: document.body, props: { backend } });
  await settled();
  return backend;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  flushSync();
}

function get(testid: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(`[data-testid="${testid}"]`);
  if (!found) throw new Error(`nothing has the data-testid ${testid}`);
  return found;
}

async function press(testid: string): Promise<void> {
  get(testid).click();
  await settled();
}

async function escape(): Promise<void> {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }));
  await settled();
}

afterEach(async () => {
  if (mounted) await unmount(mounted);
  mounted = null;
});

test("the first action has the focus, and what it did is said with the way on", async () => {
  const backend = await open({});
  expect(document.documentElement.dataset["theme"]).toBe("dark");
  expect(document.activeElement).toBe(get("recover"));
  await press("recover");
  expect(get("done").textContent).toContain("1 conversation with 4 messages. Some of it");
  expect(get("done").textContent).toContain("/data/kept");
  expect(document.activeElement).toBe(get("try-again"));
  expect(document.querySelector('[data-testid="restore"]')).toBeNull();
  await press("try-again");
  expect(backend.tryAgain).toHaveBeenCalledOnce();
});

test("what failed is told, and everything stays on offer", async () => {
  await open({ recover: () => Promise.reject(new Error("The disk is full.")) });
  await press("recover");
  expect(get("problem").textContent).toBe("The disk is full.");
  await press("restore");
  expect(get("problem").textContent).toBe("");
  expect(get("done").textContent).toContain("Restored 2 conversations");
});

test("another folder is typed or picked, and Esc closes that first", async () => {
  const backend = await open({});
  await press("other-folder");
  expect(document.activeElement).toBe(get("folder"));
  await press("browse");
  await press("use-folder");
  expect(backend.useFolder).toHaveBeenCalledWith("/picked");
  await escape();
  expect(backend.quit).not.toHaveBeenCalled();
  await escape();
  expect(backend.quit).toHaveBeenCalledOnce();
});

test("Esc stops where something can run", async () => {
  const backend = await open({}, { kind: "page", actions: ["stop-all", "quit"], copies: [] });
  await escape();
  expect(backend.stopAll).toHaveBeenCalledOnce();
  expect(get("done").textContent).toContain("Stopped 2 answers");
  expect(backend.quit).not.toHaveBeenCalled();
});
