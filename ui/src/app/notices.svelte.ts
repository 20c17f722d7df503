/** What the person should know now, until they dismiss it. */
import { errorText } from "../backend/backend";
import type { Notice, NoticeLevel } from "../backend/generated";

export class Notices {
  all = $state.raw<Notice[]>([]);

  constructor(first: Notice[]) {
    this.all = first;
  }

  add(level: NoticeLevel, text: string): void {
    this.all = [...this.all, { level, text }];
  }

  dismiss(notice: Notice): void {
    this.all = this.all.filter((other) => other !== notice);
  }

  /** Tells the person what failed. */
  readonly report = (error: unknown): void => this.add("warning", errorText(error));
}
