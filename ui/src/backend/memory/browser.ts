/** The twin in a plain browser: it types answers, and shows a scene that the address names. */
import { MemoryBackend } from "./memory";
import { scene } from "./scenes";
import type { MemoryTurn } from "./turn";
import { reported } from "./usage";

const TYPING_MS = 30;

/** `?scene=NAME` chooses what is there at the start. */
export function browserBackend(): MemoryBackend {
  const backend = new MemoryBackend();
  backend.onTurn = type;
  scene(backend, new URLSearchParams(location.search).get("scene") ?? "first");
  return backend;
}

function type(turn: MemoryTurn): void {
  const words =
    "A *stop* has to be felt at the other end. Three things follow:\n\n1. The connection closes.\n2. What had arrived is kept.\n3. The bill is named.\n\n```rust\nlet handle = stream.stop_handle();\nhandle.stop();\n```\n\nNothing else counts.".match(
      /\S+\s*/g,
    ) ?? [];
  turn.phase("waiting-for-first-token");
  let at = 0;
  const timer = setInterval(() => {
    const word = words[at];
    at += 1;
    if (turn.end) clearInterval(timer);
    else if (word === undefined) {
      clearInterval(timer);
      turn.complete({ ...reported, outputTokens: words.length });
    } else {
      if (at === 1) turn.phase("text");
      turn.text(word);
    }
  }, TYPING_MS);
}
