/** Colours finished code blocks off the hot path; the plain text is there all the time. */
import type { Token } from "./grammars";
import type { HighlightRequest } from "./highlight.worker";
import { element } from "./options";
import { whenUnselected } from "./selection";

/** A longer block stays plain: its thousands of nodes would cost more than colour gives. */
export const HIGHLIGHT_LIMIT = 100_000;
/** Without a worker the page itself does the work, and takes on less of it. */
const PAGE_LIMIT = 20_000;

interface Waiting {
  request: HighlightRequest;
  show(tokens: Token[]): void;
}

const waiting = new Map<number, Waiting>();
let nextId = 0;
let worker: Worker | "none" | undefined;

/** Colours `code` some time later. Fits `MarkdownOptions.highlight`. */
export function highlight(code: HTMLElement, source: string, language: string): void {
  if (source.length > HIGHLIGHT_LIMIT) return;
  nextId += 1;
  const request = { id: nextId, source, language: language.toLowerCase() };
  const entry = {
    request,
    show: (tokens: Token[]) => whenUnselected(code, () => showTokens(code, tokens)),
  };
  worker ??= startWorker();
  if (worker === "none") {
    void tokenizeHere(entry);
    return;
  }
  waiting.set(request.id, entry);
  worker.postMessage(request);
}

function startWorker(): Worker | "none" {
  if (typeof Worker === "undefined") return "none";
  const started = new Worker(new URL("./highlight.worker.ts", import.meta.url), { type: "module" });
  started.addEventListener(
    "message",
    ({ data }: MessageEvent<{ id: number; tokens?: Token[] }>) => {
      if (data.tokens) waiting.get(data.id)?.show(data.tokens);
      waiting.delete(data.id);
    },
  );
  // A system that refuses the worker still gets its colours, a little at a time.
  started.addEventListener("error", () => {
    started.terminate();
    worker = "none";
    for (const entry of waiting.values()) void tokenizeHere(entry);
    waiting.clear();
  });
  return started;
}

async function tokenizeHere({ request, show }: Waiting): Promise<void> {
  if (request.source.length > PAGE_LIMIT) return;
  const { tokenize } = await import("./grammars");
  const tokens = tokenize(request.source, request.language);
  if (tokens) show(tokens);
}

/** Replaces the text of a block by coloured pieces of the same text. */
export function showTokens(code: HTMLElement, tokens: Token[]): void {
  // In a group of lines as before, so that no line becomes higher.
  const lines = element("span", "md-lines");
  lines.append(...tokens.map(nodeOf));
  code.replaceChildren(lines);
}

function nodeOf(token: Token): Node {
  if (typeof token === "string") return document.createTextNode(token);
  const made = element("span", token.className);
  made.append(...token.children.map(nodeOf));
  return made;
}
