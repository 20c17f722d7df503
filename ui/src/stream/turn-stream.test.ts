import { expect, test, vi } from "vitest";
import { MemoryBackend } from "../backend/memory/memory";
import type { MemoryTurn } from "../backend/memory/turn";
import type { Attachment, TurnEvent, TurnSnapshot } from "../backend/generated";
import { Entry } from "../app/entry.svelte";
import { TurnStream } from "./turn-stream";

interface Followed {
  text(): string;
  state(): string | undefined;
  snapshots: number;
  gone: boolean;
}

function follow(backend: MemoryBackend, turnId: string): { stream: TurnStream; seen: Followed } {
  let entry: Entry | undefined;
  const seen: Followed = {
    text: () => entry?.parts.map((part) => part.text.toString()).join("|") ?? "",
    state: () => entry?.state,
    snapshots: 0,
    gone: false,
  };
  const stream = new TurnStream(backend, turnId, {
    replace: (snapshot) => {
      seen.snapshots += 1;
      entry ??= new Entry(snapshot.message);
      entry.replace(snapshot);
    },
    change: (change) => entry?.change(change) ?? false,
    gone: () => (seen.gone = true),
    failed: (error) => {
      throw error;
    },
  });
  return { stream, seen };
}

async function started(backend: MemoryBackend): Promise<MemoryTurn> {
  const turnId = crypto.randomUUID();
  const conversationId = crypto.randomUUID();
  const model = "example/large";
  const attachments: Attachment[] = [];
  const text = "Hello";
  const none = { parentId: null, continues: null, filesOf: null, settings: null };
  await backend.startTurn({ turnId, conversationId, text, attachments, model, ...none });
  const turn = backend.turns.get(turnId);
  if (!turn) throw new Error("the twin forgot the turn");
  return turn;
}

/** Holds the snapshot back until it is let go. */
class SlowBackend extends MemoryBackend {
  letGo: () => void = () => undefined;

  override async attachTurn(
    turnId: string,
    viewerId: string,
    onEvent: (event: TurnEvent) => void,
  ): Promise<TurnSnapshot | null> {
    const snapshot = await super.attachTurn(turnId, viewerId, onEvent);
    await new Promise<void>((resolve) => (this.letGo = resolve));
    return snapshot;
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a stream that is followed from its start shows what was sent", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("one ");
  turn.text("two");
  expect(seen.text()).toBe("one two");
  expect(seen.snapshots).toBe(1);
});

test("a page that comes late gets the beginning in its snapshot and nothing twice", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  turn.text("before ");
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("after");
  expect(seen.text()).toBe("before after");
});

test("events that come before the snapshot are kept, and those it holds are dropped", async () => {
  const backend = new SlowBackend();
  const turn = await started(backend);
  turn.text("a");
  const { stream, seen } = follow(backend, turn.turnId);
  const attached = stream.attach();
  await settled();
  turn.text("b");
  turn.text("c");
  expect(seen.text()).toBe("");
  backend.letGo();
  await attached;
  turn.text("d");
  expect(seen.text()).toBe("abcd");
});

test("a gap in the numbers is mended by a new snapshot", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("a");
  turn.text("lost ", true);
  turn.text("c");
  await settled();
  turn.text("d");
  expect(seen.text()).toBe("alost cd");
  expect(seen.snapshots).toBe(2);
  expect(turn.viewers).toBe(1);
});

test("resync asks for a new snapshot", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.send({ type: "resync" });
  await settled();
  expect(seen.snapshots).toBe(2);
});

test("an append at the wrong place is not taken but mended by a new snapshot", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("right");
  turn.send({ type: "appended", index: 0, offset: 2, text: "wrong" });
  await settled();
  expect(seen.text()).toBe("right");
  expect(seen.snapshots).toBe(2);
});

test("c13_are_you_there_is_answered_at_once_even_before_the_snapshot", async () => {
  const backend = new SlowBackend();
  const turn = await started(backend);
  const { stream } = follow(backend, turn.turnId);
  const attached = stream.attach();
  await settled();
  turn.send({ type: "are-you-there" });
  expect(turn.acknowledgements).toHaveLength(1);
  backend.letGo();
  await attached;
  turn.send({ type: "are-you-there" });
  expect(turn.acknowledgements).toHaveLength(2);
});

test("a turn that ended while nobody listened is read from the store", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  turn.fail({ category: "network", message: "Gone.", providerText: null, status: null });
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  expect(seen.gone).toBe(true);
});

test("c05_nothing_is_taken_after_the_end", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  let late: ((event: TurnEvent) => void) | undefined;
  const attach = backend.attachTurn.bind(backend);
  backend.attachTurn = (turnId, viewerId, onEvent) => {
    late = onEvent;
    return attach(turnId, viewerId, onEvent);
  };
  await stream.attach();
  turn.text("kept");
  turn.interrupt("user", turn.receipt("user", null));
  late?.({
    turnId: turn.turnId,
    seq: turn.snapshot().seq + 1,
    event: { type: "appended", index: 0, offset: 4, text: " late" },
  });
  expect(seen.text()).toBe("kept");
  expect(seen.state()).toBe("interrupted");
});

test("a closed stream leaves the turn and hears nothing more", async () => {
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream, seen } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("a");
  stream.close();
  await settled();
  expect(turn.viewers).toBe(0);
  turn.text("b");
  expect(seen.text()).toBe("a");
});

test("an event that asks for it is acknowledged once it is on the page, and not before", async () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (callback: FrameRequestCallback) => frames.push(callback));
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream } = follow(backend, turn.turnId);
  await stream.attach();
  turn.text("a");
  turn.send({ type: "phase", phase: "text" }, false, true);
  expect(turn.acknowledgements).toEqual([]);
  const shown = turn.snapshot().seq;
  for (const frame of frames.splice(0)) frame(0);
  expect(turn.acknowledgements.map((given) => given.shown)).toEqual([shown]);
  // A sign of life says it again, should the first have been lost.
  turn.send({ type: "are-you-there" });
  expect(turn.acknowledgements.map((given) => given.shown)).toEqual([shown, shown]);
  for (const frame of frames.splice(0)) frame(0);
  vi.unstubAllGlobals();
});

test("a hidden page acknowledges at once: it gets no frames", async () => {
  Object.defineProperty(document, "hidden", { value: true, configurable: true });
  const backend = new MemoryBackend();
  const turn = await started(backend);
  const { stream } = follow(backend, turn.turnId);
  await stream.attach();
  turn.send({ type: "phase", phase: "text" }, false, true);
  expect(turn.acknowledgements).toHaveLength(1);
  Reflect.deleteProperty(document, "hidden");
});
