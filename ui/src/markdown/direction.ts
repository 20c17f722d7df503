/**
 * Writing direction. Each block takes that of its own first strong character,
 * which CSS does (`unicode-bidi: plaintext`); what stands around blocks (lists
 * and their markers, quotes and their bars, tables) takes that of the first
 * one in it, which CSS cannot do.
 */

export type Direction = "ltr" | "rtl";

const STRONG = /\p{L}/u;
/** Scripts that are written from right to left. */
const RIGHT_TO_LEFT =
  /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Samaritan}\p{Script=Mandaic}\p{Script=Hanifi_Rohingya}]/u;

/** The direction of the first strong character, if there is one. */
export function directionOf(text: string): Direction | undefined {
  const strong = STRONG.exec(text)?.[0];
  if (strong === undefined) return undefined;
  return RIGHT_TO_LEFT.test(strong) ? "rtl" : "ltr";
}

const AROUND = new Set(["LI", "UL", "OL", "BLOCKQUOTE", "TABLE", "DETAILS"]);
/** The frame of a table begins at its own first column when it scrolls. */
const AROUND_CLASSES = ["md-footnote", "md-table"];

/** Tells the elements around a block its direction, where none in front of it has. */
export function setDirection(block: HTMLElement, direction: Direction): void {
  for (let around = block.parentElement; around; around = around.parentElement) {
    const isAround = AROUND.has(around.tagName);
    if (!isAround && !AROUND_CLASSES.some((name) => around.classList.contains(name))) continue;
    if (around.dir) return;
    around.dir = direction;
  }
}
