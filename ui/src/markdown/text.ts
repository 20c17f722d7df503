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

/** Replaces an element by a text and its own children, joined to the text in front where there is one. */
export function unfold(target: HTMLElement, text: string): void {
  const { previousSibling: before, firstChild: first } = target;
  if (before instanceof Text && before.length < NODE_LIMIT) {
    before.appendData(text);
    // Otherwise a text full of marks that open nothing would become a node for each of them.
    if (first instanceof Text && first === target.lastChild) {
      before.appendData(first.data);
      first.remove();
    }
  } else {
    target.before(text);
  }
  target.before(...target.childNodes);
  target.remove();
}

/** Takes characters off the end of an element's text. */
export function shortenText(target: Node, count: number): void {
  let left = count;
  for (let last = target.lastChild; left > 0 && last instanceof Text; last = target.lastChild) {
    const taken = Math.min(left, last.length);
    left -= taken;
    if (taken === last.length) last.remove();
    else last.deleteData(last.length - taken, taken);
  }
}
