import { invoke } from "@tauri-apps/api/core";
import { afterEach, expect, test, vi } from "vitest";
import { tauriBackend } from "./tauri";
import { wellFormed } from "./well-formed";

vi.mock("@tauri-apps/api/core", () => ({
  Channel: class {
    onmessage: unknown;
  },
  invoke: vi.fn(() => Promise.resolve(null)),
  convertFileSrc: (path: string, scheme: string) => `${scheme}://localhost/${path}`,
}));

afterEach(() => {
  vi.unstubAllGlobals();
  vi.mocked(invoke).mockClear();
});

/** What the last command was given. */
function given(): unknown {
  return vi.mocked(invoke).mock.lastCall?.[1];
}

test("a lone surrogate leaves the page as U+FFFD, whatever was typed it into", async () => {
  const file = { name: "a\udc00.txt", mediaType: "text/plain", text: "\ud800", base64: false };
  await tauriBackend.startTurn({
    turnId: "t",
    conversationId: "c",
    parentId: null,
    text: "one \ud800 two",
    attachments: [file],
    continues: null,
    filesOf: null,
    model: "m/n",
    settings: null,
  });
  expect(given()).toMatchObject({
    request: {
      text: "one \ufffd two",
      parentId: null,
      attachments: [{ name: "a\ufffd.txt", text: "\ufffd", base64: false }],
    },
  });
  await tauriBackend.renameConversation("c", "\ud83d");
  expect(given()).toEqual({ conversationId: "c", title: "\ufffd" });
  await tauriBackend.openLink("https://example.org/\udfff");
  expect(given()).toEqual({ url: "https://example.org/\ufffd" });
});

test("whole pairs, numbers and what is no plain data stay as they are", async () => {
  const given = { text: "\ud83d\ude00 é", at: 3, none: null, list: ["\ud83d\ude00"] };
  expect(wellFormed(given)).toEqual(given);
  const date = new Date(0);
  expect(wellFormed({ date }).date).toBe(date);
  let events: unknown;
  vi.mocked(invoke).mockImplementationOnce((_, call) => {
    events = (call as { events: { onmessage: unknown } }).events;
    return Promise.resolve(null);
  });
  const onEvent = (): void => undefined;
  await tauriBackend.attachTurn("t", "v", onEvent);
  expect((events as { onmessage: unknown }).onmessage).toBe(onEvent);
});

/** Has the next command answered with a ticket, and its fetch by `answer`. */
function ticket(answer: () => Promise<Response>): ReturnType<typeof vi.fn> {
  vi.mocked(invoke).mockResolvedValueOnce({ replyTicket: "7f" });
  const fetched = vi.fn(answer);
  vi.stubGlobal("fetch", fetched);
  return fetched;
}

test("a large reply is fetched by its ticket, plainly, so that no leave is asked for before", async () => {
  const fetched = ticket(() => Promise.resolve(Response.json({ messages: ["long"] })));
  expect(await tauriBackend.openConversation("c")).toEqual({ messages: ["long"] });
  expect(fetched.mock.calls).toEqual([["reply://localhost/7f"]]);
  expect(invoke).toHaveBeenCalledTimes(1);
});

test("a large reply that cannot be fetched comes as small ones do", async () => {
  for (const failure of [
    () => Promise.reject(new TypeError("Load failed")),
    () => Promise.resolve(new Response(null, { status: 404 })),
    () => Promise.resolve(new Response('{"messages": [')),
  ]) {
    ticket(failure);
    vi.mocked(invoke).mockResolvedValueOnce({ messages: ["long"] });
    expect(await tauriBackend.openConversation("c")).toEqual({ messages: ["long"] });
    const whole = { headers: { "tacet-whole-reply": "" } };
    expect(invoke).toHaveBeenLastCalledWith("collect_reply", { ticket: "7f" }, whole);
  }
});

test("what is wrong with a reply that comes in no way is told as the app tells it", async () => {
  const lost = { code: "storage", message: "It was lost on its way. Try again." };
  ticket(() => Promise.reject(new TypeError("Load failed")));
  vi.mocked(invoke).mockRejectedValueOnce(lost);
  await expect(tauriBackend.openConversation("c")).rejects.toEqual(lost);
});
