/** Conversations to look at while the page is developed. */
import type { Message, Part } from "../generated";
import type { MemoryBackend } from "./memory";
import { noSettings } from "./samples";
import { MemoryTurn } from "./turn";

const DAY = 86_400_000;

/** Fills the twin: `first` leaves it as at the first start. */
export function scene(backend: MemoryBackend, name: string): void {
  if (name === "first") return;
  conversation(backend, "Translate the onboarding mails", 0.001);
  conversation(backend, "Regex for ISO week dates", 0.002);
  conversation(backend, "Bread with 40 % rye", 1);
  conversation(backend, "Notes on Lamport clocks", 1.001);
  conversation(backend, "SQL: top three per group", 9);
  backend.settings = { ...backend.settings, defaultModel: "example/large" };
  if (name === "long") {
    const id = conversation(backend, "Two thousand messages", 0);
    for (let at = 0; at < 2000; at += 2) exchange(backend, id, `Question ${at / 2 + 1}`, ANSWER);
    running(backend, id);
    return;
  }
  const id = conversation(backend, "Why does the build cache miss?", 0);
  const answer = exchange(
    backend,
    id,
    "Find out why the build cache misses on every run of CI.",
    [],
  );
  const turn = new MemoryTurn("turn-scene", answer);
  answer.state = "streaming";
  backend.turns.set(turn.turnId, turn);
  turn.reasoning("The key has to be looked at first. It names the run, so it is new each time.");
  turn.reasoningEnded(4100);
  turn.text(
    "The cache key includes a timestamp: **GITHUB_RUN_ID** is part of it, so that no two runs share an entry. A key should only name what the result depends on:\n\n```yaml\nkey: deps-${{ hashFiles('Cargo.lock') }}\n```\n\nLet me look at the other workflows before I change it.",
  );
  if (name === "streaming") return;
  if (name === "failed") {
    turn.fail({
      category: "rate-limit",
      message: "Example takes no more requests for now. Nothing was lost: retry in a minute.",
      providerText: '{"error":{"message":"Rate limit reached","type":"tokens"}}',
      status: 429,
    });
    return;
  }
  if (name === "cut") {
    turn.phase("tool-arguments");
    turn.toolArguments(
      "call-1",
      "search_files",
      '{"path": ".github/workflows", "pattern": "cache-ke',
    );
  } else {
    turn.phase("text");
  }
  turn.interrupt("user", turn.receipt("user", Date.now()));
}

const ANSWER: Part[] = [
  {
    kind: "text",
    text: "One **answer** of several lines.\n\n- with a list\n- of two items\n\nAnd an end.",
  },
];

function conversation(backend: MemoryBackend, title: string, daysAgo: number): string {
  const at = Date.now() - daysAgo * DAY;
  const id = crypto.randomUUID();
  const row = { id, title, createdAt: at, updatedAt: at, head: null };
  const rest = { settings: noSettings, modelOption: null, messages: [], unsaved: [] };
  backend.conversations.set(id, { conversation: row, ...rest });
  return id;
}

/** A question and its answer at the end of the conversation; gives the answer. */
function exchange(backend: MemoryBackend, id: string, text: string, parts: Part[]): Message {
  const view = backend.conversations.get(id);
  if (!view) throw new Error("a conversation that was just made is missing");
  const base = {
    conversationId: id,
    turnId: "turn-scene",
    state: "complete" as const,
    cause: null,
    model: "example/large",
    finishReason: null,
    usage: null,
    receipt: null,
    error: null,
    createdAt: view.conversation.updatedAt,
    endedAt: view.conversation.updatedAt,
  };
  const question: Message = {
    ...base,
    id: crypto.randomUUID(),
    parentId: view.messages.at(-1)?.id ?? null,
    role: "user",
    parts: [{ kind: "text", text }],
  };
  const answer: Message = {
    ...base,
    id: crypto.randomUUID(),
    parentId: question.id,
    role: "assistant",
    parts: structuredClone(parts),
  };
  view.messages.push(question, answer);
  view.conversation.head = answer.id;
  return answer;
}

/** The window opens where a turn runs: here one that has only begun. */
function running(backend: MemoryBackend, id: string): void {
  const answer = exchange(backend, id, "And the last one?", []);
  answer.state = "streaming";
  const turn = new MemoryTurn("turn-long", answer);
  backend.turns.set(turn.turnId, turn);
  turn.text("Here it comes.");
}
