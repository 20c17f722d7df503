/** The twin's search: words anywhere in titles and texts. The core's ranks, and knows operators. */
import { bodyOf } from "../../app/entry.svelte";
import { fold, placesOf } from "../../app/fold";
import type { Found, FoundAbove, Hit, HitKind, Message, Part, SnippetPiece } from "../generated";
import type { Tree } from "./tree";

export function search(views: Iterable<Tree>, typed: string, limit: number): Found {
  const words = typed
    .split(/\s+/)
    .filter(Boolean)
    .map((word) => fold(word).text);
  const hits = [...views].flatMap((view) => [...titleHit(view, words), ...textHits(view, words)]);
  return { hits: hits.slice(0, limit), more: hits.length > limit, indexing: null };
}

/** Where the words stand in the messages above `before`, the first one first. */
export function findAbove({ messages }: Tree, before: string, words: string): FoundAbove[] {
  const byId = new Map(messages.map((message) => [message.id, message]));
  const above: Message[] = [];
  let at = byId.get(byId.get(before)?.parentId ?? "");
  for (; at; at = byId.get(at.parentId ?? "")) above.unshift(at);
  const needle = fold(words).text;
  if (needle.trim() === "") return [];
  return above.flatMap(({ id: messageId, parts }) =>
    parts.flatMap((found, part) => {
      const texts = [
        { inName: true, text: nameOf(found) },
        { inName: false, text: bodyOf(found) },
      ];
      return texts.flatMap(({ inName, text }) => {
        const count = placesOf(fold(text), needle).length;
        return count === 0 ? [] : [{ messageId, part, inName, count }];
      });
    }),
  );
}

function has(text: string, words: readonly string[]): boolean {
  const folded = fold(text);
  return words.every((word) => placesOf(folded, word, 1).length > 0);
}

function titleHit({ conversation }: Tree, words: readonly string[]): Hit[] {
  const { id, title, updatedAt } = conversation;
  if (words.length === 0 || !has(title, words)) return [];
  const at = { conversationId: id, title, messageId: null, role: null, part: null };
  return [{ ...at, at: updatedAt, kind: "title", snippet: marked(title, words) }];
}

function textHits({ conversation, messages }: Tree, words: readonly string[]): Hit[] {
  if (words.length === 0) return [];
  return messages.flatMap((message) => {
    const part = message.parts.findIndex((part) => has(textOf(part), words));
    const found = message.parts[part];
    if (!found || message.state === "streaming") return [];
    const { id, role, createdAt } = message;
    const kind = hitKind(found);
    const snippet = marked(textOf(found), words);
    const of = { conversationId: conversation.id, title: conversation.title };
    return [{ ...of, messageId: id, role, at: createdAt, kind, part, snippet }];
  });
}

function hitKind({ kind }: Part): HitKind {
  if (kind === "server-tool") return "tool-call";
  return kind === "citations" ? "text" : kind;
}

/** What the search over all conversations looks in. */
function textOf(part: Part): string {
  const name = part.kind === "server-tool" ? "" : nameOf(part);
  return [name, bodyOf(part)].filter((text) => text !== "").join(" ");
}

/** The name that the window shows above a part; a tool of the provider's own is not shown without
 * what went into it. */
function nameOf(part: Part): string {
  if (part.kind === "tool-call" || part.kind === "attachment") return part.name;
  return part.kind === "server-tool" && part.input !== "" ? part.name : "";
}

/** The text with the first place of the first word marked. */
function marked(text: string, [word = ""]: readonly string[]): SnippetPiece[] {
  const [place] = placesOf(fold(text), word, 1);
  if (!place) return [{ text, isHit: false }];
  const { from, to } = place;
  return [
    { text: text.slice(0, from), isHit: false },
    { text: text.slice(from, to), isHit: true },
    { text: text.slice(to), isHit: false },
  ].filter((piece) => piece.text !== "");
}
