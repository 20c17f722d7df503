/** Brings nodes that are on show to what a text turned out to be, keeping each that is right. */
import { build, keyOf, keyOfNode } from "./nodes";
import type { Context } from "./options";
import { appendText } from "./text";
import type { Inline } from "./tree";

/** Neighbouring text nodes count as one text. */
type Run = { key: string; nodes: ChildNode[]; isText: boolean };

/** Makes `nodes` the children of `parent`; a reader's selection in unchanged text survives. */
export function reconcile(parent: HTMLElement, nodes: readonly Inline[], context: Context): void {
  const old = runs(parent);
  const wanted = nodes.map((node) => ({ node, key: keyOf(node), isText: node.kind === "text" }));
  let first = 0;
  for (; first < old.length && first < wanted.length; first += 1) {
    const [a, b] = [old[first] as Run, wanted[first] as (typeof wanted)[number]];
    if (a.isText !== b.isText) break;
    if (a.key === b.key) continue;
    if (!a.isText || b.key === "" || !a.key.startsWith(b.key)) break;
    old.splice(first, 1, ...split(a, b.key.length));
  }
  let kept = 0;
  for (; kept < old.length - first && kept < wanted.length - first; kept += 1) {
    const at = old.length - 1 - kept;
    const [a, b] = [old[at] as Run, wanted[wanted.length - 1 - kept] as (typeof wanted)[number]];
    if (a.isText !== b.isText) break;
    if (a.key === b.key) continue;
    if (!a.isText || b.key === "" || !a.key.endsWith(b.key)) break;
    old.splice(at, 1, ...split(a, a.key.length - b.key.length));
  }

  const middle = old.slice(first, old.length - kept);
  const next = old[old.length - kept]?.nodes[0] ?? null;
  // What stands in the middle is used where the same thing is wanted, in any element.
  const spare = new Map<string, ChildNode[]>();
  for (const run of middle) {
    const [only] = run.nodes;
    if (!run.isText && only) spare.set(run.key, [...(spare.get(run.key) ?? []), only]);
    run.nodes.forEach((node) => node.remove());
  }
  const made = document.createDocumentFragment();
  for (const { node, key } of wanted.slice(first, wanted.length - kept)) {
    if (node.kind === "text") appendText(made, node.text);
    else made.append(spare.get(key)?.shift() ?? build(node, context));
  }
  parent.insertBefore(made, next);
}

function runs(parent: HTMLElement): Run[] {
  const result: Run[] = [];
  for (const node of parent.childNodes) {
    const isText = node instanceof Text;
    const last = result.at(-1);
    if (isText && last?.isText) {
      last.nodes.push(node);
      last.key += node.data;
    } else {
      result.push({ key: keyOfNode(node), nodes: [node], isText });
    }
  }
  return result;
}

/** Cuts a run of text in two, and the text node there with it. */
function split(run: Run, length: number): [Run, Run] {
  let left = length;
  let index = 0;
  for (; index < run.nodes.length; index += 1) {
    const node = run.nodes[index] as Text;
    if (left === 0) break;
    if (left < node.length) {
      run.nodes.splice(index + 1, 0, node.splitText(left));
      left = 0;
    } else {
      left -= node.length;
    }
  }
  const part = (key: string, nodes: ChildNode[]): Run => ({ key, nodes, isText: true });
  return [
    part(run.key.slice(0, length), run.nodes.slice(0, index)),
    part(run.key.slice(length), run.nodes.slice(index)),
  ];
}
