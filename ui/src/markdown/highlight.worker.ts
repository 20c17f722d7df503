/** Highlights code in a thread of its own, so that a long block never delays a frame. */
import { tokenize } from "./grammars";

export interface HighlightRequest {
  id: number;
  source: string;
  language: string;
}

self.addEventListener("message", ({ data }: MessageEvent<HighlightRequest>) => {
  self.postMessage({ id: data.id, tokens: tokenize(data.source, data.language) });
});
