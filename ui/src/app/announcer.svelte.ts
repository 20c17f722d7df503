/** What a screen reader hears of an answer: its start, a word now and then, and how it ended. */
import type { MessageState } from "../backend/generated";
import { endings, messageStrings } from "../strings/message";

const STILL_WRITING_MS = 20_000;

export class Announcer {
  text = $state("");
  #timer: ReturnType<typeof setInterval> | undefined;
  #times = 0;

  started(): void {
    this.text = messageStrings.answerStarted;
    this.quiet();
    this.#timer = setInterval(() => {
      this.#times += 1;
      // A region speaks only when its text changes.
      this.text = messageStrings.stillWriting + "\u00a0".repeat(this.#times % 2);
    }, STILL_WRITING_MS);
  }

  /** Nothing is written any more. */
  quiet(): void {
    clearInterval(this.#timer);
  }

  ended(state: Exclude<MessageState, "streaming">): void {
    this.quiet();
    this.text = endings[state];
  }
}
