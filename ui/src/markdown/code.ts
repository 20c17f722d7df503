/** A block of code, fenced or indented: characters go straight to a text node, in groups of lines. */
import type { Leaf } from "./leaf";
import type { OpenLeaf } from "./line";
import { element, type Context } from "./options";
import { appendText } from "./text";

/** A browser lays out only the group that grows, however long the block has become. */
const GROUP_LINES = 64;

export class CodeBlock implements Leaf {
  private readonly code = element("code");
  private group = element("span", "md-lines");
  private lines = 0;
  private lastIsEmpty = true;
  private source = "";
  private readonly blanks: string[] = [];

  constructor(
    parent: HTMLElement,
    readonly view: OpenLeaf & { kind: "fence" | "indented" },
    private readonly language: string,
    private readonly context: Context,
  ) {
    const block = element("div", "md-code");
    const head = element("div", "md-code-head");
    head.append(
      element("span", "md-code-language", language || context.labels.plainCode),
      this.copyButton(),
    );
    const pre = element("pre");
    pre.tabIndex = 0;
    this.code.append(this.group);
    pre.append(this.code);
    block.append(head, pre);
    parent.append(block);
  }

  /** Begins the next line of the block. */
  lineStart(): void {
    for (const line of this.blanks.splice(0)) {
      this.nextLine();
      this.text(line);
    }
    this.nextLine();
  }

  /** A blank line of an indented block, which may be followed by no more of it. */
  blankLine(line: string): void {
    this.blanks.push(line);
  }

  private nextLine(): void {
    if (this.lines > 0) {
      this.source += "\n";
      // The break between two groups is the one between two blocks, which an
      // empty last line would not survive.
      if (this.lines % GROUP_LINES === 0 && !this.lastIsEmpty) {
        this.group = element("span", "md-lines");
        this.code.append(this.group);
      } else {
        appendText(this.group, "\n");
      }
    }
    this.lines += 1;
    this.lastIsEmpty = true;
  }

  text(text: string): string {
    if (text === "") return "";
    this.context.meter.characters += text.length;
    this.lastIsEmpty = false;
    this.source += text;
    appendText(this.group, text);
    return "";
  }

  lineEnd(): void {}

  end(): void {
    if (this.language) {
      this.context.options.highlight?.(this.code, this.source, this.language);
    }
  }

  private copyButton(): HTMLButtonElement {
    const { labels, options } = this.context;
    const button = element("button", "md-copy", labels.copy);
    button.type = "button";
    button.addEventListener("click", () => {
      const copied = options.copy?.(this.source) ?? navigator.clipboard.writeText(this.source);
      copied.then(
        () => {
          button.textContent = labels.copied;
          setTimeout(() => (button.textContent = labels.copy), 1500);
        },
        // Where the clipboard is refused, a selected text can still be copied by hand.
        () => document.getSelection()?.selectAllChildren(this.code),
      );
    });
    return button;
  }
}
