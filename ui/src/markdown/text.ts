/** Grows text nodes in place: a node that only gets longer keeps the reader's selection. */

/** Appending copies a node's text, so a node stays short enough for that to cost nothing. */
const NODE_LIMIT = 4096;

/** Appends text to an element, to its last text node where there is one. */
export function appendText(target: Node, text: string): void {
  if (text === "") return;
  const last = target.lastChild;
  const splitsPair = last instanceof Text && /[\ud800-\udbff]$/.test(last.data.slice(-1));
  if (last instanceof Text && (last.length < NODE_LIMIT || splitsPair)) last.appendData(text);
  else target.appendChild(document.createTextNode(text));
}

/** Makes `text` the whole text of an element that holds text only, changing as little as it can. */
export function extendText(target: HTMLElement, text: string): void {
  const node = target.firstChild;
  if (!(node instanceof Text)) {
    target.append(text);
  } else if (text.startsWith(node.data)) {
    if (text.length > node.length) node.appendData(text.slice(node.length));
  } else {
    node.data = text;
  }
}
